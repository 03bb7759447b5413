"""The clock is the fold of its events, whatever they are: as if it looked every second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
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
from citybrain.cases.clock_explained import PHRASES
from citybrain.cases.clock_reading import ClockReading
from citybrain.cases.time_units import TIME_UNITS, TimeLimit
from citybrain.cases.working_time import BeyondCountingError, WorkingTime
from citybrain.city.work_calendar import WorkCalendar
from citybrain.floor.reason import Reason
from tests.citybrain.cases.rig import (
    HOUR,
    ZONE,
    Reference,
    local,
    reference_clock,
    shown,
    wuhai,
    wuhai_calendar,
)

TWO_DAYS = TimeLimit(2, "working_day")
STARTED = ClockStarted(at=local("2026-11-24 09:00"), limit=TWO_DAYS)  # a Tuesday
TEN, ELEVEN = local("2026-11-24 10:00"), local("2026-11-24 11:00")
WAITS = Reason("waits_for_material", {"of": "citizen"})


def read(now: str, *events: ClockEvent, time: WorkingTime | None = None) -> ClockReading:
    return read_clock(events, time or wuhai(), local(now))


def test_read_clock_when_nothing_began_then_waits() -> None:
    found = read("2026-11-24 09:00")
    assert (found.state, found.limit, found.due_at, found.legs) == ("waiting", None, None, ())
    assert read("2026-11-24 08:59", STARTED).state == "waiting"


def test_read_clock_when_it_runs_then_says_used_left_and_due() -> None:
    found = read("2026-11-25 10:00", STARTED)

    assert (found.state, found.limit) == ("running", TWO_DAYS)
    assert (found.allowed_s, found.used_s, found.left_s) == (14 * HOUR, 8 * HOUR, 6 * HOUR)
    assert (shown(found.due_at), found.breached_at) == ("2026-11-26 09:00:00", None)
    assert not found.provisional


def test_read_clock_when_paused_then_is_due_at_no_time_and_later_when_it_goes_on() -> None:
    pause = ClockPaused(at=local("2026-11-25 10:00"), reason=WAITS)
    found = read("2026-11-27 10:00", STARTED, pause)
    assert (found.state, found.used_s, found.due_at) == ("paused", 8 * HOUR, None)

    resumed = ClockResumed(at=local("2026-11-27 15:00"))
    found = read("2026-11-27 16:00", STARTED, pause, resumed)
    assert (found.state, found.used_s, shown(found.due_at)) == (
        "running",
        9 * HOUR,
        "2026-11-30 11:30:00",
    )


def test_read_clock_when_used_up_then_is_breached_since_and_stays_so() -> None:
    due = "2026-11-26 09:00:00"
    assert read("2026-11-26 08:59:59", STARTED).breached_at is None
    at_once = read(due, STARTED)
    assert (shown(at_once.breached_at), at_once.left_s) == (due, 0)
    later = read("2026-11-26 11:00", STARTED)
    assert (shown(later.breached_at), shown(later.due_at), later.left_s) == (due, due, -2 * HOUR)
    pause = ClockPaused(at=local("2026-11-26 11:00"))
    paused = read("2026-11-30 09:00", STARTED, pause)
    assert (shown(paused.breached_at), paused.due_at) == (due, None)


@pytest.mark.parametrize(
    ("stopped", "breached"),
    [
        ("2026-11-26 08:00", ""),
        ("2026-11-26 09:00", ""),
        ("2026-11-26 09:00:01", "2026-11-26 09:00:00"),
    ],
)
def test_read_clock_when_stopped_then_in_time_is_until_the_instant_itself(
    stopped: str, breached: str
) -> None:
    found = read("2026-12-24 09:00", STARTED, ClockStopped(at=local(stopped)))
    assert (found.state, found.due_at, shown(found.breached_at)) == ("stopped", None, breached)


def test_read_clock_when_closed_after_hours_then_is_late_though_no_second_counted() -> None:
    whole_day = ClockStarted(at=local("2026-11-24 08:30"), limit=TimeLimit(1, "working_day"))
    found = read("2026-11-25 09:00", whole_day, ClockStopped(at=local("2026-11-24 20:00")))
    assert (found.used_s, found.left_s) == (7 * HOUR, 0)
    assert shown(found.breached_at) == "2026-11-24 18:00:00"


def test_read_clock_when_the_limit_changes_then_pauses_stay_and_all_is_counted_anew() -> None:
    events = (
        STARTED,
        ClockPaused(at=local("2026-11-24 10:00")),
        ClockResumed(at=local("2026-11-24 16:00")),
        LimitChanged(at=local("2026-11-24 17:00"), limit=TimeLimit(4, "urgent_hour")),
    )
    before, after = read("2026-11-24 16:59", *events), read("2026-11-24 17:00", *events)

    assert (before.used_s, shown(before.due_at)) == (HOUR + 59 * 60, "2026-11-26 15:00:00")
    assert (after.limit, after.used_s) == (TimeLimit(4, "urgent_hour"), 2 * HOUR)
    assert shown(after.due_at) == "2026-11-24 19:00:00"


def test_read_clock_when_extended_then_the_limit_is_longer_and_a_change_replaces_it_whole() -> None:
    extended = LimitExtended(at=local("2026-11-25 09:00"), by=TWO_DAYS)
    assert read("2026-11-25 10:00", STARTED, extended).limit == TimeLimit(4, "working_day")

    changed = LimitChanged(at=local("2026-11-25 11:00"), limit=TimeLimit(3, "working_day"))
    found = read("2026-11-25 12:00", STARTED, extended, changed)
    assert found.limit == TimeLimit(3, "working_day")
    assert found.legs[0].words == (extended, changed)


class TestDeferred:
    DEFERRED = ClockDeferred(at=local("2026-11-24 10:00"), until=local("2026-12-01 09:30"))

    def test_read_clock_when_deferred_then_stands_and_goes_on_by_itself(self) -> None:
        found = read("2026-11-30 10:00", STARTED, self.DEFERRED)
        assert (found.state, found.used_s, found.due_at) == ("deferred", HOUR, None)
        found = read("2026-12-01 10:30", STARTED, self.DEFERRED)
        assert (found.state, found.used_s, shown(found.due_at)) == (
            "running",
            2 * HOUR,
            "2026-12-02 18:00:00",
        )

    def test_read_clock_when_resumed_before_then_goes_on_then(self) -> None:
        resumed = ClockResumed(at=local("2026-11-25 09:00"))
        found = read("2026-11-25 10:00", STARTED, self.DEFERRED, resumed)
        assert (found.state, found.used_s) == ("running", 2 * HOUR)

    def test_read_clock_when_it_was_paused_then_the_deferral_takes_its_place(self) -> None:
        pause = ClockPaused(at=local("2026-11-24 09:30"))
        found = read("2026-12-01 09:30", STARTED, pause, self.DEFERRED)
        assert [one.state for one in found.legs[0].stretches] == [
            "running",
            "paused",
            "deferred",
            "running",
        ]

    def test_read_clock_when_it_is_closed_meanwhile_then_nothing_goes_on(self) -> None:
        stopped = ClockStopped(at=local("2026-11-26 10:00"))
        found = read("2026-12-24 09:30", STARTED, self.DEFERRED, stopped)
        assert (found.state, found.used_s) == ("stopped", HOUR)


class TestReopened:
    STOPPED = ClockStopped(at=local("2026-11-25 10:00"))
    REOPENED = ClockReopened(at=local("2026-12-01 09:00"))

    def test_read_clock_when_reopened_then_a_new_leg_begins_and_the_first_closing_stays(
        self,
    ) -> None:
        closed = read("2026-11-30 09:00", STARTED, self.STOPPED)
        found = read("2026-12-01 10:00", STARTED, self.STOPPED, self.REOPENED)

        assert (found.state, found.used_s, found.limit) == ("running", HOUR, TWO_DAYS)
        assert shown(found.due_at) == "2026-12-03 09:00:00"
        assert found.legs[0] == closed.legs[0]
        assert shown(found.legs[0].stopped_at) == "2026-11-25 10:00:00"
        assert shown(found.legs[1].started_at) == "2026-12-01 09:00:00"

    def test_read_clock_when_reopened_after_an_extension_then_the_new_leg_is_without_it(
        self,
    ) -> None:
        extended = LimitExtended(at=local("2026-11-24 10:00"), by=TWO_DAYS)
        found = read("2026-12-01 10:00", STARTED, extended, self.STOPPED, self.REOPENED)
        assert found.limit == TWO_DAYS

    def test_read_clock_when_the_new_leg_has_its_own_limit_then_that_holds(self) -> None:
        own = ClockReopened(at=local("2026-12-01 09:00"), limit=TimeLimit(4, "working_hour"))
        found = read("2026-12-01 10:00", STARTED, self.STOPPED, own)
        assert shown(found.due_at) == "2026-12-01 15:30:00"


def test_read_clock_when_a_pause_is_written_down_afterwards_then_it_takes_its_place() -> None:
    resumed = ClockResumed(at=local("2026-11-24 15:30"))
    pause = ClockPaused(at=local("2026-11-24 10:00"), known_at=local("2026-11-25 09:00"))

    found = read("2026-11-25 10:00", STARTED, resumed, pause)

    assert (found.used_s, found.ignored) == (HOUR + 2 * HOUR + HOUR // 2 + HOUR + HOUR // 2, ())


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([ClockStarted(at=TEN, limit=TWO_DAYS)], "already_started"),
        ([ClockResumed(at=TEN)], "is_running"),
        ([ClockReopened(at=TEN)], "is_running"),
        ([ClockPaused(at=TEN), ClockPaused(at=ELEVEN)], "is_paused"),
        ([LimitExtended(at=TEN, by=TimeLimit(1, "working_hour"))], "other_unit"),
        ([ClockDeferred(at=TEN, until=TEN)], "over_at_once"),
        ([ClockDeferred(at=TEN, until=datetime(9000, 1, 1, tzinfo=UTC))], "beyond_counting"),
        ([ClockPaused(at=datetime(20, 1, 1, tzinfo=UTC))], "beyond_counting"),
        ([ClockStopped(at=TEN), ClockStopped(at=ELEVEN)], "is_stopped"),
        ([ClockPaused(at=local("2026-11-24 08:00"))], "is_waiting"),
        (
            [
                ClockDeferred(at=TEN, until=local("2026-11-28 10:00")),
                ClockPaused(at=ELEVEN),
            ],
            "is_deferred",
        ),
    ],
)
def test_read_clock_when_an_event_cannot_be_then_it_changes_nothing_and_says_why(
    events: list[ClockEvent], code: str
) -> None:
    found = read("2026-11-24 12:00", STARTED, *events)
    fewer = [one for one in (STARTED, *events) if one is not found.ignored[0].event]

    assert [one.reason.code for one in found.ignored] == [code]
    assert code in PHRASES.codes
    assert read("2026-11-24 12:00", *fewer).legs == found.legs


def test_read_clock_when_the_calendar_of_a_year_is_loaded_then_it_is_sure_and_other() -> None:
    started = ClockStarted(at=local("2026-12-30 09:00"), limit=TWO_DAYS)
    calendar = wuhai_calendar()
    loaded = WorkCalendar(
        calendar.working_hours,
        calendar.holidays,
        (*calendar.working_days, "2027-01-02"),
        (*calendar.published, 2027),
    )

    guess = read("2026-12-30 10:00", started)
    sure = read("2026-12-30 10:00", started, time=WorkingTime(loaded, ZONE))

    assert (shown(guess.due_at), guess.provisional) == ("2027-01-04 09:00:00", True)
    assert (shown(sure.due_at), sure.provisional) == ("2027-01-02 09:00:00", False)


def test_read_clock_when_a_limit_is_longer_than_anybody_counts_then_it_is_due_at_no_time() -> None:
    endless = ClockStarted(at=STARTED.at, limit=TimeLimit(10**9, "working_day"))
    found = read("2026-11-25 10:00", endless)
    assert (found.state, found.due_at, found.used_s) == ("running", None, 8 * HOUR)


def test_read_clock_when_now_is_absurd_then_refuses() -> None:
    with pytest.raises(BeyondCountingError):
        read("9000-01-01", STARTED)


def test_clock_event_when_sent_and_read_again_then_is_the_same() -> None:
    events = [
        STARTED,
        ClockPaused(at=local("2026-11-24 10:00").astimezone(UTC), reason=WAITS),
        ClockDeferred(at=STARTED.at, until=local("2026-12-01 09:30"), known_at=STARTED.at),
    ]
    sent = msgspec.json.encode(events)
    assert msgspec.json.decode(sent, type=list[ClockEvent]) == events


@pytest.mark.parametrize("amount", [0, -1, 10_001])
def test_clock_event_when_its_limit_is_impossible_then_is_refused_where_it_is_read(
    amount: int,
) -> None:
    limit = f'{{"amount":{amount},"unit":"working_day"}}'
    sent = f'{{"type":"started","at":"2026-11-24T01:00:00Z","limit":{limit}}}'
    with pytest.raises(msgspec.ValidationError, match="amount"):
        msgspec.json.decode(sent, type=ClockEvent)


BEGIN = local("2026-10-08 00:00")  # back to work, a Saturday that is worked, a Sunday
REFERENCE = Reference(wuhai_calendar(), ZONE, BEGIN, local("2026-10-13 00:00"))
SECONDS = st.integers(0, 4 * 86_400).map(lambda s: BEGIN + timedelta(seconds=s))
LIMITS = st.builds(TimeLimit, st.integers(1, 4), st.sampled_from(tuple(TIME_UNITS)))
EVENTS = st.lists(
    st.one_of(
        st.builds(ClockStarted, at=SECONDS, limit=LIMITS),
        st.builds(ClockPaused, at=SECONDS),
        st.builds(ClockResumed, at=SECONDS),
        st.builds(ClockDeferred, at=SECONDS, until=SECONDS),
        st.builds(LimitChanged, at=SECONDS, limit=LIMITS),
        st.builds(LimitExtended, at=SECONDS, by=LIMITS),
        st.builds(ClockStopped, at=SECONDS),
        st.builds(ClockReopened, at=SECONDS, limit=st.one_of(st.none(), LIMITS)),
    ),
    max_size=12,
)


@given(first=LIMITS, events=EVENTS, now=SECONDS)
def test_read_clock_equals_a_clock_that_looks_every_second(
    first: TimeLimit, events: list[ClockEvent], now: datetime
) -> None:
    events = [ClockStarted(at=BEGIN, limit=first), *events]
    found, expected = read_clock(events, wuhai(), now), reference_clock(events, REFERENCE, now)

    assert (found.state, found.limit, found.used_s) == (
        expected.state,
        expected.limit,
        expected.used_s,
    )
    stopped = found.legs[-1].stopped_at
    assert (int(stopped.timestamp()) if stopped else None) == expected.stopped


@given(events=EVENTS, now=SECONDS, data=st.data())
def test_read_clock_when_events_come_in_another_order_then_says_the_same(
    events: list[ClockEvent], now: datetime, data: st.DataObject
) -> None:
    """But for events of one instant, which count in the order in which they were written down."""
    apart = list({one.at: one for one in events}.values())
    shuffled = data.draw(st.permutations(apart))
    assert read_clock(apart, wuhai(), now) == read_clock(shuffled, wuhai(), now)


@given(events=EVENTS, now=SECONDS)
def test_read_clock_when_nothing_happens_until_it_is_due_then_is_breached_just_then(
    events: list[ClockEvent], now: datetime
) -> None:
    found = read_clock(events, wuhai(), now)
    earlier = [one for one in events if one.at <= now]
    if found.due_at is None or found.due_at <= now:
        return
    before = read_clock(earlier, wuhai(), found.due_at - timedelta(seconds=1))
    then = read_clock(earlier, wuhai(), found.due_at)
    assert (before.breached_at, then.breached_at) == (None, found.due_at)
    assert (before.left_s > 0, then.left_s) == (True, 0)
