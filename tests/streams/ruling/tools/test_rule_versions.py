"""Rules as they stood at a git revision."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from citybrain.city import City
from citybrain.floor.errors import ConfigError
from streams.ruling.tools.rule_versions import rules_at
from tests.streams.ruling.rig import wuhai
from tests.streams.ruling.test_rulebook import RULE

pytestmark = pytest.mark.services


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def keep(folder: Path, limit: int) -> None:
    """Commit a rule whose threshold is `limit`."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    text = RULE.format(name="slow", kind="traffic_speed", limit=limit, basis="example")
    (folder / "rules" / "traffic.yaml").write_text("rules:\n" + text, "utf-8")
    git(folder, "add", ".")
    git(folder, "commit", "-m", f"limit {limit}")


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Return a city whose folder lies inside a repository and has two versions of a rule."""
    folder = tmp_path / "cities" / "wuhai"
    folder.mkdir(parents=True)
    git(tmp_path, "init", "-b", "main")
    (folder / "city.yaml").write_text("title: x\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "no rules yet")
    for limit in (20, 15):
        keep(folder, limit)
    return replace(wuhai(), folder=folder)


def refused(city: City, ref: str) -> str:
    with pytest.raises(ConfigError) as caught:
        rules_at(city, ref)
    return str(caught.value)


@pytest.mark.parametrize(
    ("ref", "limit"), [("HEAD", "15"), ("HEAD~1", "20"), ("main", "15"), ("main~1", "20")]
)
def test_rules_at_when_a_revision_is_named_then_they_are_as_they_stood_then(
    ref: str, limit: str, city: City
) -> None:
    found = rules_at(city, ref)

    assert {name: dict(rule.below) for name, rule in found.rules.items()} == {
        "slow": {"yellow": limit}
    }


def test_rules_at_when_the_folder_was_changed_and_not_committed_then_that_does_not_count(
    city: City,
) -> None:
    (city.folder / "rules" / "traffic.yaml").write_text("rules: [", "utf-8")

    assert list(rules_at(city, "HEAD").rules) == ["slow"]


def test_rules_at_when_the_rules_of_then_are_faulty_then_says_where(city: City) -> None:
    (city.folder / "rules" / "traffic.yaml").write_text("rules: {slow: {}}", "utf-8")
    git(city.folder, "commit", "-am", "broken")

    assert "rules.slow: key 'condition' is missing" in refused(city, "HEAD")


@pytest.mark.parametrize("ref", ["no-such-branch", "--output=x", ""])
def test_rules_at_when_there_is_no_such_revision_then_says_what_to_name(
    ref: str, city: City
) -> None:
    assert refused(city, ref).endswith(
        f"rules backtest: --against: {ref}: no such revision; "
        "name a commit, a tag or a branch: HEAD~1"
    )


def test_rules_at_when_there_were_none_then_then_says_so(city: City) -> None:
    assert "wuhai/rules is not in that revision" in refused(city, "HEAD~2")


def test_rules_at_when_the_city_is_in_no_repository_then_says_so(tmp_path: Path) -> None:
    said = refused(replace(wuhai(), folder=tmp_path), "HEAD")

    assert f"{tmp_path} is not in a git repository" in said


def test_rules_at_when_there_is_no_git_then_says_so(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")

    assert "there is no git on this machine; install git" in refused(city, "HEAD")
