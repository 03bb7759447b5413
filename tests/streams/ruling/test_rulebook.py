"""Each folder of `bad/` is a rulebook with a fault; what is said must be said exactly so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from citybrain.floor.errors import ConfigError
from streams.ruling.rulebook import Rulebook, home, load_rules
from tests.streams.ruling.rig import wuhai

HERE = Path(__file__).parent
BAD = sorted(path for path in (HERE / "bad").iterdir() if path.is_dir())
RULE = """\
  {name}:
    title: {{zh: 车速低, en: Slow}}
    summary: {{zh: 慢, en: slow}}
    kinds: [{kind}]
    condition:
      threshold: {{}}
    below: {{yellow: {limit}}}
    basis: {basis}
    tests:
      - {{name: one, events: [{{at: "08:00", value: 5}}], expect: [{{level: yellow}}]}}
"""


def write(folder: Path, *rules: Mapping[str, object]) -> Rulebook:
    """Write rules to `folder` and read them."""
    usual: Mapping[str, object] = {
        "name": "slow",
        "kind": "traffic_speed",
        "limit": 20,
        "basis": "example",
    }
    (folder / "rules").mkdir(exist_ok=True)
    text = "rules:\n" + "".join(RULE.format(**{**usual, **rule}) for rule in rules)
    (folder / "rules" / "traffic.yaml").write_text(text, "utf-8")
    return load_rules(replace(wuhai(), folder=folder))


@pytest.mark.parametrize("case", BAD, ids=lambda path: path.name)
def test_load_rules_when_spoilt_then_says_place_item_problem_and_remedy(case: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        load_rules(replace(wuhai(), folder=case))

    said = str(caught.value).replace(f"{case}/", "") + "\n"
    assert said == (case / "expected.txt").read_text("utf-8")


def test_load_rules_when_there_is_no_folder_then_there_are_none(tmp_path: Path) -> None:
    assert load_rules(replace(wuhai(), folder=tmp_path)) == Rulebook({}, {})


def test_load_rules_when_read_then_each_has_theme_place_and_version(tmp_path: Path) -> None:
    found = write(tmp_path, {"name": "slow"}, {"name": "jam", "limit": 5})

    assert list(found.rules) == ["slow", "jam"]
    assert found.rules["jam"].theme == "traffic"
    assert found.rules["jam"].below == {"yellow": "5"}
    assert found.places["slow"] == f"{tmp_path}/rules/traffic.yaml:2"
    assert len(found.rules["jam"].version) == 12


def test_version_when_only_the_basis_changes_then_it_stays_and_else_changes(
    tmp_path: Path,
) -> None:
    before = write(tmp_path, {}).rules["slow"].version

    assert write(tmp_path, {"basis": "HJ 633"}).rules["slow"].version == before
    assert write(tmp_path, {"limit": 21}).rules["slow"].version != before


def test_of_shard_when_shared_out_then_each_rule_is_in_the_shard_of_its_first_kind(
    tmp_path: Path,
) -> None:
    kinds = ("traffic_speed", "noise", "pm25", "occupancy", "gas_pressure")
    found = write(tmp_path, *[{"name": f"rule_{kind}", "kind": kind} for kind in kinds])

    shards = [[rule.id for rule in found.of_shard(shard, 3)] for shard in range(3)]

    assert sorted(name for shard in shards for name in shard) == sorted(found.rules)
    for shard, names in enumerate(shards):
        assert [home(found.rules[name], 3) for name in names] == [shard] * len(names)
