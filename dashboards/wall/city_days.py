"""The city's days: local midnights, and the same time of day on the days before; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

SLOT_MINUTES = 15


@dataclass(frozen=True)
class DayPart:
    """A local day from midnight to the same time of day as now.

    Attributes:
        starts_at: the instant of local midnight.
        ends_at: the same time of day as now, to the minute.
    """

    starts_at: datetime
    ends_at: datetime


def midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the local day of `now` began."""
    local = now.astimezone(zone)
    return local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0).astimezone(UTC)


def next_midnight(now: datetime, zone: ZoneInfo) -> datetime:
    """Return the instant (UTC) at which the local day after that of `now` begins."""
    tomorrow = midnight(now, zone).astimezone(zone) + timedelta(days=1)
    return tomorrow.replace(fold=0).astimezone(UTC)


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


def minute_of(instant: datetime) -> datetime:
    """Return the start of the minute that `instant` lies in."""
    return instant.replace(second=0, microsecond=0)


def slots_of(starts_at: datetime, ends_at: datetime) -> int:
    """Return how many whole slots of the trend lie between two instants of a day."""
    return (ends_at - starts_at) // timedelta(minutes=SLOT_MINUTES)
