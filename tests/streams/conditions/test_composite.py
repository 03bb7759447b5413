"""What a composite may not say; what it does is in .../over_alerts/test_composer.py."""

from __future__ import annotations

import shutil
from pathlib import Path

from citybrain.city import load_city
from citybrain.floor.errors import ConfigError
from streams.ruling.rulebook import load_rules
from tests.repository import WUHAI

RULE = """\
  {name}:
    title: {{zh: 甲, en: A}}
    summary: {{zh: 甲, en: A}}
    condition: {condition}
    level: red
    tests: [{{name: nothing happens}}]
"""
OVER_EVENTS = """\
rules:
  leak:
    title: {zh: 甲, en: A}
    summary: {zh: 甲, en: A}
    kinds: [gas_concentration]
    condition: {threshold: {}}
    above: {yellow: 10}
    tests: [{name: nothing happens}]
"""


def faults(folder: Path, *rules: tuple[str, str]) -> list[str]:
    """Return what is wrong with composites beside one rule over events, without the file's name."""
    city = folder / "wuhai"
    shutil.copytree(WUHAI, city, ignore=shutil.ignore_patterns("rules"))
    (city / "rules").mkdir()
    text = OVER_EVENTS + "".join(RULE.format(name=name, condition=what) for name, what in rules)
    file = city / "rules" / "services.yaml"
    file.write_text(text, encoding="utf-8")
    try:
        load_rules(load_city(city))
    except ConfigError as error:
        return [str(fault).removeprefix(f"{file}:") for fault in error.faults]
    return []


def test_check_when_a_composite_reads_a_composite_then_it_loads(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        ("a", "{composite: {all: [leak]}}"),
        ("b", "{composite: {any: [a], none: [leak]}}"),
    )

    assert found == []


def test_check_when_anything_is_wrong_then_it_says_what(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        ("a", "{composite: {none: [leak]}}"),
        ("b", "{composite: {all: [laek]}}"),
        ("c", "{composite: {all: [c]}}"),
        ("d", "{composite: {all: [leak], within: 25h}}"),
        ("e", "{composite: {all: [leak, f]}}"),
        ("f", "{composite: {any: [g]}}"),
        ("g", "{composite: {all: [leak], none: [e]}}"),
    )

    assert found == [
        "12: rules.a.condition.composite.all: no rule that has to hold; name some under all or any",
        "18: rules.b.condition.composite: unknown rule 'laek'; did you mean 'leak'?",
        "24: rules.c.condition.composite.all: 'c' reads itself; take it away",
        "30: rules.d.condition.composite.within: 1d1h is too long; give at most 24h",
        "36: rules.e.condition.composite: reads itself, by way of f, g; "
        "take one of these references away",
    ]
