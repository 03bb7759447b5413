"""docs/rules.md is true: its rules load and do what they say, and it leaves no key out."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from citybrain.city import City, load_city
from citybrain.floor.errors import ConfigError
from citybrain.rules.rule import ExpectedAlert, Rule, RuleEpisode, RuleEvent, RuleTest
from streams.conditions.threshold import AGGREGATES
from streams.ruling.condition import find_kinds
from streams.ruling.rulebook import load_rules
from streams.ruling.telling.teller import NAMES
from streams.ruling.tools.rule_tests import run_rule_test
from tests.repository import ROOT

WUHAI = ROOT / "cities" / "wuhai"

TEXT = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
WHOLE = [block for block in BLOCKS if block.startswith("rules:")]
PARTS = [block for block in BLOCKS if not block.startswith("rules:")]
FILLED = {
    "title": {"zh": "例", "en": "Example"},
    "summary": {"zh": "{place}", "en": "{place}"},
    "tests": [{"name": "nothing happens"}],
}
READ_BY_A_COMPOSITE = """\
rules:
  gas_leak:
    title: {zh: 甲, en: A}
    summary: {zh: 甲, en: A}
    kinds: [gas_concentration]
    by: [subject]
    condition: {threshold: {}}
    above: {yellow: 10}
    tests: [{name: nothing happens}]
  gas_pressure_drop:
    title: {zh: 乙, en: B}
    summary: {zh: 乙, en: B}
    kinds: [gas_pressure]
    by: [subject]
    condition: {threshold: {}}
    below: {yellow: 10}
    tests: [{name: nothing happens}]
"""
FAULTY = """\
rules:
  closed:
    title: {zh: 封闭, en: Closed}
    summary: {zh: '{place}', en: '{place}'}
    kinds: [road_closed]
    condition: {threshold: {of: count, window: 1h}}
    above: {blue: 1}
    tests: [{name: nothing happens}]
  slow: {title: {zh: 缓行, en: Slow}, summary: {zh: 缓, en: Slow}, kinds: [traffic_speed],
    condition: {threshold: {}}, below: {blue: 50},
    clear: 40, tests: [{name: nothing happens}]}
  jam: {title: {zh: 拥堵, en: Jam}, summary: {zh: 堵, en: Jam}, kinds: [congestion_index],
    condition: {threshold: {}},
    above: {yellow: 8, orange: 6}, tests: [{name: nothing happens}]}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Wuhai's folder, with no rules but those that a composite of the document reads."""
    city = tmp_path / "cities" / "wuhai"
    shutil.copytree(WUHAI, city, ignore=shutil.ignore_patterns("replay", "rules"))
    (city / "rules").mkdir()
    (city / "rules" / "platform.yaml").write_text(READ_BY_A_COMPOSITE, encoding="utf-8")
    return city


def read(folder: Path, text: str) -> tuple[City, dict[str, Rule]]:
    """Return the rules of `text`, read as those of traffic."""
    (folder / "rules" / "traffic.yaml").write_text(text, encoding="utf-8")
    city = load_city(folder)
    found = load_rules(city).rules
    return city, {name: found[name] for name in yaml.safe_load(text)["rules"]}


@pytest.mark.parametrize("text", WHOLE, ids=range(len(WHOLE)))
def test_rules_when_whole_then_their_cases_come_out(text: str, folder: Path) -> None:
    city, rules = read(folder, text)

    failed = [
        f for rule in rules.values() for test in rule.tests for f in run_rule_test(rule, test, city)
    ]
    assert [str(one) for one in failed] == []
    assert all(
        {bool(test.expect) for test in rule.tests} == {True, False} for rule in rules.values()
    )


def test_rules_when_parts_then_all_load_and_each_kind_has_one(folder: Path) -> None:
    parts: dict[str, Any] = {}
    for block in PARTS:
        parts |= {name: FILLED | rule for name, rule in yaml.safe_load(block).items()}

    _, rules = read(folder, yaml.safe_dump({"rules": parts}, allow_unicode=True))

    shown = {type(rule.condition) for rule in rules.values()}
    assert shown == {kind.options for kind in find_kinds().values()}


def _keys() -> Iterator[tuple[str, str]]:
    """Yield (section, key that it must name)."""
    inner = ("id", "theme", "version")
    for record, section in (
        (Rule, "A rule"),
        (RuleTest, "Tests beside the rule"),
        (RuleEvent, "Tests beside the rule"),
        (RuleEpisode, "Tests beside the rule"),
        (ExpectedAlert, "Tests beside the rule"),
    ):
        yield from ((section, one.name) for one in fields(record) if one.name not in inner)
    for name, kind in find_kinds().items():
        yield from ((name, one.name) for one in fields(kind.options))
    yield from (("threshold", name) for name in AGGREGATES)
    yield from (("A rule", f"{{{name}}}") for name in NAMES)


@pytest.mark.parametrize(("section", "key"), sorted(set(_keys())))
def test_document_when_searched_then_names_every_key(section: str, key: str) -> None:
    parts = re.split(r"^##+ ", TEXT, flags=re.MULTILINE)
    about = next(part for part in parts if re.match(rf"{section}\b", part))

    assert re.search(rf"(`|\b|{{){re.escape(key.rstrip('_'))}(`|\b|}}|:)", about)


def test_faults_when_made_then_they_are_those_that_it_shows(folder: Path) -> None:
    with pytest.raises(ConfigError) as raised:
        read(folder, FAULTY)

    said = str(raised.value).replace(f"{folder.parents[1]}/", "")
    assert f"```\n{said}\n```" in TEXT
