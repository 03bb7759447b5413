"""Supervision: beside the stages, and never closed by who is supervised."""

from __future__ import annotations

from datetime import timedelta

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

OWN = actor("x", "supervisor", "sanitation")


@pytest.fixture
def desk() -> CaseDesk:
    return CaseDesk()


def watched(desk: CaseDesk, level: str = "reminder") -> Case:
    return desk.do(SUPERVISOR, "supervise", desk.handled(), level=level, comment="请尽快")


def test_supervise_when_begun_then_the_case_stays_where_it_is(desk: CaseDesk) -> None:
    case = watched(desk)
    assert (case.stage, case.unit) == ("handling", "sanitation")
    running = case.supervision
    assert running is not None
    assert (running.level, running.unit, running.supervised) == (
        *("reminder", CENTRE),
        ("sanitation",),
    )
    assert [(step.what, step.level, step.by) for step in running.steps] == [
        ("raised", "reminder", "su")
    ]


def test_supervise_when_raised_then_step_by_step(desk: CaseDesk) -> None:
    case = watched(desk)
    said = "it has reached the level Reminder already"
    assert desk.refusal(SUPERVISOR, "supervise", case, level="reminder", comment="x") == said
    case = desk.do(SUPERVISOR, "supervise", case, level="escalation", comment="x")
    assert case.supervision is not None
    assert [step.level for step in case.supervision.steps] == ["reminder", "escalation"]
    said = "it has reached the level Escalation already"
    assert desk.refusal(SUPERVISOR, "supervise", case, level="notice", comment="x") == said


def test_supervise_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    case = desk.handled()
    assert desk.refusal(SUPERVISOR, "supervise", case, comment="x") == (
        "give a level of supervision"
    )
    said = "there is no level 'loud' of supervision"
    assert desk.refusal(SUPERVISOR, "supervise", case, level="loud", comment="x") == said
    assert desk.refusal(CLERK, "supervise", case, level="notice", comment="x") == (
        "your role may not do this"
    )
    said = "who is supervised neither raises nor ends it"
    assert desk.refusal(OWN, "supervise", case, level="notice", comment="x") == said
    above = actor("y", "supervisor", "city_management")
    said = "that is for City Operation and Management Service Centre"
    assert desk.refusal(above, "supervise", case, level="notice", comment="x") == said


def test_answer_when_the_supervised_unit_does_then_it_goes_on(desk: CaseDesk) -> None:
    assert desk.refusal(SANITATION, "answer_supervision", desk.handled(), comment="x") == (
        "it is not supervised"
    )
    case = watched(desk)
    assert desk.refusal(SANITATION, "answer_supervision", case) == "give a few words"
    case = desk.do(SANITATION, "answer_supervision", case, comment="今日完成")
    assert case.supervision is not None
    assert [(step.what, step.comment) for step in case.supervision.steps] == [
        ("raised", "请尽快"),
        ("answered", "今日完成"),
    ]


def test_end_when_who_watches_does_then_it_is_over_and_counted(desk: CaseDesk) -> None:
    case = watched(desk)
    assert desk.refusal(SUPERVISOR, "end_supervision", case) == "give a few words"
    case = desk.do(SUPERVISOR, "end_supervision", case, comment="已整改")
    assert case.supervision is None
    assert [one.closed_at for one in case.supervisions] == [desk.now]
    said = "it is not supervised"
    assert desk.refusal(SUPERVISOR, "end_supervision", case, comment="x") == said
    case = desk.do(SUPERVISOR, "supervise", case, level="reminder", comment="又慢了")
    assert len(case.supervisions) == 2


def test_end_when_who_is_supervised_wants_it_then_never(desk: CaseDesk) -> None:
    case = watched(desk)
    said = "who is supervised neither raises nor ends it"
    assert desk.refusal(OWN, "end_supervision", case, comment="x") == said
    assert desk.refusal(SANITATION, "end_supervision", case, comment="x") == (
        "your role may not do this"
    )
    both = actor("b", "supervisor", "sanitation", CENTRE)
    assert desk.refusal(both, "end_supervision", case, comment="x") == said


def test_end_when_it_was_handed_on_then_who_had_it_still_may_not(desk: CaseDesk) -> None:
    case = desk.do(SANITATION, "transfer", watched(desk), unit="parks", comment="x")
    assert case.supervision is not None
    assert case.supervision.supervised == ("parks", "sanitation")
    both = actor("b", "supervisor", "sanitation", CENTRE)
    said = "who is supervised neither raises nor ends it"
    assert desk.refusal(both, "end_supervision", case, comment="x") == said


def test_end_when_a_unit_has_a_part_then_it_is_supervised_too(desk: CaseDesk) -> None:
    due = (desk.now + timedelta(days=1)).isoformat()
    case = desk.do(SANITATION, "join", watched(desk), unit="parks", due_at=due, comment="x")
    assert case.supervision is not None
    assert case.supervision.supervised == ("parks", "sanitation")
    assert desk.do(PARKS, "finish_part", case, comment="x").supervision is not None


def test_end_when_one_person_has_the_case_then_never_whoever_he_is(desk: CaseDesk) -> None:
    boss = actor("boss", "administrator")
    case = desk.do(boss, "accept", watched(desk))
    said = "who is supervised neither raises nor ends it"
    assert desk.refusal(boss, "end_supervision", case, comment="x") == said


def test_supervision_when_the_centre_itself_gets_the_case_then_it_goes_up(desk: CaseDesk) -> None:
    case = desk.do(DISPATCHER, "recall", watched(desk), comment="x")
    case = desk.do(DISPATCHER, "dispatch", case, unit=CENTRE)
    running = case.supervision
    assert running is not None
    assert (running.unit, running.supervised) == ("city_management", (CENTRE, "sanitation"))
    said = "who is supervised neither raises nor ends it"
    assert desk.refusal(SUPERVISOR, "end_supervision", case, comment="x") == said
    above = actor("y", "supervisor", "city_management")
    assert desk.do(above, "end_supervision", case, comment="x").supervision is None


def test_supervision_when_the_case_is_closed_then_it_can_still_be_ended(desk: CaseDesk) -> None:
    case = desk.do(SANITATION, "resolve", watched(desk), comment="x")
    case = desk.do(GRID, "revisit", case, result="satisfied")
    assert case.supervision is not None
    assert desk.do(SUPERVISOR, "end_supervision", case, comment="x").supervision is None
    assert desk.refusal(SUPERVISOR, "supervise", case, level="notice", comment="x") == (
        "the case is in Closed (supervision ended by su)"
    )


def test_supervision_when_it_is_of_the_unit_above_then_that_one_watches(desk: CaseDesk) -> None:
    centre, dispatcher = (actor("c", role, "governance_centre") for role in ("clerk", "dispatcher"))
    case = desk.do(centre, "accept", desk.open(centre, kind="neighbour_dispute"))
    case = desk.do(dispatcher, "dispatch", case, unit="haibowan_governance")
    city = actor("s", "supervisor", "haibowan_government")
    assert desk.do(city, "supervise", case, level="notice", comment="x").supervision is not None


def redone(desk: CaseDesk, case: Case, times: int) -> Case:
    for _ in range(times):
        case = desk.do(SANITATION, "resolve", case, comment="x")
        case = desk.do(CLERK, "redo", case, comment="仍有残留")
    return case


def test_problem_order_when_redone_three_times_then_it_escalates_by_itself(desk: CaseDesk) -> None:
    case = redone(desk, desk.handled(), 2)
    assert not case.flagged("problem")
    case = redone(desk, case, 1)
    assert case.flagged("problem")
    assert [(step.what, step.by) for step in desk.steps[-2:]] == [
        *(("sent_back", "cao"), ("flagged", "engine"))
    ]
    assert case.supervision is not None
    assert (case.supervision.level, case.supervision.unit) == ("escalation", CENTRE)
    assert (case.touched, case.version) == (case.version - 1, desk.steps[-1].version)
    case = redone(desk, case, 1)
    assert [step.what for step in desk.steps].count("flagged") == 1


def test_problem_order_when_handed_on_three_times_then_it_escalates_by_itself(
    desk: CaseDesk,
) -> None:
    case = desk.do(SUPERVISOR, "supervise", desk.handled(), level="notice", comment="x")
    case = desk.do(SANITATION, "transfer", case, unit="parks", comment="x")
    case = desk.do(PARKS, "return", case, comment="x")
    case = desk.do(DISPATCHER, "dispatch", case, unit="sanitation")
    case = desk.do(SANITATION, "transfer", case, unit="parks", comment="x")
    assert case.flagged("problem")
    assert case.supervision is not None
    assert [step.level for step in case.supervision.steps] == ["notice", "escalation"]


def test_problem_order_when_it_has_reached_the_top_then_it_is_flagged_alone(
    desk: CaseDesk,
) -> None:
    redone(desk, watched(desk, "escalation"), 3)
    assert [step.what for step in desk.steps[-2:]] == ["sent_back", "flagged"]
