"""How far a feed has come in event time, and whether its clock is right, as one process sees it."""

from __future__ import annotations

from collections import Counter
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from citybrain.city.records import Feed
from connectors.mapping.event_times import EventTimes
from connectors.mapping.noticed import LATE, WORDS, Noticed
from connectors.mapping.zone_watch import ZoneWatch

_SAMPLE = 256
"""Rows of a batch that its delay is taken from."""
_BEGINNING = -(2**62)


class FeedPace:
    """What is remembered of the batches of one feed; safe to use in several threads at once.

    Attributes:
        totals: word (`connectors.mapping.noticed.WORDS`) → rows so far.
        watch: whether the feed's times are off by a time zone.
    """

    def __init__(self, feed: Feed, city_zone: str) -> None:
        """Start with nothing seen of `feed`."""
        rule = feed.mapping["occurred_at"]
        self._lateness_ms = feed.lateness_s * 1000
        self._newest_ms = _BEGINNING
        self._lock = Lock()
        self.totals: Counter[str] = Counter(dict.fromkeys(WORDS, 0))
        self.watch = ZoneWatch(rule.zone or feed.time_zone, city_zone)

    def see(
        self, times: EventTimes, good: NDArray[np.bool_] | None, now_ms: int, noticed: Noticed
    ) -> str:
        """Take note of a batch; notice what is late, and return what is wrong with its clock.

        What came together in order is never late: how far the feed had come before decides.

        Args:
            times: of all rows.
            good: which rows are events; None: all.
            now_ms: the present instant.
            noticed: what was noticed of the rows; late ones are added.
        """
        kept = times.millis if good is None else times.millis[good]
        with self._lock:
            since = self._newest_ms - self._lateness_ms
            if len(kept):
                if int(kept.min()) < since:
                    late = times.millis < since
                    noticed.add(LATE, np.flatnonzero(late if good is None else late & good))
                self._newest_ms = max(self._newest_ms, min(int(kept.max()), now_ms))
            self.totals.update(noticed.counts())
            return self._clock(kept, times, now_ms)

    def _clock(self, kept: NDArray[np.int64], times: EventTimes, now_ms: int) -> str:
        watch = self.watch
        if len(times.ahead) * 2 > len(times.millis):
            lag = -int(np.median(times.ahead[:: len(times.ahead) // _SAMPLE + 1]))
        elif len(kept) and watch.is_due(now_ms):
            lag = now_ms - int(np.median(kept[:: len(kept) // _SAMPLE + 1]))
        else:
            return watch.words(now_ms, watch.shift_ms) if watch.shift_ms else ""
        if watch.is_due(now_ms):
            watch.see(now_ms, lag)
        shift = watch.shift_ms or watch.suspect(now_ms, lag)
        return watch.words(now_ms, shift) if shift else ""
