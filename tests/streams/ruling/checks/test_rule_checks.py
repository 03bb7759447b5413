"""What is wrong with a rule, beyond what the folders in `bad/` show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from citybrain.city import City
from citybrain.rules.rule import Rule, RuleTest
from streams.ruling.checks.rule_checks import check_rule, number
from streams.ruling.condition import find_kinds
from tests.streams.ruling.rig import rule, wuhai


def faults(tested: Rule, city: City, **others: Rule) -> list[str]:
    name, kind = next(
        (name, kind)
        for name, kind in find_kinds().items()
        if isinstance(tested.condition, kind.options)
    )
    tested = replace(tested, tests=(RuleTest("one"),))
    found = check_rule(tested, kind, f"condition.{name}", city, {"r": tested, **others})
    return [f"{one.item}: {one.problem}; {one.remedy}" for one in found]


def test_check_when_no_feed_carries_a_kind_then_it_says_so() -> None:
    city = replace(wuhai(), feeds={})

    assert faults(rule(above={"yellow": "10"}), city) == [
        "kinds[0]: no feed carries 'traffic_flow'; add it to a feed, or take it away"
    ]


@pytest.mark.parametrize(
    ("by", "read", "problem"),
    [
        pytest.param(("street",), rule(by=("subject",)), None, id="a-subject-has-a-place"),
        pytest.param(("district",), rule(by=("street",)), None, id="a-street-has-a-district"),
        pytest.param((), rule(by=()), None, id="the-city-as-a-whole"),
        pytest.param(("subject",), rule(by=("subject", "kind")), None, id="a-common-name"),
        pytest.param(
            ("street",),
            rule("cluster", {"radius_m": 100.0, "within": None}, by=()),
            None,
            id="clusters-find-places",
        ),
        pytest.param(("street",), rule(by=("district",)), "street", id="a-district-has-no-street"),
        pytest.param(("district",), rule(by=("feed",)), "district", id="a-feed-has-no-district"),
        pytest.param(("subject",), rule(by=("street",)), "subject", id="a-street-has-no-subject"),
    ],
)
def test_check_when_alerts_have_no_common_key_then_it_says_so(
    by: Any, read: Rule, problem: str | None
) -> None:
    tested = rule("composite", {"all_": ("other",)}, kinds=(), by=by, level="red")

    assert faults(tested, wuhai(), other=read) == (
        []
        if problem is None
        else [
            f"by[0]: alerts of 'other' have no {problem} of their own; "
            f"add {problem} to its by, or take it away"
        ]
    )


@pytest.mark.parametrize(
    ("text", "durations", "expected"),
    [
        pytest.param("7.5", False, 7.5, id="number"),
        pytest.param("-2h", True, -7200.0, id="duration"),
        pytest.param("3", True, 3.0, id="cadences"),
    ],
)
def test_number_when_a_threshold_is_one_then_returns_it(
    text: str, durations: Any, expected: float
) -> None:
    assert number(text, durations=durations) == expected


@pytest.mark.parametrize(
    ("text", "durations", "problem"),
    [
        pytest.param("soon", True, "'soon' is neither a number nor a duration", id="neither"),
        pytest.param("much", False, "'much' is no number", id="no-number"),
        pytest.param("inf", True, "'inf' is never reached", id="infinite"),
        pytest.param(
            "1h", False, "'1h' is a duration, and what is measured is none", id="a-duration"
        ),
    ],
)
def test_number_when_a_threshold_is_none_then_says_why(
    text: str, durations: Any, problem: str
) -> None:
    with pytest.raises(ValueError, match=f"^{problem}$"):
        number(text, durations=durations)
