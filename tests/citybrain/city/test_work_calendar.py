"""Working days and hours, and that Wuhai's are China's on every day since 2004."""

from __future__ import annotations

import time
from datetime import date, timedelta

import chinese_calendar
import pytest

from citybrain.city.calendar_file import read_calendar
from citybrain.city.work_calendar import Holiday, OfficeHours, WorkCalendar, WorkingHours
from citybrain.floor.strict import Document
from citybrain.floor.text import Text
from tests.citybrain.cases.rig import ZONE, local, wuhai_calendar
from tests.repository import WUHAI

NATIONAL = Holiday("2026-10-01", "2026-10-07", Text("国庆节", "National Day"))
CALENDAR = WorkCalendar(
    WorkingHours(intervals=(OfficeHours("08:30", "12:00"), OfficeHours("14:30", "18:00"))),
    holidays=(NATIONAL,),
    working_days=("2026-10-10",),
    published=(2026,),
)


@pytest.mark.parametrize("year", range(2004, 2027))
def test_wuhai_when_compared_then_every_day_is_that_of_chinesecalendar(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=n) for n in range(366)]
    days = [day for day in days if day.year == year]
    calendar = wuhai_calendar()

    ours = [calendar.is_working_day(day) for day in days]

    assert ours == [chinese_calendar.is_workday(day) for day in days]
    assert calendar.is_published(year)


def test_wuhai_when_counted_then_2026_has_248_working_days_and_2027_is_not_published() -> None:
    calendar = wuhai_calendar()
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(365)]
    assert sum(map(calendar.is_working_day, days)) == 248
    assert calendar.published == tuple(range(2004, 2027))
    assert calendar.example


@pytest.mark.parametrize(
    ("day", "title"),
    [
        ("2007-12-30", "New Year"),  # of the notice of 2008
        ("2008-01-01", "New Year"),
        ("2015-09-04", "Victory Day"),
        ("2026-02-23", "Spring Festival"),
        ("2026-02-24", ""),
    ],
)
def test_holiday_when_asked_then_is_what_people_call_it(day: str, title: str) -> None:
    found = wuhai_calendar().holiday(date.fromisoformat(day))
    assert (found.title.en if found else "") == title


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-24 08:29:59", False),
        ("2026-11-24 08:30:00", True),
        ("2026-11-24 11:59:59", True),
        ("2026-11-24 12:00:00", False),
        ("2026-11-24 14:30:00", True),
        ("2026-11-24 18:00:00", False),
        ("2026-10-01 10:00:00", False),
        ("2026-10-10 10:00:00", True),
        ("2026-11-28 10:00:00", False),
    ],
)
def test_is_working_when_there_is_a_break_then_it_is_free(at: str, expected: bool) -> None:
    assert CALENDAR.is_working(local(at), ZONE) is expected


def test_minutes_on_and_day_s_when_asked_then_are_those_of_the_hours() -> None:
    assert CALENDAR.minutes_on(date(2026, 10, 10)) == ((510, 720), (870, 1080))
    assert CALENDAR.minutes_on(date(2026, 10, 2)) == ()
    assert CALENDAR.day_s == 7 * 3600


def test_two_calendars_when_they_say_the_same_then_are_equal_also_after_use() -> None:
    again = WorkCalendar(
        CALENDAR.working_hours, CALENDAR.holidays, CALENDAR.working_days, CALENDAR.published
    )
    assert CALENDAR.is_working_day(date(2026, 10, 10))
    assert (again == CALENDAR, hash(again) == hash(CALENDAR)) == (True, True)


@pytest.mark.timed
def test_read_calendar_when_it_is_wuhais_then_takes_less_than_50_ms() -> None:
    took = []
    for _ in range(3):
        began = time.perf_counter()
        read_calendar(Document(WUHAI / "calendar.yaml"))
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05
