"""A clock explains itself: spans that follow each other and add up to the second."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise

from hypothesis import given

from citybrain.cases.case_clock import read_clock
from citybrain.cases.clock_events import (
    ClockDeferred,
    ClockEvent,
    ClockPaused,
    ClockResumed,
    ClockStarted,
)
from citybrain.cases.clock_explained import PHRASES, explain
from citybrain.cases.time_units import TimeLimit
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from tests.citybrain.cases.rig import HOUR, local, shown, wuhai
from tests.citybrain.cases.test_case_clock import EVENTS, SECONDS

WAITS = Reason("waits_for_material")


def explained(now: str, *events: ClockEvent) -> list[tuple[str, str, int, str]]:
    reading = read_clock(events, wuhai(), local(now))
    spans = explain(reading.legs[-1], wuhai(), reading.now)
    return [
        (shown(one.start)[5:16], shown(one.end)[5:16], one.counted_s, PHRASES.say(one.reason).en)
        for one in spans
    ]


def test_explain_when_it_goes_over_a_pause_and_a_holiday_then_names_them() -> None:
    """The example of docs/clock.md."""
    events = (
        ClockStarted(at=local("2026-09-29 16:00"), limit=TimeLimit(2, "working_day")),
        ClockPaused(at=local("2026-09-30 09:30"), reason=WAITS),
        ClockResumed(at=local("2026-09-30 15:00")),
    )

    assert explained("2026-10-08 10:00", *events) == [
        ("09-29 16:00", "09-29 18:00", 2 * HOUR, "counted"),
        ("09-29 18:00", "09-30 08:30", 0, "outside of working hours"),
        ("09-30 08:30", "09-30 09:30", HOUR, "counted"),
        ("09-30 09:30", "09-30 15:00", 0, "paused"),
        ("09-30 15:00", "09-30 18:00", 3 * HOUR, "counted"),
        ("09-30 18:00", "10-08 08:30", 0, "holiday: National Day"),
        ("10-08 08:30", "10-08 10:00", HOUR + HOUR // 2, "counted"),
    ]
    reading = read_clock(events, wuhai(), local("2026-10-08 10:00"))
    assert (reading.used_s, reading.left_s) == (7 * HOUR + HOUR // 2, 6 * HOUR + HOUR // 2)
    assert shown(reading.due_at) == "2026-10-09 09:30:00"
    pause = explain(reading.legs[0], wuhai(), reading.now)[3]
    assert (pause.given, PHRASES.say(pause.reason)) == (WAITS, Text("暂停", "paused"))


def test_explain_when_it_goes_over_days_off_and_a_deferral_then_names_them() -> None:
    found = explained(
        "2026-11-30 09:00",
        ClockStarted(at=local("2026-11-26 17:00"), limit=TimeLimit(2, "working_day")),
        ClockDeferred(at=local("2026-11-27 09:00"), until=local("2026-11-27 17:00")),
    )
    assert found == [
        ("11-26 17:00", "11-26 18:00", HOUR, "counted"),
        ("11-26 18:00", "11-27 08:30", 0, "outside of working hours"),
        ("11-27 08:30", "11-27 09:00", HOUR // 2, "counted"),
        ("11-27 09:00", "11-27 17:00", 0, "deferred until 2026-11-27 17:00"),
        ("11-27 17:00", "11-27 18:00", HOUR, "counted"),
        ("11-27 18:00", "11-30 08:30", 0, "days off"),
        ("11-30 08:30", "11-30 09:00", HOUR // 2, "counted"),
    ]


def test_explain_when_the_unit_runs_on_then_nights_count() -> None:
    started = ClockStarted(at=local("2026-11-26 17:00"), limit=TimeLimit(2, "urgent_hour"))
    assert explained("2026-11-27 09:00", started) == [
        ("11-26 17:00", "11-27 09:00", 16 * HOUR, "counted")
    ]


def test_explain_when_it_begins_on_a_day_off_then_says_so() -> None:
    started = ClockStarted(at=local("2026-11-28 10:00"), limit=TimeLimit(2, "working_day"))
    assert explained("2026-11-29 10:00", started) == [("11-28 10:00", "11-29 10:00", 0, "days off")]


def test_explain_when_just_begun_then_there_is_nothing_to_say() -> None:
    started = ClockStarted(at=local("2026-11-27 10:00"), limit=TimeLimit(2, "working_day"))
    assert explained("2026-11-27 10:00", started) == []


@given(events=EVENTS, now=SECONDS)
def test_spans_follow_each_other_and_add_up_to_what_was_used(
    events: list[ClockEvent], now: datetime
) -> None:
    reading = read_clock(events, wuhai(), now)
    for leg in reading.legs:
        spans = explain(leg, wuhai(), now)
        used = leg.used_s(wuhai(), int(now.timestamp()))
        assert sum(one.counted_s for one in spans) == used
        assert all(one.end == two.start for one, two in pairwise(spans))
        if spans:
            assert spans[0].start == leg.started_at
            assert spans[-1].end == (leg.stopped_at or now)
        assert all(one.reason.code in PHRASES.codes for one in spans)
    if reading.legs:
        assert reading.used_s == reading.legs[-1].used_s(wuhai(), int(now.timestamp()))
