"""How a summary writes numbers."""

from __future__ import annotations

import pytest

from citybrain.city import load_city
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule, RuleEvent, RuleTest
from streams.conditions.threshold import Options
from streams.ruling.tools.rule_tests import episodes_of
from tests.repository import WUHAI

CITY = load_city(WUHAI)


@pytest.mark.parametrize(
    ("value", "threshold", "said"),
    [
        (1076.23, "1076.2", "1076.2 of 1076.2"),
        (12345.6, "1e4", "12346 of 10000"),
        (169.649, "100", "169.6 of 100"),
        (0.19539, "0.1", "0.195 of 0.1"),
        (25.0, "25", "25 of 25"),
        (57.126, "20", "57.1 of 20"),
        (9999.99, "1", "10000 of 1"),
    ],
)
def test_summary_when_it_names_numbers_then_in_the_digits_that_count(
    value: float, threshold: str, said: str
) -> None:
    rule = Rule(
        id="river",
        theme="city_management",
        title=Text("河", "River"),
        summary=Text("", "{value} of {threshold}"),
        condition=Options(),
        kinds=("river_level",),
        by=("subject",),
        above={"yellow": threshold},
    )

    told = episodes_of(rule, RuleTest("", (RuleEvent("08:00", value=value, subject="g1"),)), CITY)

    assert [one.summary.en for one in told.values()] == [said]
