"""Rule files as the domain reads them: with kinds of conditions from outside, or without any."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.errors import ConfigError
from citybrain.floor.text import NOTHING, Text
from citybrain.rules.reader import RuleFiles, read_facts, read_rules
from citybrain.rules.rule import RuleFacts
from tests.citybrain.notices.city import small_city
from tests.repository import ROOT

WHOLE = """\
rules:
  jam:
    title: {zh: 拥堵, en: Jam}
    summary: {zh: 堵, en: jam}
    kinds: [speed]
    by: [street]
    labels: {team: north}
    condition: {limit: {most: 3}}
    tests: []
"""
OWN_FOLDER = re.compile(r"""/ "rules"|== "rules"|\("rules/|"rules/\*""")
PACKAGES = ("citybrain", "connectors", "dashboards", "notifier", "sinks", "streams")


@dataclass(frozen=True)
class Limit:
    """Options of a kind of condition that no stage knows."""

    most: int = 1


def city_with(folder: Path, **files: str) -> City:
    """Return the small city with these rule files instead of its own."""
    city = small_city(folder)
    (city.folder / "rules" / "traffic.yaml").unlink()
    for name, text in files.items():
        (city.folder / "rules" / f"{name}.yaml").write_text(text, "utf-8")
    return city


def faults_of(files: RuleFiles) -> list[str]:
    """Return what is wrong, each with the line it is on."""
    with pytest.raises(ConfigError) as caught:
        files.raise_faults()
    return [
        f"{fault.place.rpartition(':')[2]}: {fault.item}: {fault.problem}"
        for fault in caught.value.faults
    ]


def test_read_rules_when_kinds_are_given_then_conditions_are_their_options(tmp_path: Path) -> None:
    files = read_rules(city_with(tmp_path, traffic=WHOLE), {"limit": Limit})

    files.raise_faults()
    assert files.rules["jam"].condition == Limit(most=3)
    assert files.rules["jam"].theme == "traffic"
    assert files.place("jam").endswith("/rules/traffic.yaml:2")
    assert files.place("jam", "kinds[0]").endswith("/rules/traffic.yaml:5")


def test_read_rules_when_a_kind_is_unknown_then_the_known_ones_are_said(tmp_path: Path) -> None:
    files = read_rules(city_with(tmp_path, traffic=WHOLE), {"limits": Limit})

    with pytest.raises(ConfigError, match=r"unknown kind of condition 'limit'.*'limits'"):
        files.raise_faults()
    assert files.by_id() == {"jam": None}


def test_read_rules_when_an_entry_is_faulty_then_the_others_are_read(tmp_path: Path) -> None:
    city = city_with(tmp_path, traffic=WHOLE + "  slow: {kinds: [speed]}\n  odd: 1\n")

    files = read_rules(city, {"limit": Limit})

    assert list(files.rules) == ["jam"]
    assert list(files.by_id()) == ["jam", "slow", "odd"]


def test_note_when_the_item_could_not_be_read_then_nothing_is_said_of_its_default(
    tmp_path: Path,
) -> None:
    city = city_with(tmp_path, traffic=WHOLE.replace("[street]", "{a: b}"))
    files = read_rules(city, {"limit": Limit})

    files.note("jam", RecordFault("by", "an empty list", "fill it"))
    files.note("jam", RecordFault("kinds", "too few", "give more"))
    files.note("jam", RecordFault("kinds", "too plain", "give others"))

    assert faults_of(files) == [
        "5: rules.jam.kinds: too few",
        "5: rules.jam.kinds: too plain",
        "6: rules.jam.by: a mapping is not a list",
    ]


def test_read_facts_when_a_condition_is_of_no_kind_then_the_rest_is_read(tmp_path: Path) -> None:
    assert read_facts(city_with(tmp_path, traffic=WHOLE)) == {
        "jam": RuleFacts(
            "jam", "traffic", Text("拥堵", "Jam"), ("speed",), ("street",), {"team": "north"}
        )
    }


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param("1", RuleFacts("x", "traffic"), id="no-record"),
        pytest.param("{by: place}", RuleFacts("x", "traffic", by=("place",)), id="one-column"),
        pytest.param("{title: {zh: 甲}, kinds: [a]}", RuleFacts("x", "traffic", kinds=("a",))),
        pytest.param("{labels: [a], by: [b]}", RuleFacts("x", "traffic", by=("b",)), id="no-pairs"),
        pytest.param("{id: y, theme: z, tests: 1}", RuleFacts("x", "traffic"), id="given-keys"),
    ],
)
def test_read_facts_when_a_part_is_faulty_then_it_alone_is_left_out(
    entry: str, expected: RuleFacts, tmp_path: Path
) -> None:
    found = read_facts(city_with(tmp_path, traffic=f"rules: {{x: {entry}}}"))

    assert found == {"x": expected}
    assert found["x"].title == NOTHING


def test_read_facts_when_files_are_odd_then_what_can_be_read_is(tmp_path: Path) -> None:
    city = city_with(
        tmp_path, broken="rules: [", empty="", list="[1]", other="rule: {}", own="rules: {a: {}}"
    )

    assert read_facts(city) == {"a": RuleFacts("a", theme="")}


def test_rule_files_when_one_is_a_folder_then_it_is_told_and_the_others_are_read(
    tmp_path: Path,
) -> None:
    city = city_with(tmp_path, platform=WHOLE, own="rules: {a: {}}")
    (city.folder / "rules" / "traffic.yaml").mkdir()
    files = read_rules(city, {"limit": Limit})

    assert list(read_facts(city)) == ["a", "jam"]
    assert list(files.rules) == ["jam"]
    assert faults_of(files) == [
        "1: file: unknown theme 'own'",
        "1: file: cannot be read: Is a directory",
    ]


def test_read_facts_when_an_id_is_there_twice_then_the_first_file_has_it(tmp_path: Path) -> None:
    city = city_with(
        tmp_path, a="rules: {x: {by: [street]}}", b="rules: {x: {by: [area]}, y: {by: [kind]}}"
    )

    assert {name: one.by for name, one in read_facts(city).items()} == {
        "x": ("street",),
        "y": ("kind",),
    }


def test_folder_of_rules_when_looked_for_in_the_code_then_only_the_reader_names_it() -> None:
    naming = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if OWN_FOLDER.search(path.read_text("utf-8"))
    ]

    assert naming == []
    assert 'RULES_FOLDER = "rules"' in (ROOT / "citybrain/rules/reader.py").read_text("utf-8")
