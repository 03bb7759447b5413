"""The clock on the wall, against what the time zone database says."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.clock import millis
from citybrain.floor.wall_clock import DAY_MS, wall_clock

ZONES = (
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",  # half an hour of summer time
    "America/Havana",  # clocks are changed at midnight
    "Africa/Casablanca",  # put back for Ramadan, so twice within weeks
    "Pacific/Apia",  # left out a whole day in 2011
)
FIRST, LAST = millis(datetime(2000, 1, 2, tzinfo=UTC)), millis(datetime(2060, 1, 1, tzinfo=UTC))


def shown_in(zone: str, at_ms: int) -> int:
    at = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(zone))
    return millis(at.replace(tzinfo=UTC))


@given(st.sampled_from(ZONES), st.integers(FIRST, LAST))
def test_wall_clock_when_asked_for_an_instant_then_it_shows_what_the_zone_says(
    zone: str, at_ms: int
) -> None:
    assert wall_clock(zone).local(np.array([at_ms])).tolist() == [shown_in(zone, at_ms)]


@given(st.sampled_from(ZONES), st.integers(FIRST, LAST), st.integers(0, 3 * DAY_MS))
def test_wall_clock_when_local_time_goes_on_then_its_instant_never_goes_back(
    zone: str, local_ms: int, further: int
) -> None:
    clock = wall_clock(zone)
    one, two = clock.instant(np.array([local_ms, local_ms + further])).tolist()

    assert one <= two
    assert clock.passed(one) >= local_ms


@given(st.sampled_from(ZONES), st.integers(FIRST, LAST), st.integers(0, 3 * DAY_MS))
def test_wall_clock_when_a_time_is_passed_then_it_is_never_shown_again(
    zone: str, at_ms: int, later: int
) -> None:
    assert wall_clock(zone).passed(at_ms) <= shown_in(zone, at_ms + later)


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Asia/Shanghai", date(2026, 3, 29), 24),
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2026, 10, 25), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/Havana", date(2026, 3, 8), 23),
        ("Australia/Lord_Howe", date(2026, 4, 5), 24.5),
    ],
)
def test_wall_clock_when_clocks_are_changed_then_the_day_has_other_hours(
    zone: str, day: date, hours: float
) -> None:
    midnight = millis(datetime(day.year, day.month, day.day, tzinfo=UTC))
    begin, end = wall_clock(zone).instant(np.array([midnight, midnight + DAY_MS])).tolist()

    assert (end - begin) / 3_600_000 == hours
    assert begin == _midnight(day, zone)
    assert end == _midnight(day + timedelta(days=1), zone)


def _midnight(day: date, zone: str) -> int:
    return millis(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)))
