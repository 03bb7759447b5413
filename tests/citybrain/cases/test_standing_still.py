"""Suspension and deferral: who may, how long, how often, and what stands still."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.citybrain.cases.sample import (
    CLERK,
    DISPATCHER,
    SANITATION,
    SUPERVISOR,
    CaseDesk,
    actor,
)

DAY = timedelta(days=1)


@pytest.fixture
def desk() -> CaseDesk:
    return CaseDesk()


def until(desk: CaseDesk, days: float) -> str:
    return (desk.now + timedelta(minutes=1) + days * DAY).isoformat()


def test_suspend_when_the_centre_does_it_then_every_clock_stands_still(desk: CaseDesk) -> None:
    case = desk.do(SUPERVISOR, "suspend", desk.handled(), comment="等待雨停")
    assert (case.state, case.stage, case.unit) == ("suspended", "handling", "sanitation")
    assert case.suspension is not None
    assert (case.suspension.by, case.suspension.comment) == ("su", "等待雨停")
    last = case.clock[-1]
    assert (last.what, last.limit, last.reason) == ("paused", "", "suspended")

    said = "the case is in suspended (suspended by su)"
    assert desk.refusal(SANITATION, "resolve", case, comment="x") == said
    assert desk.refusal(SUPERVISOR, "suspend", case, comment="x") == said
    case = desk.do(SUPERVISOR, "resume", case)
    assert (case.state, case.suspension) == ("handling", None)
    assert (case.clock[-1].what, case.clock[-1].reason) == ("resumed", "suspended")
    assert desk.refusal(SUPERVISOR, "resume", case) == (
        "the case is in Being handled (resumed by su)"
    )


def test_suspend_when_who_is_measured_wants_it_then_refused(desk: CaseDesk) -> None:
    case = desk.handled()
    assert desk.refusal(SANITATION, "suspend", case, comment="x") == "your role may not do this"
    own = actor("x", "supervisor", "sanitation")
    said = "that is for City Operation and Management Service Centre"
    assert desk.refusal(own, "suspend", case, comment="x") == said
    assert desk.refusal(SUPERVISOR, "suspend", case) == "give a few words"


def test_defer_when_it_cannot_be_solved_now_then_it_waits_until_then(desk: CaseDesk) -> None:
    case = desk.handled()
    date = until(desk, 300)
    case = desk.do(SUPERVISOR, "defer", case, until=date, comment="待道路改造")
    assert (case.state, case.stage) == ("deferred", "handling")
    assert case.deferral is not None
    assert case.deferral.until.isoformat() == date
    last = case.clock[-1]
    assert (last.what, last.limit, last.until) == ("deferred", "", case.deferral.until)

    case = desk.do(SUPERVISOR, "end_deferral", case)
    assert (case.state, case.deferral) == ("handling", None)
    assert (case.deferrals[0].ended_at, case.deferrals[0].ended_by) == (desk.now, "su")
    assert (case.clock[-1].what, case.clock[-1].reason) == ("resumed", "deferred")

    said = "it was put aside once before"
    assert desk.refusal(SUPERVISOR, "defer", case, until=until(desk, 1), comment="x") == said


def test_defer_when_it_cannot_be_then_says_why(desk: CaseDesk) -> None:
    case = desk.handled()

    def refusal(**given: str) -> str:
        return desk.refusal(SUPERVISOR, "defer", case, **{"comment": "x", **given})

    assert refusal() == "give until when"
    assert refusal(until="spring") == "'spring' is no time"
    assert refusal(until=until(desk, 0)) == "it must be put aside until a time to come"
    assert refusal(until=until(desk, 365.001)) == "it can be put aside for 365 days at the most"
    assert desk.refusal(DISPATCHER, "defer", case, until=until(desk, 1), comment="x") == (
        "your role may not do this"
    )
    assert desk.refusal(SUPERVISOR, "end_deferral", case) == (
        "the case is in Being handled (dispatched by du)"
    )
    assert desk.do(SUPERVISOR, "defer", case, until=until(desk, 365), comment="x").deferral


def test_stage_when_it_pauses_then_the_clock_of_the_whole_case_alone_stands_still(
    desk: CaseDesk,
) -> None:
    clerk, dispatcher = actor("hc", "clerk", "hotline"), actor("hd", "dispatcher", "hotline")
    case = desk.do(clerk, "accept", desk.open(clerk, kind="hotline_complaint"))
    case = desk.do(dispatcher, "dispatch", case, unit="heating")
    heating = actor("he", "clerk", "heating")
    case = desk.do(heating, "ask_citizen", case, comment="请提供门牌号")
    assert [(fact.what, fact.limit, fact.reason) for fact in case.clock[-5:]] == [
        ("stopped", "handle", "handling"),
        ("stopped", "sign", "handling"),
        ("stopped", "return", "handling"),
        ("started", "wait", "waiting"),
        ("paused", "close", "stage:waiting"),
    ]
    supervisor = actor("hs", "supervisor", "hotline")
    assert desk.refusal(supervisor, "suspend", case, comment="x") == (
        "the case is in Waiting for the citizen (the citizen was asked by he)"
    )
    case = desk.do(heating, "go_on", case)
    assert [(fact.what, fact.limit, fact.reason) for fact in case.clock[-5:]] == [
        ("resumed", "close", "stage:waiting"),
        ("stopped", "wait", "waiting"),
        ("started", "handle", "handling"),
        ("started", "sign", "handling"),
        ("started", "return", "handling"),
    ]


def test_case_when_suspended_then_its_centre_still_sees_it(desk: CaseDesk) -> None:
    case = desk.do(SUPERVISOR, "suspend", desk.handled(), comment="x")
    assert desk.do(CLERK, "comment", case, comment="仍在雨中").comment == "仍在雨中"
