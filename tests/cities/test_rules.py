"""Wuhai's warning rules: how many there are, what each has, that they do what their cases say."""

from __future__ import annotations

from collections import Counter

import pytest

from citybrain.city import load_city
from citybrain.rules.reader import PLATFORM_THEME
from streams.ruling.rulebook import load_rules
from streams.ruling.tools.rule_tests import run_rule_test
from tests.repository import WUHAI

pytestmark = pytest.mark.slow

CITY = load_city(WUHAI)
RULES = load_rules(CITY).rules

AIR = ("pm25_high", "pm10_high", "o3_high", "no2_high", "so2_high", "co_high", "aqi_high")


def test_rules_when_counted_then_sixty_and_ten_a_theme() -> None:
    themes = Counter(rule.theme for rule in RULES.values())

    assert len(RULES) >= 60
    assert set(themes) == {*CITY.themes, PLATFORM_THEME}
    assert min(themes.values()) >= 10


@pytest.mark.parametrize("language", ["zh", "en"])
def test_titles_when_compared_then_none_twice(language: str) -> None:
    titles = Counter(getattr(rule.title, language) for rule in RULES.values())

    assert [title for title, count in titles.items() if count > 1] == []


def test_responses_when_looked_for_then_every_rule_says_what_to_do() -> None:
    assert [name for name, rule in RULES.items() if rule.response is None] == []


def test_texts_when_read_then_both_languages_say_something() -> None:
    texts = [
        (name, text)
        for name, rule in RULES.items()
        for title in (rule.title, rule.summary, rule.response)
        if title is not None
        for text in (title.zh, title.en)
    ]

    assert [name for name, text in texts if not text.strip()] == []


def test_cases_when_looked_for_then_every_rule_has_one_that_fires_and_one_that_is_silent() -> None:
    lacking = [
        name
        for name, rule in RULES.items()
        if {bool(case.expect) for case in rule.tests} != {True, False}
    ]

    assert lacking == []


def test_keys_when_compared_then_no_rule_is_about_a_person() -> None:
    """Districts, streets, feeds, sensors and tickets; another attribute could be a person's."""
    keys = {name for rule in RULES.values() for name in rule.by}

    assert keys == {"district", "street", "feed", "subject", "attrs.ticket"}


def test_basis_when_a_standard_gives_bands_then_they_are_the_thresholds() -> None:
    assert {name: dict(RULES[name].above) for name in AIR} == {
        "pm25_high": {"yellow": "115", "orange": "150", "red": "250"},
        "pm10_high": {"yellow": "250", "orange": "350", "red": "420"},
        "o3_high": {"blue": "200", "yellow": "300", "orange": "400", "red": "800"},
        "no2_high": {"blue": "200", "yellow": "700", "orange": "1200", "red": "2340"},
        "so2_high": {"blue": "500", "yellow": "650", "orange": "800"},
        "co_high": {"blue": "10", "yellow": "35", "orange": "60", "red": "90"},
        "aqi_high": {"yellow": "151", "orange": "201", "red": "301"},
    }
    assert all(RULES[name].basis.startswith("HJ 633-2012") for name in AIR)
    assert dict(RULES["congestion"].above) == {"yellow": "6", "orange": "8"}
    assert RULES["congestion"].basis.startswith("GB/T 33171-2016")


@pytest.mark.parametrize("name", sorted(RULES))
def test_rule_when_its_cases_run_then_they_come_out_as_written(name: str) -> None:
    rule = RULES[name]

    assert [str(found) for case in rule.tests for found in run_rule_test(rule, case, CITY)] == []
