"""To the end of a case and back: resolved, checked, answered, closed, reopened."""

from __future__ import annotations

import pytest

from citybrain.cases.records import Case
from tests.citybrain.cases.sample import (
    CENTRE,
    CLERK,
    DISPATCHER,
    GRID,
    PARKS,
    SANITATION,
    SUPERVISOR,
    CaseDesk,
    actor,
)

HOTLINE = actor("hc", "clerk", "hotline")
HOTLINE_DISPATCHER = actor("hd", "dispatcher", "hotline")
HEATING = actor("he", "clerk", "heating")


@pytest.fixture
def desk() -> CaseDesk:
    return CaseDesk()


def resolved(desk: CaseDesk) -> Case:
    return desk.do(SANITATION, "resolve", desk.handled(), comment="清理完毕")


def test_resolve_when_done_then_the_centre_checks(desk: CaseDesk) -> None:
    case = desk.handled()
    assert desk.refusal(SANITATION, "resolve", case) == "give a few words"
    case = desk.do(SANITATION, "resolve", case, comment="清理完毕")
    assert (case.stage, case.unit, case.handler) == ("feedback", CENTRE, "sanitation")


def test_reject_when_it_is_no_matter_then_it_ends_as_that(desk: CaseDesk) -> None:
    case = desk.open()
    assert desk.refusal(CLERK, "reject", case) == "give a few words"
    assert desk.refusal(PARKS, "reject", case, comment="x").startswith("outside")
    case = desk.do(CLERK, "reject", case, comment="不属实")
    assert (case.state, case.open, case.unit) == ("rejected", False, CENTRE)
    assert [(leg.stage, leg.outcome) for leg in case.legs] == [("rejected", "rejected")]
    assert case.clock[-1].what == "stopped"


@pytest.mark.parametrize(
    ("result", "stage", "redos"),
    [("satisfied", "closed", 0), ("unsatisfied", "handling", 1), ("unreached", "feedback", 0)],
)
def test_revisit_when_asked_then_its_result_leads_on(
    desk: CaseDesk, result: str, stage: str, redos: int
) -> None:
    case = desk.do(GRID, "revisit", resolved(desk), result=result, comment="实地查看")
    assert (case.stage, len(case.redos)) == (stage, redos)
    assert [(one.result, one.by) for one in case.revisits] == [(result, "ge")]
    if redos:
        assert (case.unit, case.redos[0].unit) == ("sanitation", "sanitation")


def test_revisit_when_nobody_is_reached_three_times_then_it_goes_on_and_says_so(
    desk: CaseDesk,
) -> None:
    case = resolved(desk)
    for stage in ("feedback", "feedback", "closed"):
        case = desk.do(GRID, "revisit", case, result="unreached")
        assert case.stage == stage
    assert case.flagged("unreached")
    assert not case.flagged("exempt")


def test_revisit_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    case = resolved(desk)
    said = "a revisit is satisfied, unsatisfied or unreached, not 'fine'"
    assert desk.refusal(GRID, "revisit", case, result="fine") == said
    assert desk.refusal(GRID, "revisit", case) == "give a result"
    assert desk.refusal(DISPATCHER, "revisit", case, result="satisfied") == (
        "here that is for: clerk, grid worker"
    )
    assert desk.refusal(SANITATION, "revisit", case, result="satisfied") == (
        "that is for City Operation and Management Service Centre"
    )


def test_redo_when_sent_back_then_the_unit_has_it_again(desk: CaseDesk) -> None:
    case = resolved(desk)
    assert desk.refusal(CLERK, "redo", case) == "give a few words"
    case = desk.do(CLERK, "redo", case, comment="仍有残留")
    assert (case.stage, case.unit) == ("handling", "sanitation")
    assert [(one.comment, one.unit) for one in case.redos] == [("仍有残留", "sanitation")]
    assert desk.refusal(CLERK, "redo", case, comment="x") == (
        "the case is in Being handled (sent back to be redone by cao)"
    )


def hotline(desk: CaseDesk) -> Case:
    """An order that has been handled and waits for its answer."""
    case = desk.open(HOTLINE, kind="heating_fault", source="hotline", outside={"12345": "A-1"})
    case = desk.do(HOTLINE, "accept", case)
    case = desk.do(HOTLINE_DISPATCHER, "dispatch", case, unit="heating")
    return desk.do(HEATING, "resolve", case, comment="已修复")


def test_feedback_and_rating_when_the_caller_is_answered_then_both_stay(desk: CaseDesk) -> None:
    case = hotline(desk)
    assert desk.refusal(HEATING, "feedback", case) == "give a few words"
    assert desk.refusal(HOTLINE, "feedback", case, comment="x") == (
        "that is for District Heating Company"
    )
    case = desk.do(HEATING, "feedback", case, comment="您家供热已恢复")
    assert (case.stage, case.answer) == ("finishing", "您家供热已恢复")
    case = desk.do(HOTLINE, "finish", case)
    case = desk.do(HOTLINE, "revisit", case, result="satisfied")
    assert desk.refusal(HOTLINE, "rate", case) == "give a rating"
    assert desk.refusal(HOTLINE, "rate", case, rating="6") == "a rating is 1 to 5, not '6'"
    case = desk.do(HOTLINE, "rate", case, rating="5")
    assert (case.state, case.rating) == ("closed", 5)
    assert case.outside == {"12345": "A-1"}


def test_close_when_nobody_rates_then_it_ends_without(desk: CaseDesk) -> None:
    case = desk.do(HEATING, "feedback", hotline(desk), comment="x")
    case = desk.do(HOTLINE, "finish", case)
    case = desk.do(HOTLINE, "revisit", case, result="satisfied")
    assert desk.refusal(HEATING, "close", case) == "that is for 12345 Hotline Centre"
    case = desk.do(HOTLINE, "close", case)
    assert (case.state, case.rating) == ("closed", 0)


def test_feedback_when_answered_at_once_then_no_unit_ever_had_it(desk: CaseDesk) -> None:
    case = desk.open(HOTLINE, kind="hotline_consultation", source="hotline")
    case = desk.do(HOTLINE, "answer", case, comment="周一至周五")
    assert (case.state, case.legs[-1].outcome) == ("answered_at_once", "closed")
    assert case.answer == "周一至周五"


def test_reopen_when_it_comes_back_then_a_new_leg_and_the_first_closing_stays(
    desk: CaseDesk,
) -> None:
    closed = desk.closed()
    assert desk.refusal(DISPATCHER, "reopen", closed) == "give a few words"
    assert desk.refusal(CLERK, "reopen", closed, comment="x") == "your role may not do this"
    assert desk.refusal(SUPERVISOR, "reopen", closed, comment="x") == "your role may not do this"
    case = desk.do(DISPATCHER, "reopen", closed, comment="再次堆放")
    assert (case.state, case.unit, case.open) == ("handling", "sanitation", True)
    assert case.legs[0] == closed.legs[0]
    assert (case.legs[1].reason, case.legs[1].opened_at) == ("再次堆放", desk.now)
    assert case.closed_at == closed.closed_at
    assert [(fact.what, fact.limit) for fact in case.clock if fact.at == desk.now] == [
        ("reopened", ""),
        *(("started", limit) for limit in ("handle", "sign", "return")),
    ]
    case = desk.do(SANITATION, "resolve", case, comment="再清理")
    case = desk.do(GRID, "revisit", case, result="satisfied")
    assert len(case.legs) == 2
    assert case.closed_at == closed.closed_at
    assert case.legs[1].closed_at == desk.now


def test_reopen_when_the_platform_sees_the_signal_again_then_it_does_it_itself(
    desk: CaseDesk,
) -> None:
    platform = actor("engine", "platform")
    case = desk.do(platform, "reopen", desk.closed(), comment="传感器仍报警")
    assert case.stage == "handling"


def test_revisit_when_somebody_was_reached_in_between_then_tries_begin_anew(
    desk: CaseDesk,
) -> None:
    case = resolved(desk)
    for result in ("unreached", "unreached", "unsatisfied"):
        case = desk.do(GRID, "revisit", case, result=result)
    case = desk.do(SANITATION, "resolve", case, comment="再清理")
    for stage in ("feedback", "feedback", "closed"):
        case = desk.do(GRID, "revisit", case, result="unreached")
        assert case.stage == stage


def test_case_when_it_has_legs_then_it_was_opened_with_the_first(desk: CaseDesk) -> None:
    case = desk.do(DISPATCHER, "reopen", desk.closed(), comment="x")
    assert case.opened_at == case.legs[0].opened_at < case.legs[1].opened_at
