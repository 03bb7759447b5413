"""How far in event time each feed has come, and which feeds nobody needs to wait for.

The watermark of a feed is the newest `occurred_at` that it sent, never ahead of `received_at`: a
clock that runs ahead must not close windows. A feed that was silent for three of its cadences is
idle: it holds nobody back until it speaks again. Nobody ever waits for an irregular feed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from citybrain.city.records import Feed

IDLE_CADENCES = 3
DEFAULT_CADENCE_MS = 60_000
DEFAULT_LATENESS_MS = 600_000
_SCHEMA = {
    "feed": pl.Categorical,
    "watermark": pl.Int64,
    "horizon": pl.Int64,
    "idle": pl.Boolean,
    "gone": pl.Boolean,
}


@dataclass(frozen=True)
class Timing:
    """What a feed promises: an event each `cadence_ms`, at most `lateness_ms` out of order.

    A cadence of 0 is none: the feed is irregular, and may be quiet for any time.
    """

    cadence_ms: int = DEFAULT_CADENCE_MS
    lateness_ms: int = DEFAULT_LATENESS_MS

    @property
    def irregular(self) -> bool:
        """Whether it promises no cadence."""
        return not self.cadence_ms


def timing_of(feed: Feed) -> Timing:
    """Return what `feed` promises."""
    return Timing(0 if feed.irregular else feed.cadence_s * 1000, feed.lateness_s * 1000)


@dataclass
class FeedMark:
    """How far one feed has come.

    Attributes:
        timing: what the feed promises.
        watermark_ms: newest `occurred_at`, at most its `received_at`; None before any event.
        seen_ms: when the door last received anything of it that was not refused; None: never.
    """

    timing: Timing
    watermark_ms: int | None = None
    seen_ms: int | None = None

    def advance(self, newest_ms: int | None, received_ms: int) -> None:
        """Take note of an envelope; neither mark ever goes back."""
        self.seen_ms = max(received_ms, self.seen_ms or received_ms)
        if newest_ms is not None:
            self.watermark_ms = max(newest_ms, self.watermark_ms or newest_ms)

    def horizon_ms(self) -> int | None:
        """Return the instant at or before which an event of this feed is beyond its lateness."""
        if self.watermark_ms is None:
            return None
        return self.watermark_ms - self.timing.lateness_ms

    def row(self, feed: str, reached_ms: int) -> tuple[str, int | None, int | None, bool, bool]:
        """Return the mark as a row of `Watermarks.table`."""
        horizon, gone = self.horizon_ms(), self.gone(reached_ms)
        if horizon is not None and gone:
            horizon = max(horizon, reached_ms - self.timing.lateness_ms)
        return feed, self.watermark_ms, horizon, self.idle(reached_ms), gone

    def quiet_ms(self, reached_ms: int) -> int | None:
        """Return for how long nothing came, the flow being read up to `reached_ms`."""
        return None if self.seen_ms is None else reached_ms - self.seen_ms

    def idle(self, reached_ms: int) -> bool:
        """Whether nothing came for three cadences, or ever."""
        quiet = self.quiet_ms(reached_ms)
        return quiet is None or quiet > IDLE_CADENCES * self.timing.cadence_ms

    def gone(self, reached_ms: int) -> bool:
        """Whether it is idle for so long that even its allowed lateness is over."""
        quiet = self.quiet_ms(reached_ms)
        limit = IDLE_CADENCES * self.timing.cadence_ms + self.timing.lateness_ms
        return quiet is None or quiet > limit


class Watermarks:
    """The marks of all feeds of one owner, by feed id."""

    def __init__(self, timings: dict[str, Timing]) -> None:
        """Know the feeds of `timings`; others are taken in, with usual timing, when they come."""
        self.marks = {feed: FeedMark(timing) for feed, timing in timings.items()}

    def mark(self, feed: str) -> FeedMark:
        """Return the mark of `feed`."""
        return self.marks.setdefault(feed, FeedMark(Timing()))

    def table(self, reached: Callable[[str], int]) -> pl.DataFrame:
        """Return the marks of the feeds that sent events, the flow of each read up to `reached`.

        The horizon of a feed that is gone moves on with the time instead of its events.
        """
        rows = [
            mark.row(feed, reached(feed))
            for feed, mark in self.marks.items()
            if mark.watermark_ms is not None
        ]
        return pl.DataFrame(rows, schema=_SCHEMA, orient="row")
