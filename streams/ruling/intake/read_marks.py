"""How far the flow has come, for every feed and from there for every rule of a shard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from citybrain.city.records import Feed
from citybrain.floor.topics import partition_of
from streams.ruling.condition import RuleTime
from streams.ruling.intake.inputs import ExcerptHeader, Pulse
from streams.runtime.watermarks import FeedMark, Timing, timing_of

MOST_AHEAD_MS = 600_000
"""Events further in the future than this are a wrong clock and no rule looks at them. Less than the
spare buckets of any ring: one such event must not push out what a rule knows."""


class ReadMarks:
    """The marks of the feeds that a shard hears of, and the pulse.

    Attributes:
        now_ms: instant of the last pulse.
        marks: feed → how far it has come.
    """

    def __init__(self, feeds: Iterable[Feed], partitions: int) -> None:
        """Know `feeds`; nothing has been heard of any.

        Args:
            feeds: the city's feeds.
            partitions: how many partitions `city.events` has.
        """
        self.now_ms = 0
        self._partitions = partitions
        self._reached: dict[int, int] = {}
        self._spots: dict[str, int] = {}
        self._times: dict[tuple[str, ...], RuleTime] = {}
        self.marks = {feed.id: FeedMark(timing_of(feed)) for feed in feeds}

    def note(self, header: ExcerptHeader) -> tuple[int, int]:
        """Take note of an envelope; return between which instants its events count.

        The mark before the envelope decides: what came together in order is never late.
        """
        self._times.clear()
        self.now_ms = max(self.now_ms, header.received_ms)
        mark = self.mark(header.feed)
        horizon = mark.horizon_ms()
        if header.accepted or not header.rejected:  # refused rows alone are no sign of life
            mark.advance(header.newest_ms, header.received_ms)
        oldest = -(2**62) if horizon is None else horizon
        return oldest, header.received_ms + MOST_AHEAD_MS

    def beat(self, pulse: Pulse) -> None:
        """Take note of a pulse; time never goes back."""
        self._times.clear()
        self.now_ms = max(self.now_ms, pulse.at_ms)
        for partition, reached in pulse.reached.items():
            known = self._reached.get(int(partition), 0)
            self._reached[int(partition)] = max(known, reached)

    def mark(self, feed: str) -> FeedMark:
        """Return the mark of a feed, a new one with the usual timing where it is not known."""
        return self.marks.setdefault(feed, FeedMark(Timing()))

    def reached(self, feed: str) -> int:
        """Return the instant up to which the flow of `feed` has been read."""
        partition = self._spots.get(feed)
        if partition is None:
            partition = self._spots[feed] = partition_of(feed, self._partitions)
        return self._reached.get(partition, 0)

    def time(self, feeds: tuple[str, ...]) -> RuleTime:
        """Return how far the flow has come for a rule whose kinds these feeds carry.

        A feed is never waited for longer than its allowed lateness, however rarely it speaks.
        """
        time = self._times.get(feeds)  # many rules look at the same feeds
        if time is None:
            time = self._times[feeds] = self._time(feeds)
        return time

    def _time(self, feeds: tuple[str, ...]) -> RuleTime:
        watermarks, horizons, reached = [], [], []
        for feed in feeds:
            mark, read = self.mark(feed), self.reached(feed)
            reached.append(read)
            if not mark.idle(read) and mark.watermark_ms is not None:
                watermarks.append(max(mark.watermark_ms, read - mark.timing.lateness_ms))
            if not mark.gone(read) and (horizon := mark.horizon_ms()) is not None:
                # A feed that seldom speaks must not keep everything undecided till it does.
                horizons.append(max(horizon, read - 2 * mark.timing.lateness_ms))
        now = min(reached, default=self.now_ms)
        lateness = max((self.mark(feed).timing.lateness_ms for feed in feeds), default=0)
        watermark = min(watermarks, default=now)
        return RuleTime(now, watermark, min(horizons, default=now - lateness))

    def pack(self) -> dict[str, object]:
        """Return all that is known as plain values."""
        marks = {feed: [mark.watermark_ms, mark.seen_ms] for feed, mark in self.marks.items()}
        reached = {str(partition): at for partition, at in self._reached.items()}
        return {"now_ms": self.now_ms, "reached": reached, "marks": marks}

    def unpack(self, state: Mapping[str, object]) -> None:
        """Take over what `pack` returned; timing stays as configured."""
        self.beat(Pulse(state["now_ms"], state["reached"]))  # type: ignore[arg-type]
        for feed, (watermark, seen) in state["marks"].items():  # type: ignore[attr-defined]
            mark = self.mark(feed)
            mark.watermark_ms, mark.seen_ms = watermark, seen
