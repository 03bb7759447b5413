"""How far a feed has come in event time, and whether its clock is right, as one process sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citybrain.city.records import Feed
from citybrain.floor.zone_watch import ZoneWatch
from connectors.mapping.column_fill import ColumnFill, FieldDays
from connectors.mapping.event_times import EventTimes
from connectors.mapping.local_times import Millis
from connectors.mapping.noticed import LATE, WORDS, Noticed, Rows
from connectors.mapping.raw_shape import uses_of

_SAMPLE = 256
"""Rows of a batch that its delay is taken from."""
_BEGINNING = -(2**62)


class FeedPace:
    """What is remembered of the batches of one feed; safe to use in several threads at once.

    Attributes:
        feed: the feed.
        totals: word (`connectors.mapping.noticed.WORDS`) → rows so far.
        watch: whether the feed's times are off by a time zone.
        fill: how often the fields that its mapping reads are there.
    """

    def __init__(self, feed: Feed, city_zone: str) -> None:
        """Start with nothing seen of `feed`."""
        rule = feed.mapping["occurred_at"]
        self.feed = feed
        self._lateness_ms = feed.lateness_s * 1000
        self._newest_ms = _BEGINNING
        self._lock = Lock()
        self.totals: Counter[str] = Counter(dict.fromkeys(WORDS, 0))
        self.watch = ZoneWatch((rule.zone or feed.time_zone, city_zone))
        self.fill = ColumnFill(uses_of(feed))

    def take_over(self, before: FeedPace) -> None:
        """Go on with what was remembered under the version of the feed before this one."""
        self.recall_fields(before.known_fields())
        with before._lock, self._lock:
            self.totals, self._newest_ms = before.totals, before._newest_ms
            if self.watch.zones == before.watch.zones:
                self.watch = before.watch

    def see(
        self,
        times: EventTimes,
        good: NDArray[np.bool_] | None,
        now_ms: int,
        noticed: Noticed,
        further: Sequence[tuple[Rows, Millis]] = (),
    ) -> tuple[str, ...]:
        """Take note of a batch; notice what is late, and return what is wrong with its clock.

        What came together in order is never late: how far the feed had come before decides.

        Args:
            times: of all rows.
            good: which rows are events; None: all.
            now_ms: the present instant.
            noticed: what was noticed of the rows; late ones are added.
            further: of good further events their rows and times.
        """
        kept = times.millis if good is None else times.millis[good]
        with self._lock:
            since = self._newest_ms - self._lateness_ms
            if len(kept):
                if int(kept.min()) < since:
                    late = times.millis < since
                    noticed.add(LATE, np.flatnonzero(late if good is None else late & good))
                self._newest_ms = max(self._newest_ms, min(int(kept.max()), now_ms))
            for rows, millis in further:
                if len(rows):
                    noticed.add(LATE, rows[millis < since])
                    self._newest_ms = max(self._newest_ms, min(int(millis.max()), now_ms))
            self.totals.update(noticed.counts())
            return self._clock(kept, times, now_ms)

    def drift(
        self, pick: Callable[[str], pa.Array | None], rows: int, now_ms: int
    ) -> dict[str, str]:
        """Look at the raw fields of a batch; return what is to be said of those that ended."""
        with self._lock:
            self.fill.see(pick, rows, now_ms)
        return self.ended_fields()

    def ended_fields(self) -> dict[str, str]:
        """Return what is to be said of the fields that were there, and are not any more."""
        with self._lock:
            return {path: self.fill.words(path) for path in self.fill.ended()}

    def known_fields(self) -> bytes:
        """Return what is known of the fields, for a later process."""
        with self._lock:
            return msgspec.json.encode(self.fill.fields)

    def recall_fields(self, known: bytes) -> None:
        """Take over what an earlier process knew of the fields.

        Raises:
            msgspec.MsgspecError: it is none of that.
        """
        with self._lock:
            self.fill.recall(msgspec.json.decode(known, type=dict[str, FieldDays]))

    def _clock(self, kept: NDArray[np.int64], times: EventTimes, now_ms: int) -> tuple[str, ...]:
        watch, lag = self.watch, None
        if len(times.ahead) * 2 > len(times.millis):
            lag = -int(np.median(times.ahead[:: len(times.ahead) // _SAMPLE + 1]))
        elif len(kept) and watch.is_due(now_ms):
            lag = now_ms - int(np.median(kept[:: len(kept) // _SAMPLE + 1]))
        shift = watch.shift_ms
        if lag is not None:
            if watch.is_due(now_ms):
                watch.see(now_ms, lag)
            shift = watch.shift_ms or watch.suspect(now_ms, lag)
        return (watch.words(now_ms, shift),) if shift else ()
