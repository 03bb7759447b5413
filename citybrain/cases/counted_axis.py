"""How much time has been counted at an instant, as a function that only rises; and back again.

Working time and calendar days are both such functions: they rise by a second a second in some
stretches and stand still between them. So a deadline is two look-ups, whatever lies in between.
"""

from __future__ import annotations

import functools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from citybrain.cases.time_units import DAY_S
from citybrain.city.work_calendar import Holiday

Ints = npt.NDArray[np.int64]
_EPOCH = date(1970, 1, 1).toordinal()


class Timetable(Protocol):
    """When work is done; `citybrain.city.work_calendar.WorkCalendar` is one."""

    @property
    def day_s(self) -> int:
        """The seconds of a working day."""
        ...

    def minutes_on(self, day: date) -> tuple[tuple[int, int], ...]:
        """Return from when until when on `day`, in minutes since midnight, in order."""
        ...

    def holiday(self, day: date) -> Holiday | None:
        """Return the holiday that `day` belongs to."""
        ...

    def is_published(self, year: int) -> bool:
        """Whether the free days of `year` are known."""
        ...


@dataclass(frozen=True)
class CountedAxis:
    """Stretches of whole seconds that count, in order, apart from each other.

    Attributes:
        starts, ends: of each stretch, seconds since 1970-01-01 UTC; the end is not part of it.
        before: seconds counted before it; more than the stretches before it are long where the
            city's clocks were put forward.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    before: Sequence[int]

    @property
    def total(self) -> int:
        """All that can be counted on it."""
        return self.before[-1] + self.ends[-1] - self.starts[-1] if self.starts else 0

    def count(self, at: int) -> int:
        """Return the seconds counted before the instant `at`."""
        place = bisect_right(self.starts, at) - 1
        if place < 0:
            return self.before[0] if self.before else 0
        return self.before[place] + min(at, self.ends[place]) - self.starts[place]

    def reach(self, counted: int) -> int:
        """Return the first instant at which `counted` seconds are, which `total` has to hold."""
        place = max(bisect_left(self.before, counted) - 1, 0)
        return min(self.starts[place] + counted - self.before[place], self.ends[place])

    def within(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield the stretches between two instants, from when until when."""
        place = max(bisect_right(self.starts, start) - 1, 0)
        while place < len(self.starts) and self.starts[place] < end:
            first, last = max(self.starts[place], start), min(self.ends[place], end)
            if first < last:
                yield first, last
            place += 1

    @functools.cached_property
    def columns(self) -> tuple[Ints, Ints, Ints]:
        """`starts`, `ends` and `before` as arrays."""
        starts, ends, before = (
            np.array(one, np.int64) for one in (self.starts, self.ends, self.before)
        )
        return starts, ends, before


def working_axis(
    timetable: Timetable, zone: ZoneInfo, first_year: int, last_year: int
) -> CountedAxis:
    """Return the axis of working time over some years, both included."""
    starts, ends = list[int](), list[int]()
    for begin, end, offset in _offsets(zone, first_year, last_year):
        for first, last in _open(timetable, begin + offset, end + offset):
            if ends and ends[-1] == first - offset:
                ends[-1] = last - offset  # offices that are open at midnight
            else:
                starts.append(first - offset)
                ends.append(last - offset)
    lengths = (end - start for start, end in zip(starts, ends, strict=True))
    return CountedAxis(starts, ends, list(accumulate(lengths, initial=0))[:-1])


def calendar_axis(zone: ZoneInfo, first_year: int, last_year: int) -> CountedAxis:
    """Return the axis of calendar days over some years: each counts a day, however long it is.

    It follows the city's clocks. An hour that they leave out is counted in the instant of the
    change, one that they show twice is counted once: a day later is at the same time of day.
    """
    starts, ends, before = list[int](), list[int](), list[int]()
    shown = -(2**62)
    for begin, end, offset in _offsets(zone, first_year, last_year):
        start = max(begin, shown - offset)
        if start < end:
            starts.append(start)
            ends.append(end)
            before.append(start + offset)
            shown = end + offset
    return CountedAxis(starts, ends, before)


def day_begin(zone: ZoneInfo, year: int, month: int = 1, day: int = 1) -> int:
    """Return the instant at which a day begins in `zone`, seconds since 1970-01-01 UTC."""
    return int(datetime(year, month, day, tzinfo=zone).timestamp())


def _open(timetable: Timetable, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield when work is done between two local times, as seconds that the city's clocks show."""
    for number in range(begin // DAY_S, -(-end // DAY_S)):
        midnight = number * DAY_S
        for opens, closes in timetable.minutes_on(date.fromordinal(number + _EPOCH)):
            first, last = max(midnight + opens * 60, begin), min(midnight + closes * 60, end)
            if first < last:
                yield first, last


def _offsets(zone: ZoneInfo, first_year: int, last_year: int) -> Iterator[tuple[int, int, int]]:
    """Yield from when until when the city's clocks are how many seconds ahead of UTC."""
    begin, end = day_begin(zone, first_year), day_begin(zone, last_year + 1)
    since, offset = begin, _offset(begin, zone)
    for day in range(begin, end, DAY_S):
        until = min(day + DAY_S, end)
        if (found := _offset(until, zone)) != offset:
            changed = _change(day, until, zone)
            yield since, changed, offset
            since, offset = changed, found
    yield since, end, offset


def _change(low: int, high: int, zone: ZoneInfo) -> int:
    """Return the instant in (`low`, `high`] at which the clocks of `zone` were changed."""
    before = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    return high


def _offset(at: int, zone: ZoneInfo) -> int:
    ahead = datetime.fromtimestamp(at, UTC).astimezone(zone).utcoffset()
    return round(ahead.total_seconds()) if ahead else 0
