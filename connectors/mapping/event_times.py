"""When events occurred: what cannot be true, what is older than it would be kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from citybrain.city.event_retention import Retention
from citybrain.city.records import Feed
from citybrain.floor.wall_clock import DAY_MS
from connectors.mapping.distinct_words import DistinctWords
from connectors.mapping.fields import Fields
from connectors.mapping.local_times import UNKNOWN, Millis, explain_time, read_times
from connectors.mapping.noticed import EXPIRED, Noticed, Rows
from connectors.mapping.texts import filled, quote

AHEAD_MS = 5 * 60_000
"""How far a department's clock may be ahead of ours."""
EARLIEST_MS = 946_684_800_000
"""2000-01-01 UTC: what is older is a broken clock."""
SKIP = "skip"
_NONE: Rows = np.empty(0, np.int64)


@dataclass
class EventTimes:
    """The times of a batch.

    Attributes:
        millis: UTC; 0 in rows at fault.
        skipped: rows that are too old to be kept, of a feed that skips those.
        ahead: of rows that were refused as of the future, how many milliseconds.
    """

    millis: Millis
    skipped: Rows
    ahead: Millis


@dataclass(frozen=True)
class TimeReader:
    """Reads and judges the times of one feed.

    Attributes:
        feed: the feed.
        retention: how long its events are kept.
    """

    feed: Feed
    retention: Retention

    def read(
        self, fields: Fields, kind: DistinctWords, now_ms: int, noticed: Noticed
    ) -> EventTimes:
        """Return the times of all rows, also those at fault."""
        rule = self.feed.mapping["occurred_at"]
        plain = not rule.values and rule.default is None
        raw = fields.raw("occurred_at") if plain else fields.text("occurred_at")
        times = read_times(raw, rule.format, rule.zone or self.feed.time_zone)
        if not len(times):
            return EventTimes(times, _NONE, _NONE)
        limit, days = self._limit(kind, now_ms)
        since = max(EARLIEST_MS, int(np.max(limit)))
        if int(times.min()) >= since and int(times.max()) <= now_ms + AHEAD_MS:
            return EventTimes(times, _NONE, _NONE)
        told = _Told(filled(raw), times, now_ms, rule.format, rule.zone or self.feed.time_zone)
        future = times > now_ms + AHEAD_MS
        false = (times < EARLIEST_MS) | future
        fields.faults.add(
            "occurred_at",
            np.flatnonzero(false),
            lambda row: told.why(row) or fields.missing("occurred_at"),
        )
        old = np.flatnonzero((times < limit) & ~false)
        noticed.add(EXPIRED, old)
        skips = self.feed.expired == SKIP
        if not skips:
            fields.faults.add("occurred_at", old, lambda row: told.too_old(row, days(row)))
        return EventTimes(
            np.where(false, 0, times), old if skips else _NONE, times[future] - now_ms
        )

    def _limit(
        self, kind: DistinctWords, now_ms: int
    ) -> tuple[Millis | int, Callable[[int], int | None]]:
        """Return before which instant a row is too old (one for all, or a row each), and why."""
        kept = [self.retention.of(self.feed.id, word) for word in kind.words]
        since = [EARLIEST_MS if days is None else now_ms - days * DAY_MS for days in kept]
        if len(set(since)) == 1:
            return since[0], lambda _: kept[0]
        return np.array(since)[kind.codes], lambda row: kept[int(kind.codes[row])]


@dataclass(frozen=True)
class _Told:
    """What was sent as times, and what became of it: for reasons."""

    text: pa.Array
    times: Millis
    now_ms: int
    form: str
    zone: str

    def why(self, row: int) -> str:
        """Return why a time cannot be true, "" where there is none."""
        told = self.text[row].as_py()
        if not told.strip():
            return ""
        if self.times[row] == UNKNOWN:
            return explain_time(told, self.form, self.zone)
        if self.times[row] > self.now_ms:
            return f"{quote(told)} is more than 5 minutes in the future"
        return f"{quote(told)} is before the year 2000"

    def too_old(self, row: int, days: int | None) -> str:
        """Return why what happened then is not kept."""
        return (
            f"{quote(self.text[row].as_py())} is older than the {days} days that such events are "
            "kept; to keep them, raise retention_days first"
        )
