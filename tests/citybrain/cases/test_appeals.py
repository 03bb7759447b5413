"""An appeal after closing: two people review it, the fact stays, a flag says that it is exempt."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from citybrain.cases.records import Case
from tests.citybrain.cases.sample import (
    CLERK,
    DISPATCHER,
    SANITATION,
    SECOND,
    SUPERVISOR,
    CaseDesk,
    Due,
    actor,
)


@pytest.fixture
def desk() -> CaseDesk:
    return CaseDesk(deadlines=Due(late=True))


def appealed(desk: CaseDesk) -> Case:
    return desk.do(SANITATION, "appeal", desk.closed(), comment="道路封闭无法进入")


def test_appeal_when_both_reviewers_uphold_then_exempt_and_the_fact_stays(desk: CaseDesk) -> None:
    case = appealed(desk)
    legs, clock = case.legs, case.clock
    assert case.appeal is not None
    assert case.appeal.state == "first_review"
    case = desk.do(SUPERVISOR, "review_appeal", case, verdict="upheld", comment="属实")
    assert case.appeal is not None
    assert case.appeal.state == "second_review"
    assert not case.flagged("exempt")
    case = desk.do(SECOND, "confirm_appeal", case, verdict="upheld", comment="同意")
    assert case.appeal is not None
    assert case.appeal.state == "upheld"
    assert case.flagged("exempt")
    assert [flag.leg for flag in case.flags] == [0]
    assert (case.legs, case.clock, case.state) == (legs, clock, "closed")


@pytest.mark.parametrize("verdicts", [("rejected",), ("upheld", "rejected")])
def test_appeal_when_one_reviewer_rejects_it_then_nothing_changes(
    desk: CaseDesk, verdicts: tuple[str, ...]
) -> None:
    case = appealed(desk)
    reviews = (("review_appeal", SUPERVISOR), ("confirm_appeal", SECOND))
    for verdict, (action, who) in zip(verdicts, reviews, strict=False):
        case = desk.do(who, action, case, verdict=verdict, comment="x")
    assert case.appeal is not None
    assert case.appeal.state == "rejected"
    assert case.flags == ()
    said = "no appeal waits for its second review"
    assert desk.refusal(SECOND, "confirm_appeal", case, verdict="upheld", comment="x") == said


def test_appeal_when_one_person_would_review_twice_then_somebody_else_must(desk: CaseDesk) -> None:
    case = appealed(desk)
    case = desk.do(SUPERVISOR, "review_appeal", case, verdict="upheld", comment="x")
    said = "somebody else must review it"
    assert desk.refusal(SUPERVISOR, "confirm_appeal", case, verdict="upheld", comment="x") == said


def test_appeal_when_who_appealed_would_review_it_then_somebody_else_must(desk: CaseDesk) -> None:
    boss = actor("boss", "administrator")
    case = desk.do(boss, "appeal", desk.closed(), comment="x")
    said = "somebody else must review it"
    assert desk.refusal(boss, "review_appeal", case, verdict="upheld", comment="x") == said


def test_appeal_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    closed = desk.closed()
    assert desk.refusal(SANITATION, "appeal", closed) == "give a few words"
    said = "that is for Sanitation Service Centre"
    assert desk.refusal(CLERK, "appeal", closed, comment="x") == said
    desk.deadlines = Due(late=False)
    said = "it was in time: there is nothing to appeal"
    assert desk.refusal(SANITATION, "appeal", closed, comment="x") == said
    desk.deadlines = Due(late=True)
    case = desk.do(SANITATION, "appeal", closed, comment="x")
    assert desk.refusal(SANITATION, "appeal", case, comment="x") == "it was appealed once before"


def test_appeal_when_still_open_then_says_where_the_case_is(desk: CaseDesk) -> None:
    said = "the case is in Being handled (dispatched by du)"
    assert desk.refusal(SANITATION, "appeal", desk.handled(), comment="x") == said


def test_appeal_when_no_unit_had_it_then_there_is_nothing_to_appeal(desk: CaseDesk) -> None:
    case = replace(desk.closed(), handler="")
    desk.cases[case.id] = case
    assert desk.refusal(SANITATION, "appeal", case, comment="x") == "no unit ever had it to handle"


def test_review_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    closed = desk.closed()
    given = {"verdict": "upheld", "comment": "x"}
    said = "no appeal waits for its first review"
    assert desk.refusal(SUPERVISOR, "review_appeal", closed, **given) == said
    case = desk.do(SANITATION, "appeal", closed, comment="x")
    said = "a verdict is upheld or rejected, not 'perhaps'"
    assert desk.refusal(SUPERVISOR, "review_appeal", case, verdict="perhaps", comment="x") == said
    assert desk.refusal(SUPERVISOR, "review_appeal", case, comment="x") == "give a verdict"
    assert desk.refusal(DISPATCHER, "review_appeal", case, **given) == "your role may not do this"
    said = "no appeal waits for its second review"
    assert desk.refusal(SECOND, "confirm_appeal", case, **given) == said
    case = desk.do(SUPERVISOR, "review_appeal", case, **given)
    assert desk.refusal(SECOND, "confirm_appeal", case, verdict="x", comment="x") == (
        "a verdict is upheld or rejected, not 'x'"
    )
