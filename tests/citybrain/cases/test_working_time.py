"""When something is due and how much time passed, by the city's hours, holidays and time zone."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.cases.time_units import TIME_UNITS, TimeLimit, UnitName
from citybrain.cases.working_time import (
    BeyondCountingError,
    CountedInterval,
    DueTime,
    WorkingTime,
    instant,
)
from citybrain.city.work_calendar import WorkCalendar
from citybrain.floor.text import Text
from tests.citybrain.cases.rig import (
    BERLIN,
    HOUR,
    WEEKS,
    ZONE,
    Reference,
    local,
    offices,
    shown,
    wuhai,
)

UNITS = tuple(TIME_UNITS)


@pytest.mark.parametrize(
    ("start", "amount", "unit", "due"),
    [
        # Hours that run on day and night, holiday or not.
        ("2026-09-30 22:36", 2, "urgent_hour", "2026-10-01 00:36:00"),
        ("2026-10-01 10:00", 15, "minute", "2026-10-01 10:15:00"),
        # Working hours stand still over lunch, at night, on days off; a Saturday is worked.
        ("2026-11-24 11:00", 2, "working_hour", "2026-11-24 15:30:00"),
        ("2026-11-24 12:30", 1, "working_hour", "2026-11-24 15:30:00"),
        ("2026-11-24 17:00", 4, "working_hour", "2026-11-25 11:30:00"),
        ("2026-10-09 17:00", 2, "working_hour", "2026-10-10 09:30:00"),
        ("2026-11-28 12:00", 1, "working_hour", "2026-11-30 09:30:00"),
        # A working day is as much working time as a day has.
        ("2026-11-27 16:00", 1, "working_day", "2026-11-30 16:00:00"),
        ("2026-11-27 13:00", 1, "working_day", "2026-11-30 12:00:00"),
        ("2026-11-27 20:00", 1, "working_day", "2026-11-30 18:00:00"),
        ("2026-11-28 10:00", 1, "working_day", "2026-11-30 18:00:00"),
        ("2026-11-30 08:30", 1, "working_day", "2026-11-30 18:00:00"),
        ("2026-11-30 06:00", 5, "working_day", "2026-12-04 18:00:00"),
        ("2026-09-30 16:00", 1, "working_day", "2026-10-08 16:00:00"),
        ("2026-02-13 16:00", 2, "working_day", "2026-02-24 16:00:00"),
        # Calendar days end at the same time of day.
        ("2026-11-27 16:00", 1, "natural_day", "2026-11-28 16:00:00"),
        ("2026-09-30 16:00:59", 15, "natural_day", "2026-10-15 16:00:59"),
    ],
)
def test_due_when_asked_in_wuhai_then_counts_what_the_unit_runs_on(
    start: str, amount: int, unit: UnitName, due: str
) -> None:
    found = wuhai().due(local(start), amount, unit)

    assert (shown(found.at), found.provisional) == (due, False)


@pytest.mark.parametrize("unit", UNITS)
def test_due_when_nothing_is_asked_for_then_at_once(unit: UnitName) -> None:
    night = local("2026-11-28 03:00")
    assert wuhai().due(night, 0, unit).at == night
    assert wuhai().due(night, -1, unit).at == night


def test_due_when_the_instant_has_a_fraction_then_it_is_left_out() -> None:
    start = local("2026-11-24 09:00:00") + timedelta(microseconds=999_999)
    assert shown(wuhai().due(start, 1, "working_hour").at) == "2026-11-24 10:00:00"


@pytest.mark.parametrize(
    ("start", "unit", "end", "elapsed"),
    [
        ("2026-11-24 11:00", "working_hour", "2026-11-24 15:30", 2 * HOUR),
        ("2026-11-24 18:00", "working_hour", "2026-11-25 08:30", 0),
        ("2026-09-28 00:00", "working_day", "2026-10-12 00:00", 6 * 7 * HOUR),
        ("2026-11-24 11:00", "urgent_hour", "2026-11-25 11:00", 24 * HOUR),
        ("2026-11-24 11:00", "natural_day", "2026-11-25 11:00", 24 * HOUR),
        ("2026-11-25 11:00", "working_hour", "2026-11-24 11:00", 0),
        ("2026-11-25 11:00", "urgent_hour", "2026-11-24 11:00", 0),
    ],
)
def test_elapsed_when_asked_then_counts_the_seconds_of_the_unit(
    start: str, unit: UnitName, end: str, elapsed: int
) -> None:
    assert wuhai().elapsed(unit, local(start), local(end)) == elapsed


def test_intervals_when_asked_then_they_are_what_counted() -> None:
    found = wuhai().intervals("working_day", local("2026-11-24 11:00"), local("2026-11-25 09:00"))

    assert [(shown(one.start), shown(one.end), one.counted_s) for one in found] == [
        ("2026-11-24 11:00:00", "2026-11-24 12:00:00", HOUR),
        ("2026-11-24 14:30:00", "2026-11-24 18:00:00", 3 * HOUR + HOUR // 2),
        ("2026-11-25 08:30:00", "2026-11-25 09:00:00", HOUR // 2),
    ]


def test_intervals_when_the_unit_runs_on_then_they_are_one() -> None:
    start, end = local("2026-11-24 11:00"), local("2026-11-25 09:00")
    assert wuhai().intervals("minute", start, end) == (CountedInterval(start, end, 22 * HOUR),)
    assert wuhai().intervals("minute", end, start) == ()


class TestProvisional:
    """2027 is in Wuhai's calendar with its statutory days alone: nobody has published it."""

    @pytest.mark.parametrize(
        ("start", "amount", "unit", "provisional"),
        [
            ("2026-12-21 09:00", 5, "working_day", False),
            ("2026-12-28 08:30", 1, "working_day", False),
            # The notice of a year may free, or have worked, the last days of the year before.
            ("2026-12-28 09:00", 1, "working_day", True),
            ("2026-12-25 09:00", 10, "working_day", True),
            ("2026-12-31 09:00", 1, "working_hour", True),
            ("2027-03-01 09:00", 1, "working_hour", True),
            ("2026-12-25 09:00", 30, "natural_day", False),
            ("2026-12-31 23:00", 24, "urgent_hour", False),
        ],
    )
    def test_due_when_it_reaches_into_a_year_that_is_not_published_then_says_so(
        self, start: str, amount: int, unit: UnitName, provisional: bool
    ) -> None:
        assert wuhai().due(local(start), amount, unit).provisional is provisional

    def test_due_when_the_calendar_comes_then_it_is_sure_and_other(self) -> None:
        hours = wuhai().timetable
        assert isinstance(hours, WorkCalendar)
        made_up = WorkCalendar(
            hours.working_hours,
            hours.holidays,
            (*hours.working_days, "2027-01-02"),
            (*hours.published, 2027),
        )
        start = local("2026-12-31 16:00")

        before = wuhai().due(start, 1, "working_day")
        after = WorkingTime(made_up, ZONE).due(start, 1, "working_day")

        assert (shown(before.at), before.provisional) == ("2027-01-04 16:00:00", True)
        assert (shown(after.at), after.provisional) == ("2027-01-02 16:00:00", False)

    def test_due_when_no_year_is_published_then_every_working_deadline_is_provisional(self) -> None:
        time = WorkingTime(WorkCalendar(), ZONE)
        start = local("2026-11-24 09:00")
        assert time.due(start, 1, "working_hour") == DueTime(local("2026-11-24 10:00"), True)
        assert time.due(start, 1, "urgent_hour") == DueTime(local("2026-11-24 10:00"), False)


class TestClocksThatAreChanged:
    """Berlin: 02:00 becomes 03:00 on 2026-03-29, 03:00 becomes 02:00 on 2026-10-25."""

    @pytest.mark.parametrize(
        ("start", "amount", "unit", "due"),
        [
            ("2026-03-28 16:00", 1, "natural_day", "2026-03-29 16:00:00"),
            ("2026-03-28 02:30", 1, "natural_day", "2026-03-29 03:00:00"),
            ("2026-10-24 16:00", 1, "natural_day", "2026-10-25 16:00:00"),
            ("2026-03-28 16:00", 24, "urgent_hour", "2026-03-29 17:00:00"),
            ("2026-10-24 16:00", 24, "urgent_hour", "2026-10-25 15:00:00"),
            ("2026-03-28 23:00", 3, "working_hour", "2026-03-29 03:00:00"),
            ("2026-10-24 23:00", 4, "working_hour", "2026-10-25 02:00:00"),
            ("2026-03-27 10:00", 2, "working_day", "2026-03-29 11:00:00"),
        ],
    )
    def test_due_when_offices_are_always_open_then_an_hour_is_an_hour(
        self, start: str, amount: int, unit: UnitName, due: str
    ) -> None:
        always = offices("00:00-24:00", weekdays=range(1, 8), zone=BERLIN)
        found = always.due(local(start, BERLIN), amount, unit).at
        assert shown(found, BERLIN) == due

    def test_due_when_a_time_of_day_comes_twice_then_it_is_the_first(self) -> None:
        found = wuhai_like_berlin().due(local("2026-10-24 02:30", BERLIN), 1, "natural_day").at
        assert (shown(found, BERLIN), found.astimezone(BERLIN).utcoffset()) == (
            "2026-10-25 02:30:00",
            timedelta(hours=2),
        )

    def test_elapsed_when_offices_are_open_while_clocks_go_back_then_both_hours_count(self) -> None:
        night = offices("01:30-02:30", weekdays=[7], zone=BERLIN)
        day = (local("2026-10-25 00:00", BERLIN), local("2026-10-26 00:00", BERLIN))
        assert night.elapsed("working_hour", *day) == HOUR + HOUR // 2
        assert [one.counted_s for one in night.intervals("working_hour", *day)] == [HOUR, HOUR // 2]

    def test_elapsed_when_a_day_of_the_calendar_is_shorter_then_it_is_a_day(self) -> None:
        time = wuhai_like_berlin()
        start, end = local("2026-03-28 12:00", BERLIN), local("2026-03-30 12:00", BERLIN)
        assert time.elapsed("natural_day", start, end) == 48 * HOUR
        assert time.elapsed("urgent_hour", start, end) == 47 * HOUR
        parts = time.intervals("natural_day", start, end)
        assert [one.counted_s for one in parts] == [15 * HOUR, 33 * HOUR]

    def test_due_when_a_day_was_left_out_of_the_calendar_then_it_is_counted_at_the_change(
        self,
    ) -> None:
        apia = ZoneInfo("Pacific/Apia")  # 2011-12-30 never was
        found = offices("09:00-17:00", zone=apia).due(
            local("2011-12-29 10:00", apia), 1, "natural_day"
        )
        assert shown(found.at, apia) == "2011-12-31 00:00:00"


def wuhai_like_berlin() -> WorkingTime:
    return offices("08:30-12:00", "14:30-18:00", zone=BERLIN)


class TestBeyondCounting:
    @pytest.mark.parametrize("year", [1, 1969, 2151, 9998])
    @pytest.mark.parametrize("unit", UNITS)
    def test_due_when_the_year_is_absurd_then_refuses(self, year: int, unit: UnitName) -> None:
        at = datetime(year, 6, 1, tzinfo=ZONE)
        with pytest.raises(BeyondCountingError, match=r"^not between 1970 and 2150$"):
            wuhai().due(at, 1, unit)

    @pytest.mark.parametrize("unit", UNITS)
    def test_due_when_it_is_absurdly_far_then_refuses(self, unit: UnitName) -> None:
        with pytest.raises(BeyondCountingError):
            wuhai().due(local("2026-11-24 09:00"), 10**9, unit)

    def test_due_when_offices_never_open_then_refuses(self) -> None:
        with pytest.raises(BeyondCountingError):
            offices(weekdays=[]).due(local("2026-11-24 09:00"), 1, "working_hour")


def test_said_when_a_limit_is_shown_then_names_its_unit() -> None:
    assert TimeLimit(2, "working_day").said == Text("2工作日", "2 working d")
    assert TimeLimit(4, "urgent_hour").said == Text("4紧急工作时", "4 urgent h")


class TestReference:
    """Equal to counting every second of three weeks, in two zones and through both changes."""

    REFERENCES = tuple(Reference(time.timetable, time.zone, *span) for time, *span in WEEKS)

    @given(
        case=st.integers(0, len(WEEKS) - 1),
        unit=st.sampled_from(UNITS),
        start=st.integers(0, 20 * 86_400),
        length=st.integers(0, 20 * 86_400),
    )
    def test_elapsed_and_intervals_are_what_every_second_gives(
        self, case: int, unit: UnitName, start: int, length: int
    ) -> None:
        time, reference = WEEKS[case][0], self.REFERENCES[case]
        first = reference.begin + start
        last = min(first + length, reference.end - 1)
        counted = sum(reference.counts(unit, first, last)) if last > first else 0

        assert time.elapsed(unit, instant(first), instant(last)) == counted
        parts = time.intervals(unit, instant(first), instant(last))
        assert sum(one.counted_s for one in parts) == counted
        assert all(one.start < one.end for one in parts)
        assert all(one.end <= two.start for one, two in pairwise(parts))

    @given(
        case=st.integers(0, len(WEEKS) - 1),
        unit=st.sampled_from(UNITS),
        start=st.integers(0, 15 * 86_400),
        amount=st.integers(1, 9),
    )
    def test_due_is_the_first_second_at_which_all_of_it_is_over(
        self, case: int, unit: UnitName, start: int, amount: int
    ) -> None:
        time, reference = WEEKS[case][0], self.REFERENCES[case]
        first = reference.begin + start
        expected = reference.due(unit, first, time.seconds(amount, unit))

        if expected is not None:
            assert time.due(instant(first), amount, unit).at == instant(expected)
