"""Days are the city's, not UTC's."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from dashboards.wall.city_days import DayPart, day_parts, midnight, next_midnight, slots_of

SHANGHAI = ZoneInfo("Asia/Shanghai")
BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_midnight_when_utc_is_still_yesterday_then_the_local_day_counts() -> None:
    assert midnight(utc(2026, 11, 23, 23, 30), SHANGHAI) == utc(2026, 11, 23, 16)
    assert midnight(utc(2026, 11, 23, 15, 59), SHANGHAI) == utc(2026, 11, 22, 16)


def test_day_parts_when_asked_then_each_ends_at_the_same_minute() -> None:
    assert day_parts(utc(2026, 11, 24, 4, 30, 59), SHANGHAI, 2) == [
        DayPart(utc(2026, 11, 23, 16), utc(2026, 11, 24, 4, 30)),
        DayPart(utc(2026, 11, 22, 16), utc(2026, 11, 23, 4, 30)),
    ]


def test_day_parts_when_clocks_change_then_the_wall_clock_is_kept() -> None:
    # Summer time ended on 25 October 2026: that day began at 22:00 UTC and had 25 hours.
    assert day_parts(utc(2026, 10, 26, 11), BERLIN, 3) == [
        DayPart(utc(2026, 10, 25, 23), utc(2026, 10, 26, 11)),
        DayPart(utc(2026, 10, 24, 22), utc(2026, 10, 25, 11)),
        DayPart(utc(2026, 10, 23, 22), utc(2026, 10, 24, 10)),
    ]


def test_slots_of_when_a_quarter_is_not_over_then_it_does_not_count() -> None:
    start = utc(2026, 11, 23, 16)
    assert slots_of(start, utc(2026, 11, 24, 4, 44, 59)) == 50
    assert slots_of(start, start) == 0


def test_next_midnight_when_clocks_change_then_the_day_has_25_hours() -> None:
    now = utc(2026, 10, 25, 11)
    assert (midnight(now, BERLIN), next_midnight(now, BERLIN)) == (
        utc(2026, 10, 24, 22),
        utc(2026, 10, 25, 23),
    )
    assert next_midnight(utc(2026, 11, 23, 16), SHANGHAI) == utc(2026, 11, 24, 16)
