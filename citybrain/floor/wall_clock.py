"""The clock on a city's wall: instants as local milliseconds and back, whole columns at once.

Local milliseconds count as if every day had 24 hours: midnights are multiples of 86,400,000 of
them, also where a day of the city has 23 or 25 hours.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

DAY_MS = 86_400_000
"""A day on the wall's clock; of instants only where no clock is ever changed."""
_FIRST_S, _LAST_S, _WEEK_S = 946_684_800, 4_102_444_800, 7 * 86_400
Millis = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class WallClock:
    """The clock of one time zone, from the year 2000 until 2100; its changes are all known.

    Attributes:
        changes: instants at which clocks are put forward or back, ms since 1970 UTC.
        offsets: how far they are ahead of UTC before the first change, and after each, ms.
        shown: what clocks show just after each change, local ms.
    """

    changes: Millis
    offsets: Millis
    shown: Millis

    @property
    def steady(self) -> bool:
        """Whether no clock is ever changed."""
        return not len(self.changes)

    @property
    def usual_ms(self) -> int:
        """How far the clock is ahead of UTC, ms; where it is changed, in the last of winters."""
        return int(self.offsets[-2:].min())

    def local(self, at_ms: Millis) -> Millis:
        """Return what the clock shows at instants."""
        if self.steady:
            return at_ms + self.usual_ms
        part = np.searchsorted(self.changes, at_ms, side="right")
        return np.asarray(at_ms + self.offsets[part])

    def instant(self, local_ms: Millis) -> Millis:
        """Return when the clock shows `local_ms` for the last time.

        A time that clocks leave out is the instant at which they do. So the result never sinks
        where `local_ms` rises.
        """
        if self.steady:
            return local_ms - self.usual_ms
        part = np.searchsorted(self.shown, local_ms, side="right")
        ends = np.append(self.changes, np.iinfo(np.int64).max)
        return np.asarray(np.minimum(local_ms - self.offsets[part], ends[part]))

    def passed(self, at_ms: int) -> int:
        """Return up to which local ms the clock has passed and will not show again."""
        if self.steady:
            return at_ms + self.usual_ms
        part = int(np.searchsorted(self.changes, at_ms, side="right"))
        again = int(self.shown[part]) if part < len(self.shown) else np.iinfo(np.int64).max
        return min(at_ms + int(self.offsets[part]), int(again))


@functools.cache
def wall_clock(zone: str) -> WallClock:
    """Return the clock of the zone with an IANA name.

    Raises:
        ZoneInfoNotFoundError: there is no such zone.
    """
    info = ZoneInfo(zone)
    changes: list[int] = []
    offsets = [_offset_s(info, _FIRST_S)]
    for begin in range(_FIRST_S, _LAST_S, _WEEK_S):
        end = begin + _WEEK_S
        if _offset_s(info, end) != offsets[-1]:
            changes.append(_change_s(info, begin, end))
            offsets.append(_offset_s(info, end))
    at = np.array(changes, np.int64) * 1000
    ahead = np.array(offsets, np.int64) * 1000
    return WallClock(at, ahead, at + ahead[1:])


def _change_s(info: ZoneInfo, begin: int, end: int) -> int:
    """Return the second at which the offset of `begin` is over; there is one change until `end`."""
    before = _offset_s(info, begin)
    while end - begin > 1:
        middle = (begin + end) // 2
        if _offset_s(info, middle) == before:
            begin = middle
        else:
            end = middle
    return end


def _offset_s(info: ZoneInfo, at_s: int) -> int:
    offset = datetime.fromtimestamp(at_s, UTC).astimezone(info).utcoffset()
    return round(offset.total_seconds()) if offset else 0
