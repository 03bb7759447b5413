"""Each timer is told once, in the order in which it was due, with the instant at which it was."""

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from citybrain.cases.case_clock import read_clock
from citybrain.cases.clock_events import (
    ClockDeferred,
    ClockEvent,
    ClockPaused,
    ClockReopened,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    LimitChanged,
    LimitExtended,
)
from citybrain.cases.clock_timers import ClockTimer, became_due, clock_timers, next_due
from citybrain.cases.time_units import TimeLimit
from tests.citybrain.cases.rig import local, shown, wuhai
from tests.citybrain.cases.test_case_clock import BEGIN, EVENTS

STARTED = ClockStarted(at=local("2026-11-24 09:00"), limit=TimeLimit(2, "working_day"))


def timers(now: str, *events: ClockEvent, clock: str = "") -> tuple[ClockTimer, ...]:
    return clock_timers(read_clock(events, wuhai(), local(now)), wuhai(), clock)


def said(found: tuple[ClockTimer, ...]) -> list[tuple[str, str]]:
    return [(one.kind, shown(one.at)) for one in found]


def test_clock_timers_when_it_runs_then_warn_before_the_breach() -> None:
    assert said(timers("2026-11-24 10:00", STARTED)) == [
        ("warning", "2026-11-25 15:42:00"),  # 11 h 12 min of 14 h
        ("breach", "2026-11-26 09:00:00"),
    ]


def test_next_due_when_time_goes_by_then_is_the_next_one() -> None:
    def following(now: str, *events: ClockEvent) -> str:
        found = next_due(read_clock(events, wuhai(), local(now)), wuhai(), warn_at=(50, 80))
        return f"{found.percent} {shown(found.at)}" if found else ""

    assert following("2026-11-24 09:00", STARTED) == "50 2026-11-25 09:00:00"
    assert following("2026-11-25 09:00", STARTED) == "80 2026-11-25 15:42:00"
    assert following("2026-11-25 16:00", STARTED) == "100 2026-11-26 09:00:00"
    assert following("2026-11-26 09:00", STARTED) == ""
    paused = ClockPaused(at=local("2026-11-24 10:00"))
    assert following("2026-11-25 16:00", STARTED, paused) == ""
    assert following("2026-11-24 09:00") == ""


def test_clock_timers_when_deferred_then_its_end_is_one() -> None:
    deferred = ClockDeferred(at=local("2026-11-24 10:00"), until=local("2026-12-01 09:30"))
    ends = ("deferral_ends", "2026-12-01 09:30:00")
    assert said(timers("2026-11-25 10:00", STARTED, deferred)) == [ends]
    assert said(timers("2026-12-01 09:30", STARTED, deferred))[0] == ends
    resumed = ClockResumed(at=local("2026-11-30 10:00"))
    assert ends not in said(timers("2026-12-01 09:30", STARTED, deferred, resumed))


def test_became_due_when_nobody_looked_for_three_days_then_each_once_in_the_order_of_time() -> None:
    first, second = (
        [ClockStarted(at=local("2026-11-24 09:00"), limit=TimeLimit(amount, "urgent_hour"))]
        for amount in (24, 30)
    )
    now = local("2026-11-27 09:00")
    known = [
        timer
        for name, events in (("b", second), ("a", first))
        for timer in clock_timers(read_clock(events, wuhai(), now), wuhai(), name)
    ]

    found = became_due(known, local("2026-11-24 10:00"), now)

    assert [(one.clock, one.kind, shown(one.at)) for one in found] == [
        ("a", "warning", "2026-11-25 04:12:00"),
        ("a", "breach", "2026-11-25 09:00:00"),
        ("b", "warning", "2026-11-25 09:00:00"),
        ("b", "breach", "2026-11-25 15:00:00"),
    ]
    assert became_due(known, now, local("2026-11-28 09:00")) == ()


def test_became_due_when_it_was_closed_before_anybody_looked_then_the_breach_is_told() -> None:
    stopped = ClockStopped(at=local("2026-11-26 10:00"))
    reopened = ClockReopened(at=local("2026-11-26 11:00"))
    known = timers("2026-11-26 12:00", STARTED, stopped, reopened)
    found = became_due(known, local("2026-11-25 18:00"), local("2026-11-26 12:00"))
    assert [(one.leg, one.kind) for one in found] == [(0, "breach")]


def test_became_due_when_a_limit_is_made_shorter_than_what_is_used_then_is_told_then() -> None:
    shorter = LimitChanged(at=local("2026-11-25 11:00"), limit=TimeLimit(4, "working_hour"))
    known = timers("2026-11-25 11:00", STARTED, shorter)
    looked = local("2026-11-25 10:59")
    found = became_due(known, looked, local("2026-11-25 11:00"))
    assert said(found) == [
        ("warning", "2026-11-24 14:42:00"),
        ("breach", "2026-11-24 15:30:00"),
    ]
    assert became_due(known, local("2026-11-25 11:00"), local("2026-11-26 11:00")) == ()


def test_became_due_when_an_event_is_written_down_afterwards_then_is_told_then() -> None:
    started = ClockStarted(
        at=local("2026-11-24 09:00"),
        limit=TimeLimit(1, "urgent_hour"),
        known_at=local("2026-11-24 11:00"),
    )
    known = timers("2026-11-24 11:00", started)
    found = became_due(known, local("2026-11-24 10:59"), local("2026-11-24 11:00"))
    assert said(found)[1] == ("breach", "2026-11-24 10:00:00")


def test_became_due_when_extended_then_is_warned_of_anew() -> None:
    extended = LimitExtended(at=local("2026-11-25 16:00"), by=TimeLimit(2, "working_day"))
    known = timers("2026-11-25 16:00", STARTED, extended)
    found = became_due(known, local("2026-11-25 16:00"), local("2026-11-30 18:00"))
    assert said(found) == [
        ("warning", "2026-11-27 10:24:00"),
        ("breach", "2026-11-30 09:00:00"),
    ]


@given(events=EVENTS, looks=st.lists(st.integers(1, 5 * 86_400), min_size=1, max_size=8))
def test_became_due_when_looked_at_any_times_then_tells_each_breach_that_stands_once(
    events: list[ClockEvent], looks: list[int]
) -> None:
    """What is told depends on nothing but the events, if they are known when they take effect."""
    end = 6 * 86_400
    told, after = list[ClockTimer](), BEGIN - timedelta(seconds=1)
    for seconds in [*sorted(set(looks)), end]:
        now = BEGIN + timedelta(seconds=seconds)
        told += became_due(timers_of(events, now), after, now)
        after = now

    final = [one for one in timers_of(events, after) if one.at <= after and one.kind == "breach"]
    assert [one for one in final if told.count(one) != 1] == []


def timers_of(events: list[ClockEvent], now: datetime) -> tuple[ClockTimer, ...]:
    return clock_timers(read_clock(events, wuhai(), now), wuhai())
