"""What clocks are folded from: one clock's facts among all, and what another version means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from msgspec import structs

from citybrain.cases.action_kind import CaseContext
from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.clock_facts import ClockFact
from citybrain.cases.clock_turns import facts_of, running
from citybrain.cases.limits import CaseLimit, LimitProfile
from citybrain.cases.workflow_files import CaseSetup
from citybrain.floor.text import Text
from tests.citybrain.cases import rig
from tests.citybrain.cases.sample import (
    DISPATCHER,
    GRID,
    SANITATION,
    SUPERVISOR,
    CaseDesk,
    actor,
    wuhai,
)

AT = datetime(2026, 3, 2, tzinfo=UTC)


def fact(what: str, limit: str = "", minute: int = 0, reason: str = "") -> ClockFact:
    at = AT + timedelta(minutes=minute)
    return ClockFact(what=what, at=at, limit=limit, reason=reason)  # type: ignore[arg-type]


def said(facts: list[ClockFact]) -> list[tuple[str, str]]:
    return [(one.what, one.limit or one.reason) for one in facts]


def test_facts_of_one_clock_when_others_run_then_only_its_own_and_the_pauses_of_all() -> None:
    facts = [
        fact("started", "a"),
        fact("started", "b", 1),
        fact("paused", "", 2, "suspended"),
        fact("stopped", "a", 3),
        fact("resumed", "", 4, "suspended"),
        fact("extended", "b", 5),
        fact("stopped", "b", 6),
        fact("paused", "", 7, "merged"),
    ]
    assert said(facts_of(facts, "a")) == [
        ("started", "a"),
        ("paused", "suspended"),
        ("stopped", "a"),
    ]
    assert said(facts_of(facts, "b")) == [
        ("started", "b"),
        ("paused", "suspended"),
        ("resumed", "suspended"),
        ("extended", "b"),
        ("stopped", "b"),
    ]
    assert running(facts) == []
    assert running(facts[:3]) == ["a", "b"]


def test_facts_of_one_clock_when_it_starts_while_all_stand_still_then_it_is_paused_at_once() -> (
    None
):
    facts = [fact("paused", "", 0, "merged"), fact("started", "a", 1), fact("resumed", "", 2)]
    found = facts_of(facts, "a")
    assert said(found) == [("started", "a"), ("paused", "merged"), ("resumed", "")]
    assert found[1].at == found[0].at


def test_clock_when_redone_then_the_stage_begins_anew_and_the_extension_is_of_the_last() -> None:
    desk = CaseDesk()
    case = desk.do(SANITATION, "resolve", desk.handled(), comment="x")
    case = desk.do(GRID, "revisit", case, result="unsatisfied")
    case = desk.do(SANITATION, "ask_extension", case, comment="x")
    case = desk.do(SUPERVISOR, "approve_extension", case)
    assert [one.what for one in facts_of(case.clock, "handle")] == [
        *("started", "stopped", "started", "extended")
    ]


def newer(**given: object) -> CaseEngine:
    """Return an engine by which Wuhai's city management has a second version."""
    setup = wuhai()
    old = setup.definitions["city_management"]
    new = replace(old, version=2, **given)  # type: ignore[arg-type]
    definitions = {**setup.definitions, "city_management": new}
    return CaseEngine(
        CaseSetup(setup.city, definitions, (old,), setup.units, setup.stations, setup.cases)
    )


def test_version_when_a_newer_one_is_there_then_running_cases_stay_with_theirs() -> None:
    desk = CaseDesk()
    case = desk.handled()
    desk.engine = newer(start="filing")
    assert desk.do(SANITATION, "resolve", case, comment="x").workflow_version == 1
    fresh = desk.open()
    assert (fresh.workflow_version, fresh.stage) == (2, "filing")


def test_moved_when_the_stage_is_there_then_the_clock_that_runs_goes_on() -> None:
    desk = CaseDesk()
    case = desk.do(SANITATION, "accept", desk.handled())
    old = wuhai().definitions["city_management"]
    handling = replace(old.stages["handling"], clock="mend")
    engine = newer(stages={**old.stages, "handling": handling}, clock="close")
    context = CaseContext(desk.now, desk.cases)
    (step,) = engine.moved(case, 2, context, "test").steps
    after = step.after
    assert (step.what, step.by, after.version) == ("moved", "engine", case.version + 1)
    assert (after.workflow_version, after.stage, after.unit) == (2, "handling", "sanitation")
    assert said(list(after.clock[len(case.clock) :])) == [
        ("stopped", "handle"),
        ("started", "close"),
        ("started", "mend"),
    ]
    assert running(after.clock) == ["return", "close", "mend"]


def test_moved_when_the_stage_has_another_name_then_it_stands_there() -> None:
    desk = CaseDesk()
    case = desk.handled()
    old = wuhai().definitions["city_management"]
    stages = {("mending" if name == "handling" else name): one for name, one in old.stages.items()}
    context = CaseContext(desk.now, desk.cases)
    refused = newer(stages=stages).moved(case, 2, context, "test").refusal
    assert refused is not None
    assert desk.said(case, refused) == "that version has no stage handling"
    engine = newer(stages=stages, renamed={"handling": "mending"})
    (step,) = engine.moved(case, 2, context, "test").steps
    assert (step.after.stage, step.after.state) == ("mending", "mending")
    assert step.after.clock == case.clock


def test_moved_when_there_is_no_such_version_or_it_is_closed_then_nothing_runs() -> None:
    desk = CaseDesk()
    case = desk.closed()
    context = CaseContext(desk.now, desk.cases)
    refused = newer().moved(case, 3, context, "test").refusal
    assert refused is not None
    assert desk.said(case, refused) == "there is no version 3 of it"
    (step,) = newer(clock="close").moved(case, 2, context, "test").steps
    assert step.after.clock == case.clock


def test_transfer_when_another_unit_has_it_then_its_own_time_begins() -> None:
    desk = CaseDesk()
    case = desk.do(SANITATION, "transfer", desk.handled(), unit="parks", comment="x")
    signed = [one.what for one in facts_of(case.clock, "sign")]
    assert signed == ["started", "stopped", "started"]
    assert [one.what for one in facts_of(case.clock, "handle")] == ["started"]
    parks = actor("pa", "clerk", "parks")
    case = desk.do(parks, "return", case, comment="x")
    assert running(case.clock) == ["dispatch"]
    assert desk.do(DISPATCHER, "dispatch", case, unit="parks").unit == "parks"


def test_clock_when_changed_to_what_has_no_limit_then_the_one_that_was_promised_stays() -> None:
    limit = CaseLimit("handle", 2, "urgent_hour", "a rule", "cover")
    profile = LimitProfile("p", Text("p", "p"), {"handle": Text("h", "h")}, (limit,))
    clocks = CaseClocks((profile,), rig.wuhai())
    facts = (
        ClockFact(what="started", at=AT, limit="handle", kind="cover"),
        ClockFact(what="changed", at=AT + timedelta(minutes=10), limit="handle", kind="lamp"),
        ClockFact(what="stopped", at=AT + timedelta(minutes=30), limit="handle"),
    )
    case = structs.replace(CaseDesk().open(), clock=facts)
    reading = clocks.reading(case, "handle", AT + timedelta(days=9))
    assert reading is not None
    assert (reading.state, reading.used_s, reading.breached_at) == ("stopped", 1800, None)
