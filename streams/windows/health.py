"""How each feed is: seen when, how much, how late; told every second, also of feeds never seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import polars as pl
import pyarrow as pa

from citybrain.floor.results import HEALTH_SCHEMA
from citybrain.floor.zone_watch import ZoneWatch
from streams.runtime.watermarks import FeedMark
from streams.windows.partials import PartialHeader

RATE_S = 60
_OLDEST = pl.CompatLevel.oldest()
_KINDS = {
    "timestamp[ms, tz=UTC]": pl.Int64,
    "int64": pl.Int64,
    "uint64": pl.UInt64,
    "double": pl.Float64,
}
_COLUMNS = {item.name: _KINDS.get(str(item.type), pl.String) for item in HEALTH_SCHEMA}


@dataclass
class FeedHealth:
    """What is counted of one feed since its state began.

    Attributes:
        feed: id of the feed.
        department: id of its department.
        origin: origin of its newest events.
        accepted: events that came.
        rejected: rows that became dead letters.
        late: events that no window took any more.
        lag_ms: received minus occurred of the newest event; None before any.
        behind: records behind its newest envelope, when that was read.
        clock: whether its times are off by its time zone.
        seconds: second of receipt → events, of the last minute.
    """

    feed: str
    department: str
    origin: str = ""
    accepted: int = 0
    rejected: int = 0
    late: int = 0
    lag_ms: int | None = None
    behind: int = 0
    seconds: dict[int, int] = field(default_factory=dict)
    clock: ZoneWatch = field(default_factory=ZoneWatch)

    def count(self, header: PartialHeader) -> None:
        """Take note of one envelope."""
        self.accepted += header.accepted
        self.rejected += header.rejected
        self.behind = header.behind
        if header.newest_ms is not None:
            self.origin = header.origin
            self.lag_ms = header.received_ms - header.newest_ms
            if self.clock.is_due(header.received_ms):
                self.clock.see(header.received_ms, self.lag_ms)
            second = header.received_ms // 1000
            self.seconds[second] = self.seconds.get(second, 0) + header.accepted
            self._trim(max(self.seconds))

    def rate(self, now_ms: int) -> float:
        """Return events/s that the door received in the last minute."""
        second = now_ms // 1000
        self._trim(second)
        return sum(count for at, count in self.seconds.items() if at <= second) / RATE_S

    def _trim(self, second: int) -> None:
        if self.seconds and min(self.seconds) <= second - RATE_S:
            kept = {at: count for at, count in self.seconds.items() if at > second - RATE_S}
            self.seconds = kept


def feed_state(health: FeedHealth, mark: FeedMark, reached_ms: int) -> str:
    """Return the state of a feed (see `HEALTH_SCHEMA`), its flow being read up to `reached_ms`."""
    if mark.seen_ms is None:
        return "never"
    if mark.timing.irregular:
        return "irregular"
    if mark.idle(reached_ms):
        return "silent"
    if health.lag_ms is not None and health.lag_ms > mark.timing.lateness_ms:
        return "late"
    return "live"


def health_table(
    feeds: Iterable[tuple[FeedHealth, FeedMark]],
    now_ms: int,
    *,
    reached: Callable[[str], int],
    backlog: Callable[[str], int],
) -> pa.Table:
    """Return the health of `feeds` at `now_ms`, as `HEALTH_SCHEMA`.

    Args:
        feeds: what was counted of each feed, and how far it came.
        now_ms: the present instant.
        reached: feed → instant up to which its flow was read.
        backlog: feed → records of its partition that were not read yet.
    """
    rows = [
        {
            "at": now_ms,
            "feed": health.feed,
            "department": health.department,
            "state": feed_state(health, mark, reached(health.feed)),
            "watermark": mark.watermark_ms,
            "last_seen_at": mark.seen_ms,
            "rate": health.rate(now_ms),
            "accepted": health.accepted,
            "rejected": health.rejected,
            "late": health.late,
            "event_lag_ms": health.lag_ms,
            "backlog": backlog(health.feed),
            "origin": health.origin,
            "clock_shift_ms": health.clock.shift_ms or None,
        }
        for health, mark in feeds
    ]
    return pl.DataFrame(rows, schema=_COLUMNS).to_arrow(compat_level=_OLDEST).cast(HEALTH_SCHEMA)
