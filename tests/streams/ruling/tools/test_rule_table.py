"""The rulebook as a table: what a row says, and that docs/rulebook.md says what the rules say."""

from __future__ import annotations

from datetime import timedelta

import pytest

from citybrain.city import load_city
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.conditions import absence, threshold
from streams.ruling.rulebook import load_rules
from streams.ruling.tools.rule_table import catalogue
from tests.repository import ROOT

CITY = load_city(ROOT / "cities" / "wuhai")


def row(**changes: object) -> str:
    """Return the row of a rule."""
    given: dict[str, object] = {
        "id": "gas_leak",
        "theme": "city_management",
        "title": Text("燃气", "Gas"),
        "summary": Text("", ""),
        "condition": threshold.Options(),
        "kinds": ("gas_concentration",),
    }
    rule = Rule(**(given | changes))  # type: ignore[arg-type]
    return catalogue([rule], CITY).splitlines()[-1]


def test_row_when_a_reading_then_its_levels_have_the_unit() -> None:
    said = row(by=("subject",), above={"red": "50", "yellow": "10"}, for_=timedelta(minutes=30))

    assert said == (
        "| `gas_leak` | 燃气 Gas | gas_concentration; for 30m | subject | ≥ Ⅲ 10 · Ⅰ 50 %LEL |  |"
    )


def test_row_when_below_then_says_so() -> None:
    said = row(below={"yellow": "10", "red": "5"}, basis="GB 1")

    assert said == "| `gas_leak` | 燃气 Gas | gas_concentration | city | ≤ Ⅲ 10 · Ⅰ 5 %LEL | GB 1 |"


def test_row_when_durations_then_without_unit() -> None:
    said = row(condition=absence.Options(), by=("subject",), above={"blue": "1h"}, enabled=False)

    assert said == (
        "| `gas_leak` (off) | 燃气 Gas | time since the last gas_concentration | subject "
        "| ≥ Ⅳ 1h |  |"
    )


def test_row_when_a_bar_is_in_it_then_the_table_holds() -> None:
    said = row(level="red", where={"text": "~a|b"})

    assert said == "| `gas_leak` | 燃气 Gas | gas_concentration; text ~a\\|b | city | Ⅰ |  |"


def test_catalogue_when_themes_then_a_table_each_in_the_citys_order() -> None:
    said = catalogue(load_rules(CITY).rules.values(), CITY)

    titles = [line.rpartition(" (")[0] for line in said.splitlines() if line.startswith("## ")]
    assert titles == [
        "## 城市管理 City management",
        "## 市域社会治理 Social governance",
        "## 政务服务 Government services",
        "## 交通态势 Traffic",
        "## 平台 Platform",
    ]


def test_document_when_compared_then_it_is_what_the_command_prints() -> None:
    said = catalogue(load_rules(CITY).rules.values(), CITY)
    written = (ROOT / "docs" / "rulebook.md").read_text(encoding="utf-8")

    if written != said:
        pytest.fail("docs/rulebook.md is old; run: citybrain rules list > docs/rulebook.md")
