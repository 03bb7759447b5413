from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.alerts.silence_records import Recurrence
from citybrain.city.hours_of_day import minutes
from citybrain.city.work_calendar import Holiday, WorkCalendar
from citybrain.floor.text import Text
from citybrain.notices.hours import Hours, recurs
from tests.citybrain.notices.sample import ZONE

CALENDAR = WorkCalendar(
    holidays=(Holiday("2026-10-01", "2026-10-07", Text("国庆节", "National Day")),),
    working_days=("2026-10-10",),
)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-09-30", True),  # a Wednesday
        ("2026-10-01", False),
        ("2026-10-07", False),
        ("2026-10-08", True),
        ("2026-10-10", True),  # a Saturday that is worked
        ("2026-10-11", False),
    ],
)
def test_is_working_day_follows_make_up_days_then_holidays_then_weekdays(
    day: str, expected: bool
) -> None:
    assert CALENDAR.is_working_day(date.fromisoformat(day)) is expected


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-11-24T08:29:59", False),
        ("2026-11-24T08:30", True),
        ("2026-11-24T17:29:59", True),
        ("2026-11-24T17:30", False),
        ("2026-11-22T10:00", False),  # a Sunday
        ("2026-10-10T10:00", True),
    ],
)
def test_is_working_when_the_offices_are_open(at: str, expected: bool) -> None:
    assert CALENDAR.is_working(local(at), ZONE) is expected


@pytest.mark.parametrize(
    ("hours", "at", "expected"),
    [
        (Hours(from_="22:00", until="06:00"), "2026-11-24T22:00", True),
        (Hours(from_="22:00", until="06:00"), "2026-11-25T05:59", True),
        (Hours(from_="22:00", until="06:00"), "2026-11-25T06:00", False),
        # The night of a Monday goes on into Tuesday.
        (Hours(weekdays=(1,), from_="22:00", until="06:00"), "2026-11-24T03:00", True),
        (Hours(weekdays=(1,), from_="22:00", until="06:00"), "2026-11-24T23:00", False),
        (Hours(days="free"), "2026-10-05T12:00", True),
        (Hours(days="free"), "2026-10-10T12:00", False),
        (Hours(days="working"), "2026-10-10T12:00", True),
        (Hours(), "2026-10-10T23:59:59", True),
    ],
)
def test_hours_hold_on_the_day_on_which_they_began(hours: Hours, at: str, expected: bool) -> None:
    assert hours.hold(local(at), ZONE, CALENDAR) is expected


@pytest.mark.parametrize(
    ("recurrence", "at", "expected"),
    [
        (Recurrence(start="22:00", end="06:00"), "2026-11-24T23:00", True),
        (Recurrence(weekdays=(2,), start="22:00", end="06:00"), "2026-11-25T05:00", True),
        (Recurrence(weekdays=(3,), start="22:00", end="06:00"), "2026-11-25T05:00", False),
        (Recurrence(), "2026-11-25T05:00", True),
        (Recurrence(start="08:00", end="09:00"), "2026-11-25T09:00", False),
    ],
)
def test_recurs_in_the_zone_of_the_city(recurrence: Recurrence, at: str, expected: bool) -> None:
    assert recurs(recurrence, local(at), ZONE) is expected


@pytest.mark.parametrize("text", ["24:01", "8:30", "08:60", "x", "", "08-30", "-1:00"])
def test_minutes_when_it_is_no_time_of_day_then_refuses(text: str) -> None:
    with pytest.raises(ValueError, match=r"time of day|int\(\)"):
        minutes(text)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)))  # noqa: DTZ001  local
def test_hours_and_their_complement_share_no_instant(at: datetime) -> None:
    instant = at.replace(tzinfo=ZONE)
    night = Hours(from_="22:00", until="06:00").hold(instant, ZONE, CALENDAR)
    day = Hours(from_="06:00", until="22:00").hold(instant, ZONE, CALENDAR)

    assert night is not day
