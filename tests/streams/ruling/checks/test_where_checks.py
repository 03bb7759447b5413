"""Words and numbers in a `where` that no event of the city has."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from citybrain.rules.rule import Rule
from streams.conditions.sequence import SequenceStep
from streams.ruling.checks.where_checks import check_names
from tests.streams.ruling.rig import rule, wuhai

OPTION = "condition.threshold"


def found(checked: Rule, option: str = OPTION) -> list[tuple[str, str]]:
    return [(one.item, one.problem) for one in check_names(checked, option, wuhai())]


@pytest.mark.parametrize(
    "where",
    [
        pytest.param({}, id="none"),
        pytest.param({"feed": "ndw_lanes", "origin": "live|replay"}, id="known-words"),
        pytest.param({"area": "150302003", "street": "150302003", "district": "150302"}, id="area"),
        pytest.param({"feed": "!ndw_*", "area": "1503?2*", "department": "[a-z]*"}, id="patterns"),
        pytest.param({"feed": "~anything", "text": "anything"}, id="parts-of-words"),
        pytest.param({"feed": ""}, id="told-elsewhere"),
        pytest.param({"severity": ">=4", "value": ">3"}, id="numbers-that-there-are"),
        pytest.param({"severity": "high"}, id="no-comparison"),
    ],
)
def test_check_names_when_events_have_it_then_says_nothing(where: dict[str, str]) -> None:
    assert found(rule(where=where, above={"yellow": "1"})) == []


@pytest.mark.parametrize(
    ("where", "item", "problem"),
    [
        pytest.param({"feed": "ndw_lane"}, "feed", "unknown feed 'ndw_lane'", id="feed"),
        pytest.param({"feed": "!x|ndw_lanes"}, "feed", "unknown feed 'x'", id="not-that-feed"),
        pytest.param({"department": "x"}, "department", "unknown department 'x'", id="department"),
        pytest.param({"origin": "lively"}, "origin", "unknown origin 'lively'", id="origin"),
        pytest.param({"street": "150302"}, "street", "unknown street '150302'", id="too-wide"),
        pytest.param({"district": "15"}, "district", "unknown district '15'", id="no-district"),
        pytest.param({"kind": "noise"}, "kind", "the rule does not read 'noise'", id="kind"),
        pytest.param(
            {"severity": ">4"}, "severity", "no severity is '>4': they are 0 to 4", id="severity"
        ),
    ],
)
def test_check_names_when_no_event_has_it_then_says_where(
    where: dict[str, str], item: str, problem: str
) -> None:
    assert found(rule(where=where, above={"yellow": "1"})) == [(f"where.{item}", problem)]


def test_check_names_when_events_have_no_value_then_none_may_be_asked_for() -> None:
    kinds = tuple(name for name, kind in wuhai().kinds.items() if not kind.unit)[:2]
    both = rule(kinds=kinds, where={"value": ">3"}, above={"yellow": "1"})
    mixed = rule(kinds=(kinds[0], "traffic_flow"), where={"value": ">3"}, above={"yellow": "1"})
    unknown = rule(kinds=("no_kind",), where={"value": ">3"}, above={"yellow": "1"})

    assert found(both) == [
        ("where.value", f"events of {kinds[0]!r} and {kinds[1]!r} have no value")
    ]
    assert found(mixed) == []
    assert found(unknown) == []


def test_check_names_when_a_step_asks_for_what_is_not_then_says_which_step() -> None:
    steps: dict[str, Any] = {
        "steps": (
            SequenceStep("traffic_flow", where={"feed": "ndw_lanes"}),
            SequenceStep("traffic_flow", where={"kind": "noise", "severity": "<0"}),
        ),
        "within": timedelta(hours=1),
    }

    assert found(rule("sequence", steps, level="red"), "condition.sequence") == [
        ("condition.sequence.steps[1].where.kind", "the rule does not read 'noise'"),
        (
            "condition.sequence.steps[1].where.severity",
            "no severity is '<0': they are 0 to 4",
        ),
    ]
