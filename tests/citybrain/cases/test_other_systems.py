"""What help desks' own specifications expect, as facts in tables; equal here, or told why not.

zendesk/biz (@dddeea6, spec/calculation, spec/periods, spec/timeline, spec/schedule_spec.rb,
spec/time_spec.rb), glpi-project/glpi (tests/functional/CalendarTest.php) and zammad/zammad
(spec/lib/escalation*, test/unit/ticket_sla_test.rb). Left out are specifications of their own
classes and settings, which count nothing.

Where we differ, by `DIFFERS`:

- `days_of_biz`: biz's day after is the next day with hours, at the same time of day; ours is as
  much working time as a day has, or a day that begins on a Saturday would be a shorter one.
- `nobody counts backwards`: a limit has a beginning; `before` of biz and GLPI's negative spans have
  no use here.
- `nothing is due at once`: biz and Zammad turn no time at all into the next opening, or nothing.
- `close of business`: where time is used up just when offices close, biz's periods go on to the
  next opening by an empty one; ours is over.
- `end of day`: GLPI can move a deadline to the end of its day; ours is the instant, which a clerk
  can check.
- `clocks put forward`: of an interval that begins in the hour that is left out, biz drops what is
  there; we count the minutes that clocks do show.
- `clocks put back`: biz takes the first of two equal times; we count both hours, for people work
  in both.
- `a day ends at 24:00`: Zammad's day around the clock ends at 23:59 and loses a minute a day.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from citybrain.cases.case_clock import read_clock
from citybrain.cases.clock_events import ClockPaused, ClockResumed, ClockStarted, ClockStopped
from citybrain.cases.time_units import TimeLimit, UnitName
from citybrain.cases.working_time import WorkingTime
from tests.citybrain.cases.rig import BERLIN, HOUR, UTC_ZONE, Schedule, local, offices, shown

WEEK = {
    1: "09:00-17:00",
    2: "10:00-16:00",
    3: "09:00-17:00",
    4: "10:00-16:00",
    5: "09:00-17:00",
    6: "11:00-14:30",
}
"""The hours that biz's specifications share."""
ANGELES = ZoneInfo("America/Los_Angeles")


def biz(zone: ZoneInfo = UTC_ZONE, **schedule: object) -> WorkingTime:
    return WorkingTime(Schedule(**{"hours": WEEK, **schedule}), zone)  # type: ignore[arg-type]


def utc(text: str) -> str:
    return shown(local(text, UTC_ZONE), UTC_ZONE)


def due(time: WorkingTime, start: str, amount: int, unit: UnitName) -> str:
    zone = time.zone
    return shown(time.due(local(start, zone), amount, unit).at, zone)


class TestBiz:
    @pytest.mark.parametrize(
        ("start", "amount", "unit", "expected"),
        [
            ("2006-01-04 14:30", 90, 60, "2006-01-04 16:00:00"),
            ("2006-01-04 15:58:30", 90, 1, "2006-01-04 16:00:00"),
            ("2006-01-04 13:00", 3, HOUR, "2006-01-04 16:00:00"),
            ("2006-01-02 09:00", 30, 60, "2006-01-02 09:30:00"),
            ("2006-01-02 10:00", 1, HOUR, "2006-01-02 11:00:00"),
        ],
    )
    def test_after_of_seconds_minutes_and_hours(
        self, start: str, amount: int, unit: int, expected: str
    ) -> None:
        at = int(local(start, UTC_ZONE).timestamp())
        found = biz().due_s(at, amount * unit, "working_hour")
        assert found == int(local(expected, UTC_ZONE).timestamp())

    def test_after_of_hours_over_a_week(self) -> None:
        sundays = offices("11:00-12:00", weekdays=[7])
        assert due(sundays, "2006-01-01 00:00", 2, "working_hour") == "2006-01-08 12:00:00"
        # biz names the same moment of working time by the opening after it: 2006-01-15 11:00
        # (`close of business`).
        assert sundays.elapsed(
            "working_hour", local("2006-01-08 12:00", UTC_ZONE), local("2006-01-15 11:00", UTC_ZONE)
        ) == 0  # fmt: skip

    @pytest.mark.parametrize(
        ("start", "end", "seconds"),
        [
            ("2006-01-08", "2006-01-01", 0),
            ("2006-01-01", "2006-01-01", 0),
            ("2006-01-01", "2006-01-08", int(39.5 * HOUR)),
            ("2006-01-05 12:00", "2006-01-06 12:00", 7 * HOUR),
        ],
    )
    def test_within(self, start: str, end: str, seconds: int) -> None:
        found = biz().elapsed("working_hour", local(start, UTC_ZONE), local(end, UTC_ZONE))
        assert found == seconds

    @pytest.mark.parametrize(
        ("at", "active"),
        [
            ("2006-01-01 06:00", False),  # no hours, no break, no holiday
            ("2006-01-03 06:00", False),  # a break
            ("2006-01-04 06:00", False),  # a holiday
            ("2006-01-02 12:00", True),
            ("2006-01-03 10:00", False),  # hours, but a break
            ("2006-01-04 12:00", False),  # hours, but a holiday
            ("2006-01-07 12:00", False),  # hours, but of the shift in their place
            ("2006-01-07 10:00", True),  # a shift
            ("2006-01-10 10:00", False),  # a shift, but a break
            ("2006-01-11 12:00", False),  # a shift, but a holiday
        ],
    )
    def test_active(self, at: str, active: bool) -> None:
        time = biz(
            shifts=dict.fromkeys(("2006-01-07", "2006-01-10", "2006-01-11"), "09:00-11:00"),
            breaks=dict.fromkeys(("2006-01-03", "2006-01-10"), "05:30-11:00"),
            holidays=("2006-01-04", "2006-01-11"),
        )
        start = int(local(at, UTC_ZONE).timestamp())
        assert time.elapsed_s("working_hour", start, start + 1) == int(active)

    @pytest.mark.parametrize(
        ("at", "free"),
        [
            ("2006-01-04 11:00", True),
            ("2006-01-04 12:00", True),
            ("2006-01-04 13:00", False),
            ("2006-01-05 12:00", False),
        ],
    )
    def test_on_break(self, at: str, free: bool) -> None:
        start = int(local(at, UTC_ZONE).timestamp())
        time = biz(breaks={"2006-01-04": "11:00-13:00"})
        assert time.elapsed_s("working_hour", start, start + 1) == int(not free)

    SHIFTS = {"2005-12-31": "10:00-14:00", "2006-01-04": "08:00-12:00", "2006-01-06": "09:00-10:00"}  # noqa: RUF012
    FIRST_WEEK = (
        "2006-01-02 09:00/17:00",
        "2006-01-03 10:00/16:00",
        "2006-01-04 08:00/12:00",
        "2006-01-05 10:00/16:00",
        "2006-01-06 09:00/10:00",
        "2006-01-07 11:00/14:30",
    )
    SECOND_WEEK = (
        "2006-01-09 09:00/17:00",
        "2006-01-10 10:00/16:00",
        "2006-01-11 09:00/17:00",
        "2006-01-12 10:00/16:00",
        "2006-01-13 09:00/17:00",
        "2006-01-14 11:00/14:30",
    )

    @pytest.mark.parametrize(
        ("start", "end", "breaks", "expected"),
        [
            ("2006-01-01", "2006-01-08", {}, FIRST_WEEK),
            ("2006-01-01", "2006-01-15", {}, (*FIRST_WEEK, *SECOND_WEEK)),
            ("2006-01-02 12:00", "2006-01-03", {}, ["2006-01-02 12:00/17:00"]),
            ("2006-01-01", "2006-01-03", {"2006-01-02": "08:00-10:00"}, ["2006-01-02 10:00/17:00"]),
            ("2006-01-01", "2006-01-03", {"2006-01-02": "16:00-18:00"}, ["2006-01-02 09:00/16:00"]),
            ("2006-01-01", "2006-01-04", {"2006-01-02": "08:00-18:00"}, ["2006-01-03 10:00/16:00"]),
            (
                "2006-01-01",
                "2006-01-03",
                {"2006-01-02": "13:30-15:30"},
                ["2006-01-02 09:00/13:30", "2006-01-02 15:30/17:00"],
            ),
            (
                "2006-01-01",
                "2006-01-03",
                {"2006-01-02": "10:00-11:30 13:00-14:00"},
                ["2006-01-02 09:00/10:00", "2006-01-02 11:30/13:00", "2006-01-02 14:00/17:00"],
            ),
            (
                "2006-01-01",
                "2006-01-04",
                {"2006-01-02": "08:00-10:15 11:30-12:30", "2006-01-03": "12:00-13:00 14:25-14:40"},
                [
                    "2006-01-02 10:15/11:30",
                    "2006-01-02 12:30/17:00",
                    "2006-01-03 10:00/12:00",
                    "2006-01-03 13:00/14:25",
                    "2006-01-03 14:40/16:00",
                ],
            ),
            ("2006-01-14", "2006-01-18", {}, ["2006-01-14 11:00/14:30", "2006-01-17 10:00/16:00"]),
            (
                "2006-01-14",
                "2006-01-20",
                {},
                ["2006-01-14 11:00/14:30", "2006-01-17 10:00/16:00", "2006-01-19 10:00/16:00"],
            ),
            ("2006-01-01", "2006-01-04", {}, ["2006-01-02 09:00/17:00", "2006-01-03 10:00/16:00"]),
        ],
    )
    def test_periods(
        self, start: str, end: str, breaks: dict[str, str], expected: list[str]
    ) -> None:
        holidays = ("2006-01-16", "2006-01-18")
        time = biz(shifts=self.SHIFTS, breaks=breaks, holidays=holidays)
        assert periods(time, start, end) == list(expected)

    def test_periods_when_a_break_lies_over_two_of_them(self) -> None:
        time = biz(hours={1: "17:00-19:00 20:00-22:00"}, breaks={"2006-01-02": "18:00-21:00"})
        assert periods(time, "2006-01-01", "2006-01-03") == [
            "2006-01-02 17:00/18:00",
            "2006-01-02 21:00/22:00",
        ]

    def test_periods_when_they_are_of_another_zone(self) -> None:
        time = biz(ANGELES, hours={6: "06:00-18:00"})
        assert periods(time, "2006-01-07 17:00", "2006-01-08") == ["2006-01-07 17:00/18:00"]

    def test_periods_when_clocks_are_put_forward_then_we_count_what_they_show(self) -> None:
        """Differs: `clocks put forward`. biz has no period on 2006-04-02."""
        time = biz(ANGELES, hours={7: "02:30-03:15", 1: "09:00-17:00"})
        assert periods(time, "2006-04-02", "2006-04-04") == [
            "2006-04-02 03:00/03:15",
            "2006-04-03 09:00/17:00",
        ]

    def test_periods_when_clocks_are_put_back_then_we_count_both_hours(self) -> None:
        """Differs: `clocks put back`. biz ends at the first 01:30 of 2014-11-02."""
        time = biz(ANGELES, hours={7: "00:00-01:30"})
        start, end = local("2014-11-02", ANGELES), local("2014-11-03", ANGELES)
        assert time.elapsed("working_hour", start, end) == 2 * HOUR

    JANUARIES = staticmethod(lambda: WorkingTime(Januaries(), UTC_ZONE))

    @pytest.mark.parametrize(
        ("until", "expected"),
        [
            ("2006-01-01 00:01", ["2006-01-01 00:00/00:01"]),
            ("2005-01-01", []),
            ("2007-03-01", ["2006-01-01/2006-02-01", "2007-01-01/2007-02-01"]),
            ("2007-01-15", ["2006-01-01/2006-02-01", "2007-01-01/2007-01-15"]),
            ("2007-02-01", ["2006-01-01/2006-02-01", "2007-01-01/2007-02-01"]),
            # Differs: `close of business`, biz adds the empty period at the beginning of 2008.
            ("2008-01-01", ["2006-01-01/2006-02-01", "2007-01-01/2007-02-01"]),
            ("2006-01-01", []),
        ],
    )
    def test_timeline_until(self, until: str, expected: list[str]) -> None:
        found = periods(self.JANUARIES(), "2006-01-01", until)
        assert [one.replace(" 00:00/2", "/2").removesuffix(" 00:00") for one in found] == expected

    @pytest.mark.parametrize(
        ("seconds", "expected"),
        [
            (2, "2006-01-01 00:00:02"),
            (15 * 24 * HOUR, "2006-01-16 00:00:00"),
            (46 * 24 * HOUR, "2007-01-16 00:00:00"),
            # Differs: `close of business`, biz goes on to the beginning of the next January.
            (31 * 24 * HOUR, "2006-02-01 00:00:00"),
            (62 * 24 * HOUR, "2007-02-01 00:00:00"),
            # Differs: `nothing is due at once`; here both say the beginning.
            (0, "2006-01-01 00:00:00"),
        ],
    )
    def test_timeline_for(self, seconds: int, expected: str) -> None:
        start = int(local("2006-01-01", UTC_ZONE).timestamp())
        found = self.JANUARIES().due_s(start, seconds, "working_hour")
        assert found == int(local(expected, UTC_ZONE).timestamp())

    @pytest.mark.parametrize(
        ("start", "theirs", "ours"),
        [
            ("2006-01-06 12:00", "2006-01-09 12:00:00", "2006-01-09 16:30:00"),
            ("2006-01-03 08:00", "2006-01-05 10:00:00", "2006-01-05 12:00:00"),
            ("2006-01-03 18:00", "2006-01-06 09:00:00", "2006-01-06 11:00:00"),
        ],
    )
    def test_after_of_days_when_days_are_unequal_then_differs(
        self, start: str, theirs: str, ours: str
    ) -> None:
        """Differs: `days_of_biz`. Two days of eight hours here, two dates there."""
        assert due(biz(), start, 2, "working_day") == ours != theirs

    @pytest.mark.parametrize(
        ("start", "amount", "expected"),
        [
            ("2006-01-06 12:00", 1, "2006-01-09 12:00:00"),
            ("2006-01-06 12:30:52", 1, "2006-01-09 12:30:52"),
            ("2006-01-02 13:00", 0, "2006-01-02 13:00:00"),
            ("2015-01-08 10:00", 1, "2015-01-09 10:00:00"),
        ],
    )
    def test_after_of_days_when_days_are_equal_and_it_begins_in_one_then_is_the_same(
        self, start: str, amount: int, expected: str
    ) -> None:
        assert due(offices("09:00-17:00"), start, amount, "working_day") == expected


class Januaries:
    """Open around the clock each January from 2006 on."""

    day_s = 24 * HOUR

    def minutes_on(self, day: object) -> tuple[tuple[int, int], ...]:
        year, month = getattr(day, "year", 0), getattr(day, "month", 0)
        return ((0, 1440),) if month == 1 and year >= 2006 else ()

    def holiday(self, _day: object) -> None:
        return None

    def is_published(self, _year: int) -> bool:
        return True


def periods(time: WorkingTime, start: str, end: str) -> list[str]:
    """Return what counts between two times, a day's as ``date from/until``."""
    found = time.intervals("working_hour", local(start, time.zone), local(end, time.zone))
    texts = [(shown(one.start, time.zone)[:16], shown(one.end, time.zone)[:16]) for one in found]
    return [f"{one}/{two[11:] if two[:10] == one[:10] else two}" for one, two in texts]


class TestGlpi:
    """GLPI's default calendar is open from 08:00 to 20:00, Monday to Friday."""

    DEFAULT = offices("08:00-20:00")
    AROUND_THE_CLOCK = offices("00:00-24:00")

    @pytest.mark.parametrize("time", [DEFAULT, AROUND_THE_CLOCK], ids=["default", "5x24"])
    def test_seven_days_after(self, time: WorkingTime) -> None:
        assert due(time, "2018-11-19 10:00", 7, "working_day") == "2018-11-28 10:00:00"

    def test_seven_days_after_when_moved_to_the_end_of_the_day_then_differs(self) -> None:
        """Differs: `end of day`. GLPI says 20:00, or 00:00 of the day after."""
        assert due(self.DEFAULT, "2018-11-19 10:00", 7, "working_day") != "2018-11-28 20:00:00"

    @pytest.mark.parametrize(
        ("start", "end", "hours", "unit"),
        [
            ("2019-01-01 07:00", "2019-01-01 09:00", 1, "working_hour"),
            ("2019-01-01 06:00", "2019-01-01 07:00", 0, "working_hour"),
            ("2019-01-01 00:00", "2019-01-08 00:00", 5 * 12, "working_hour"),
            ("2019-01-08 00:00", "2019-01-01 00:00", 0, "working_hour"),
            ("2019-01-01 07:00", "2019-01-01 09:00", 2, "natural_day"),
            ("2019-01-01 00:00", "2019-01-08 00:00", 7 * 24, "natural_day"),
        ],
    )
    def test_active_time_between(self, start: str, end: str, hours: int, unit: UnitName) -> None:
        found = self.DEFAULT.elapsed(unit, local(start, UTC_ZONE), local(end, UTC_ZONE))
        assert found == hours * HOUR

    @pytest.mark.parametrize(
        ("at", "working"),
        [
            ("2019-01-01 00:00", False),
            ("2019-01-02 08:30", True),
            ("2019-01-03 18:10", True),
            ("2019-01-04 21:00", False),
            ("2019-01-05 08:30", False),
            ("2019-01-06 00:00", False),
        ],
    )
    def test_is_a_working_hour(self, at: str, working: bool) -> None:
        start = int(local(at, UTC_ZONE).timestamp())
        assert self.DEFAULT.elapsed_s("working_hour", start, start + 1) == int(working)


class TestZammad:
    """A ticket of the life that its specifications share: new, open, pending, closed."""

    AROUND_THE_CLOCK = offices("00:00-24:00", weekdays=range(1, 8))
    CREATED = "2026-11-24 09:00"
    LIFE = (
        ClockPaused(at=local("2026-11-24 10:30", UTC_ZONE)),  # pending close, after 1 h 30 min
        ClockStopped(at=local("2026-11-24 11:00", UTC_ZONE)),  # closed, 30 min later
    )

    def used_min(self, start: str, now: str) -> float:
        began = ClockStarted(at=local(start, UTC_ZONE), limit=TimeLimit(4, "working_hour"))
        reading = read_clock([began, *self.LIFE], self.AROUND_THE_CLOCK, local(now, UTC_ZONE))
        return reading.used_s / 60

    @pytest.mark.parametrize(
        ("start", "now", "minutes"),
        [
            (CREATED, "2026-11-24 13:00", 90),
            (CREATED, "2026-12-01 11:00", 90),
            ("2026-11-24 09:30", "2026-11-24 11:00", 60),
            (CREATED, "2026-11-24 09:30", 30),
        ],
    )
    def test_working_minutes(self, start: str, now: str, minutes: int) -> None:
        assert self.used_min(start, now) == minutes

    @pytest.mark.parametrize(
        ("start", "expected"),
        [
            # 30 minutes from the beginning, from 75 minutes after it over the pause, from its end.
            ("2026-11-24 09:00", "2026-11-24 09:30:00"),
            ("2026-11-24 10:15", "2026-11-24 11:15:00"),
            ("2026-11-24 11:00", "2026-11-24 11:30:00"),
        ],
    )
    def test_destination_time(self, start: str, expected: str) -> None:
        """The pause of half an hour is between 10:30 and 11:00; whatever came after ran."""
        began = ClockStarted(at=local(start, UTC_ZONE), limit=TimeLimit(30, "minute"))
        pause = [self.LIFE[0], ClockResumed(at=self.LIFE[1].at)] if start < "2026-11-24 11" else []
        now = local("2026-11-24 11:00", UTC_ZONE)
        found = read_clock([began, *pause], self.AROUND_THE_CLOCK, now)
        assert shown(found.due_at, UTC_ZONE) == expected

    @pytest.mark.parametrize(
        ("hours", "amount_min", "expected"),
        [
            ("09:00-17:00", 60, "2013-03-21 10:30:00"),
            ("09:00-17:00", 180, "2013-03-21 12:30:00"),
            ("09:00-17:00", 240, "2013-03-21 13:30:00"),
            ("09:00-17:00", 120, "2013-03-21 11:30:00"),
            ("08:00-18:00", 60, "2013-03-21 10:30:00"),
            ("08:00-18:00", 120, "2013-03-21 11:30:00"),
            ("08:00-18:00", 180, "2013-03-21 12:30:00"),
        ],
    )
    def test_escalation_of_a_ticket_of_2013_03_21_at_09_30(
        self, hours: str, amount_min: int, expected: str
    ) -> None:
        time = offices(hours, zone=BERLIN)
        start = local("2013-03-21 09:30", UTC_ZONE)
        found = time.due_s(int(start.timestamp()), amount_min * 60, "working_hour")
        assert found == int(local(expected, UTC_ZONE).timestamp())

    @pytest.mark.parametrize(
        ("closed", "used_min", "in_time"),
        [("2013-03-21 11:30", 120, True), ("2013-03-21 13:00", 210, False)],
    )
    def test_close_in_min_and_its_difference_to_three_hours(
        self, closed: str, used_min: int, in_time: bool
    ) -> None:
        time = offices("08:00-18:00", zone=BERLIN)
        events = [
            ClockStarted(
                at=local("2013-03-21 09:30", UTC_ZONE), limit=TimeLimit(3, "working_hour")
            ),
            ClockStopped(at=local(closed, UTC_ZONE)),
        ]
        found = read_clock(events, time, local("2013-03-22 09:00", UTC_ZONE))
        assert (found.used_s / 60, found.left_s / 60) == (used_min, 180 - used_min)
        assert (found.breached_at is None) is in_time

    def test_a_day_around_the_clock_when_it_ends_at_24_00_then_no_minute_is_lost(self) -> None:
        """Differs: `a day ends at 24:00`; Zammad's own calendars end it at 23:59."""
        whole, short = self.AROUND_THE_CLOCK, offices("00:00-23:59", weekdays=range(1, 8))
        start, end = local("2026-11-24", UTC_ZONE), local("2026-12-01", UTC_ZONE)
        assert whole.elapsed("working_hour", start, end) == 7 * 24 * HOUR
        assert short.elapsed("working_hour", start, end) == 7 * 24 * HOUR - 7 * 60
