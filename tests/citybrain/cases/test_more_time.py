"""Extensions: once more the original limit, twice at the most, and never once overdue."""

from __future__ import annotations

from datetime import timedelta

import pytest

from citybrain.cases.records import Case
from tests.citybrain.cases.sample import (
    DISPATCHER,
    GRID,
    NOON,
    SANITATION,
    SUPERVISOR,
    CaseDesk,
    Due,
    actor,
)


@pytest.fixture
def desk() -> CaseDesk:
    return CaseDesk(deadlines=Due({"handle": NOON + timedelta(days=1)}))


def asked(desk: CaseDesk, case: Case) -> Case:
    return desk.do(SANITATION, "ask_extension", case, comment="需外运")


def test_extension_when_approved_then_a_fact_of_the_clock(desk: CaseDesk) -> None:
    case = asked(desk, desk.handled())
    assert case.asked_extension is not None
    assert (case.asked_extension.limit, case.asked_extension.comment) == ("handle", "需外运")
    assert all(fact.what != "extended" for fact in case.clock)

    case = desk.do(SUPERVISOR, "approve_extension", case)
    assert [(one.answer, one.answered_by) for one in case.extensions] == [("approved", "su")]
    last = case.clock[-1]
    assert (last.what, last.limit, last.at) == ("extended", "handle", desk.now)


def test_extension_when_declined_then_it_is_not_counted(desk: CaseDesk) -> None:
    case = desk.handled()
    for _ in range(3):
        case = asked(desk, case)
        assert desk.refusal(SUPERVISOR, "decline_extension", case) == "give a few words"
        case = desk.do(SUPERVISOR, "decline_extension", case, comment="理由不足")
    for _ in range(2):
        case = desk.do(SUPERVISOR, "approve_extension", asked(desk, case))
    assert len(case.approved_extensions) == 2
    assert [fact.what for fact in case.clock].count("extended") == 2
    said = "it was extended 2 times, the most"
    assert desk.refusal(SANITATION, "ask_extension", case, comment="x") == said


def test_extension_when_overdue_then_nobody_asks(desk: CaseDesk) -> None:
    case = desk.handled()
    desk.deadlines = Due({"handle": NOON})
    said = "it is overdue since 2026-03-02T04:00:00+00:00: no more time"
    assert desk.refusal(SANITATION, "ask_extension", case, comment="x") == said


def test_extension_when_asked_in_time_then_the_answer_may_come_later(desk: CaseDesk) -> None:
    case = asked(desk, desk.handled())
    desk.deadlines = Due({"handle": NOON})
    assert desk.do(SUPERVISOR, "approve_extension", case).asked_extension is None


def test_extension_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    case = desk.handled()
    assert desk.refusal(SANITATION, "ask_extension", case) == "give a few words"
    for action in ("approve_extension", "decline_extension"):
        assert desk.refusal(SUPERVISOR, action, case, comment="x") == (
            "nobody has asked for more time"
        )
    case = asked(desk, case)
    said = "more time was asked for already"
    assert desk.refusal(SANITATION, "ask_extension", case, comment="x") == said
    assert desk.refusal(DISPATCHER, "approve_extension", case) == "your role may not do this"
    own = actor("x", "supervisor", "sanitation")
    said = "that is for City Operation and Management Service Centre"
    assert desk.refusal(own, "approve_extension", case) == said


def test_extension_when_one_person_has_both_roles_then_somebody_else_answers(
    desk: CaseDesk,
) -> None:
    boss = actor("boss", "administrator")
    case = desk.do(boss, "ask_extension", desk.handled(), comment="x")
    said = "somebody else must answer what you asked for"
    assert desk.refusal(boss, "approve_extension", case) == said
    assert desk.refusal(boss, "decline_extension", case, comment="x") == said


def test_extension_when_the_stage_is_left_then_the_request_lapses(desk: CaseDesk) -> None:
    case = asked(desk, desk.handled())
    case = desk.do(SANITATION, "resolve", case, comment="清理完毕")
    assert [one.answer for one in case.extensions] == ["lapsed"]
    case = desk.do(GRID, "revisit", case, result="unsatisfied")
    assert asked(desk, case).asked_extension is not None


def test_extension_when_reopened_then_counted_anew(desk: CaseDesk) -> None:
    case = desk.handled()
    for _ in range(2):
        case = desk.do(SUPERVISOR, "approve_extension", asked(desk, case))
    case = desk.do(SANITATION, "resolve", case, comment="x")
    case = desk.do(GRID, "revisit", case, result="satisfied")
    case = desk.do(DISPATCHER, "reopen", case, comment="再次出现")
    assert case.approved_extensions == ()
    assert asked(desk, case).asked_extension is not None
