"""The only place that reads the machine's clock; everything else takes time as an argument."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Protocol

import msgspec

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
"""An instant in a record: one without a time zone is refused where the record is read."""

Millis = Annotated[int, msgspec.Meta(ge=0, le=253_402_300_799_000)]
"""Milliseconds since 1970-01-01 UTC in a record, until the end of the year 9999."""


class Clock(Protocol):
    """A source of the present instant."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that only moves when told to; for tests and backtests."""

    def __init__(self, start: datetime) -> None:
        """Start at `start`, an aware instant."""
        self._now = start

    def now(self) -> datetime:
        """Return the instant that the clock stands at."""
        return self._now

    def advance(self, step: timedelta) -> None:
        """Move forward by `step`."""
        self._now += step


def millis(instant: datetime) -> int:
    """Return `instant` (aware) as milliseconds since 1970-01-01 UTC."""
    return round(instant.timestamp() * 1000)


def from_millis(value: int) -> datetime:
    """Return the aware UTC instant of `value` milliseconds since 1970-01-01 UTC."""
    return datetime.fromtimestamp(value / 1000, UTC)


def monotonic() -> float:
    """Return seconds of a clock that never goes back; for durations only."""
    return time.monotonic()
