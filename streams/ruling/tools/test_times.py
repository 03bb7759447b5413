"""The times that are written in the tests beside rules."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from citybrain.floor.clock import millis


def instant(text: str, day: date, zone: ZoneInfo) -> int:
    """Return a test's local time (``HH:MM``, ``HH:MM:SS``, ``+2d HH:MM``) as ms since 1970 UTC."""
    days, _, clock = text.rpartition(" ")
    hours, minutes, *seconds = (int(part) for part in clock.split(":"))
    passed = timedelta(
        days=int(days.strip("+d") or 0) if days else 0,
        hours=hours,
        minutes=minutes,
        seconds=seconds[0] if seconds else 0,
    )
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    return millis(midnight) + round(passed.total_seconds() * 1000)
