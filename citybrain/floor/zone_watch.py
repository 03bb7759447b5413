"""A department whose times are wrong by the offset of a time zone: the commonest wrong clock.

Local time that is marked as UTC comes eight hours ahead (here) and is refused; UTC that is read as
local time comes eight hours late and would be believed. A delay alone proves nothing: backfills,
daily figures and systems that were away are late too. What tells them apart is that the delay
*stays*: the same eight hours, for `STEADY_MS`, while events go on coming more often than a quarter
of it. A backfill's delay shrinks, the delay of a figure of the day or the hour saws.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

EARLY_MS, DELAY_MS = 2 * 60_000, 20 * 60_000
"""How far off a whole offset still counts: a clock a little ahead, a way that takes its time."""
STEADY_MS = 3_600_000
SIGHTINGS = 3
LOOK_MS = 60_000
"""How often it is looked."""


@dataclass
class ZoneWatch:
    """Watches the delay of one feed.

    Attributes:
        zones: zones (IANA) that its times may be of; the first that is not UTC counts.
        shift_ms: milliseconds by which its times are wrong (negative: in the past), as far as
            known; 0: they are not.
        is_right: whether the last look showed that they are right.
        sign: whether it was last near the offset late (1), ahead (-1) or not (0).
        seen: how often it was seen so, one after the other.
        since_ms: when that was first.
        last_ms: when it was last looked at.
    """

    zones: tuple[str, ...] = ()
    shift_ms: int = 0
    is_right: bool = False
    sign: int = 0
    seen: int = 0
    since_ms: int = 0
    last_ms: int = 0

    def is_due(self, now_ms: int) -> bool:
        """Say whether it is time to look again."""
        return now_ms - self.last_ms >= LOOK_MS

    def see(self, now_ms: int, lag_ms: int) -> None:
        """Take note of how late the events of a batch came in the middle; negative: ahead."""
        offset = self._offset(now_ms)
        sign = (lag_ms > 0) - (lag_ms < 0)
        near = bool(offset and sign) and -EARLY_MS <= lag_ms - sign * offset <= DELAY_MS
        if not near or sign != self.sign or now_ms - self.last_ms > offset // 4:
            self.sign, self.seen, self.since_ms = (sign if near else 0), 0, now_ms
        self.last_ms = now_ms
        self.seen += bool(near)
        steady = sign < 0 or now_ms - self.since_ms >= STEADY_MS
        told = near and self.seen >= SIGHTINGS and steady
        self.shift_ms = -sign * offset if told else 0
        self.is_right = not near

    def suspect(self, now_ms: int, lag_ms: int) -> int:
        """Return the shift that a batch alone shows, 0 for none: only what lies ahead can."""
        offset = self._offset(now_ms)
        return offset if -EARLY_MS <= lag_ms + offset <= DELAY_MS else 0

    def words(self, now_ms: int, shift_ms: int) -> str:
        """Return what is wrong with times that are off by `shift_ms`, and what to do."""
        hours, zone = f"{abs(shift_ms) / 3_600_000:g} hours", self._zone(now_ms).key
        if shift_ms > 0:
            return (
                f"the times are {hours} ahead, the offset of {zone}: local time is marked as UTC; "
                f"send the offset with the times, or none and set time_zone: {zone}"
            )
        return (
            f"the events come {hours} late all the time, the offset of {zone}: UTC is read as "
            "local time; send Z with the times, or set mapping.occurred_at.zone: UTC"
        )

    def _offset(self, now_ms: int) -> int:
        """Return the milliseconds that the feed's zone is off UTC, without a sign."""
        return _off(self._zone(now_ms), now_ms)

    def _zone(self, now_ms: int) -> ZoneInfo:
        """Return the first zone that is not UTC."""
        zones = [ZoneInfo(zone) for zone in self.zones or ("UTC",)]
        return next((zone for zone in zones if _off(zone, now_ms)), zones[0])


def _off(zone: ZoneInfo, now_ms: int) -> int:
    there = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone).utcoffset()
    return abs(round(there.total_seconds() * 1000)) if there else 0
