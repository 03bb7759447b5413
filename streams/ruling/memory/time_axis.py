"""How event time is cut into numbered buckets, so that windows begin where the city's days do.

Windows that slide, and those an hour or less apart, go by time as it passes; their hours begin
where the city's do, also where that is half an hour from UTC's. Windows further apart go by the
clock on the wall: those of a day begin at local midnight, those of a week on Monday, and where
clocks are changed a day has 23 or 25 hours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from citybrain.floor.wall_clock import DAY_MS, WallClock, wall_clock
from streams.ruling.intake.rows import Ints

HOUR_MS = 3_600_000
_WEEK_MS = 7 * DAY_MS
_MONDAY_MS = 3 * DAY_MS
"""From a Monday to 1970-01-01, a Thursday."""


@dataclass(frozen=True)
class SteadyAxis:
    """Buckets of time as it passes.

    Attributes:
        step_ms: length of a bucket.
        shift_ms: how long before 1970-01-01 UTC number 0 begins.
    """

    step_ms: int
    shift_ms: int = 0

    @property
    def name(self) -> str:
        """Tells axes apart whose numbers mean different buckets: the shift, "" without one."""
        return str(self.shift_ms or "")

    def buckets(self, at_ms: Ints) -> Ints:
        """Return the bucket that each instant is in."""
        return (at_ms + self.shift_ms if self.shift_ms else at_ms) // self.step_ms

    def bucket(self, at_ms: int) -> int:
        """Return the bucket that an instant is in; all before it are over."""
        return (at_ms + self.shift_ms) // self.step_ms

    def start(self, bucket: int) -> int:
        """Return when a bucket begins."""
        return bucket * self.step_ms - self.shift_ms

    def starts(self, first: int, last: int) -> Sequence[int]:
        """Return when each of the buckets `first`…`last` begins."""
        return range(self.start(first), self.start(last) + 1, self.step_ms)


@dataclass(frozen=True)
class WallAxis:
    """Buckets of a clock that is put forward and back.

    Attributes:
        step_ms: length of a bucket, on the clock.
        clock, zone: the clock, and the name of its zone.
        shift_ms: how long before the clock's 1970-01-01 number 0 begins.
    """

    step_ms: int
    clock: WallClock
    zone: str
    shift_ms: int = 0

    @property
    def name(self) -> str:
        """The zone and the shift."""
        return f"{self.zone}+{self.shift_ms}"

    def buckets(self, at_ms: Ints) -> Ints:
        """Return the bucket that each instant is in."""
        return (self.clock.local(at_ms) + self.shift_ms) // self.step_ms

    def bucket(self, at_ms: int) -> int:
        """Return the first bucket that the clock may still show at or after an instant."""
        return (self.clock.passed(at_ms) + self.shift_ms) // self.step_ms

    def start(self, bucket: int) -> int:
        """Return when the clock shows the beginning of a bucket for the last time."""
        return self.starts(bucket, bucket)[0]

    def starts(self, first: int, last: int) -> Sequence[int]:
        """Return `start` of each of the buckets `first`…`last`."""
        shown = np.arange(first, last + 1) * self.step_ms - self.shift_ms
        found: list[int] = self.clock.instant(shown).tolist()
        return found


TimeAxis = SteadyAxis | WallAxis


def axis_of(step_ms: int, every_ms: int, zone: str) -> TimeAxis:
    """Return the axis of windows.

    Args:
        step_ms: length of a bucket.
        every_ms: how far the windows are apart; 0: they slide.
        zone: IANA name of the city's time zone.
    """
    if not every_ms:
        return SteadyAxis(step_ms)
    clock = wall_clock(zone)
    week = 0 if every_ms % _WEEK_MS else _MONDAY_MS
    if clock.steady or every_ms <= HOUR_MS:
        return SteadyAxis(step_ms, (clock.usual_ms + week) % every_ms)
    return WallAxis(step_ms, clock, zone, week)


def first_from(axis: TimeAxis, at_ms: int) -> int:
    """Return the first bucket that begins at or after an instant."""
    bucket = axis.bucket(at_ms)
    return bucket if axis.start(bucket) >= at_ms else bucket + 1
