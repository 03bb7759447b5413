"""Several units on one case, each with its part and its time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from citybrain.cases.records import Case
from tests.citybrain.cases.sample import (
    CLERK,
    DISPATCHER,
    PARKS,
    SANITATION,
    CaseDesk,
    actor,
)

DAY = timedelta(days=1)
WATER = actor("wa", "clerk", "water")


@pytest.fixture
def desk() -> CaseDesk:
    return CaseDesk()


def joined(desk: CaseDesk, case: Case, *units: str) -> Case:
    for unit in units:
        due = (desk.now + DAY).isoformat()
        case = desk.do(SANITATION, "join", case, unit=unit, due_at=due, comment="清理绿地部分")
    return case


def test_join_when_units_are_asked_then_each_has_its_part_and_its_time(desk: CaseDesk) -> None:
    case = joined(desk, desk.handled(), "parks", "water")
    assert [(part.unit, part.open, part.comment) for part in case.parts] == [
        ("parks", True, "清理绿地部分"),
        ("water", True, "清理绿地部分"),
    ]
    assert case.parts[1].due_at == desk.now - timedelta(minutes=1) + DAY
    assert {"parks", "water"} <= set(case.concerned)
    assert case.unit == "sanitation"


def test_join_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    case = joined(desk, desk.handled(), "parks")
    due, past = (desk.now + DAY).isoformat(), (desk.now - DAY).isoformat()

    def refusal(**given: str) -> str:
        return desk.refusal(SANITATION, "join", case, **{"comment": "x", "due_at": due, **given})

    assert refusal() == "give a unit"
    assert refusal(unit="parks") == "Parks and Greening Centre has a part that is not done yet"
    assert refusal(unit="x") == "there is no unit 'x'"
    assert refusal(unit="water", due_at="soon") == "'soon' is no time"
    assert refusal(unit="water", due_at="2026-03-05T10:00:00") == (
        "'2026-03-05T10:00:00' is no time"
    )
    assert refusal(unit="water", due_at=past) == "it must be due in the future"
    said = desk.refusal(CLERK, "join", case, unit="water", due_at=due, comment="x")
    assert said == "that is for Sanitation Service Centre"


def test_finish_part_when_the_unit_does_it_then_its_part_alone_is_done(desk: CaseDesk) -> None:
    case = joined(desk, desk.handled(), "parks", "water")
    case = desk.do(PARKS, "finish_part", case, comment="已清理")
    assert [(part.unit, part.open, part.done_by, part.result) for part in case.parts] == [
        ("parks", False, "pa", "已清理"),
        ("water", True, "", ""),
    ]


def test_finish_part_when_there_is_none_then_says_so(desk: CaseDesk) -> None:
    case = joined(desk, desk.handled(), "parks")
    assert desk.refusal(SANITATION, "finish_part", case, comment="x") == (
        "there is no part to be done"
    )
    assert desk.refusal(PARKS, "finish_part", case) == "give a few words"
    desk.do(PARKS, "finish_part", case, comment="x")
    assert desk.refusal(PARKS, "finish_part", case, comment="x") == "there is no part to be done"
    assert desk.refusal(WATER, "finish_part", case, comment="x").startswith("outside")


def test_finish_part_when_somebody_acts_for_several_then_he_says_which(desk: CaseDesk) -> None:
    case = joined(desk, desk.handled(), "parks", "water")
    both = actor("b", "clerk", "parks", "water")
    assert desk.refusal(both, "finish_part", case, comment="x") == "there is no part to be done"
    case = desk.do(both, "finish_part", case, comment="x", unit="water")
    assert [part.open for part in case.parts] == [True, False]
    assert desk.refusal(both, "finish_part", case, comment="x", unit="water") == (
        "there is no part to be done"
    )


def test_withdraw_part_when_it_is_not_needed_then_it_stays_to_be_seen(desk: CaseDesk) -> None:
    case = joined(desk, desk.handled(), "parks")
    assert desk.refusal(SANITATION, "withdraw_part", case) == "give a unit"
    assert desk.refusal(SANITATION, "withdraw_part", case, unit="water") == (
        "there is no part to be done"
    )
    assert desk.refusal(PARKS, "withdraw_part", case, unit="parks") == (
        "that is for Sanitation Service Centre"
    )
    case = desk.do(SANITATION, "withdraw_part", case, unit="parks")
    assert [(part.open, part.withdrawn_at) for part in case.parts] == [(False, desk.now)]


def test_resolve_when_parts_are_open_then_says_whose(desk: CaseDesk) -> None:
    case = joined(desk, desk.handled(), "parks", "water")
    said = "parts are still to be done: Parks and Greening Centre, Water Affairs Bureau"
    assert desk.refusal(SANITATION, "resolve", case, comment="x") == said
    case = desk.do(PARKS, "finish_part", case, comment="x")
    case = desk.do(WATER, "finish_part", case, comment="x")
    assert desk.do(SANITATION, "resolve", case, comment="x").stage == "feedback"


def test_part_when_the_case_ends_without_it_then_it_ends_too(desk: CaseDesk) -> None:
    case = joined(desk, desk.handled(), "parks")
    case = desk.do(DISPATCHER, "recall", case, comment="x")
    assert case.parts[0].open
    case = desk.do(DISPATCHER, "dispatch", case, unit="sanitation")
    desk.do(SANITATION, "withdraw_part", case, unit="parks")
    again = joined(desk, desk.cases[case.id], "parks")
    assert [part.open for part in again.parts] == [False, True]
