"""The city's days: local midnights, and the same time of day on the days before; pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from dashboards.wall.queries import DayPart, minute_of


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the local day of `now` began."""
    local = now.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def day_parts(now: datetime, zone: ZoneInfo, days: int) -> list[DayPart]:
    """Return today and the days before it, each from midnight to the same minute of the day.

    Args:
        now: the present instant.
        zone: the city's time zone.
        days: how many, today included.
    """
    ends_today = minute_of(now).astimezone(zone)
    parts = []
    for back in range(days):
        # Wall-clock arithmetic: a day of a zone with summer time may have 23 hours.
        ends_local = ends_today - timedelta(days=back)
        ends_at = ends_local.astimezone(UTC)
        starts_at = midnight(ends_at, zone)
        parts.append(DayPart(starts_at, ends_at))
    return parts
