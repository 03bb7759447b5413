"""Fetch one feed: poll, map, send, and tell the fetcher what Kafka acknowledged."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from citybrain.city.records import City, Feed
from citybrain.floor.clock import Clock, monotonic
from citybrain.floor.errors import CityBrainError
from citybrain.floor.events import Envelope
from citybrain.floor.settings import Settings
from connectors.envelope_cutter import cut
from connectors.fetch.checkpoint import Checkpoints
from connectors.fetch.source import IN_FLIGHT, FetchContext, Fetcher, RawParcel, SourceKind
from connectors.fetch.translation import Translation
from connectors.mapping.feed_pace import FeedPace
from connectors.publisher import ACK_WAIT_S, Publisher, Shipment, in_parts, joined

log = structlog.get_logger(__name__)
BACK_OFF_S = (1.0, 60.0)
HELD_WAIT_S = 0.25
STEADY_S = 30.0
"""A fetcher that worked for so long starts again with the shortest back-off."""


@dataclass(frozen=True)
class FetchState:
    """How a fetching feed is; for metrics.

    Attributes:
        feed: its id.
        source: its kind of source.
        state: ``starting``, ``running``, ``held`` (back-pressure) or ``down``.
        problem: why it is down, "" otherwise.
        envelopes, events, rejected: acknowledged since this process started.
        known: rows that had been delivered before, just the same.
        outdated: rows of which a newer version had been delivered before.
        outages: how often it went down.
    """

    feed: str
    source: str
    state: str = "starting"
    problem: str = ""
    envelopes: int = 0
    events: int = 0
    rejected: int = 0
    known: int = 0
    outdated: int = 0
    outages: int = 0


@dataclass(frozen=True)
class FetchSurroundings:
    """What a feed works with, and most of it shares with the others of its process.

    Attributes:
        city: the city's configuration.
        settings: this process's settings.
        publisher: the way to Kafka.
        held: says why nothing may be taken in now, "" if it may; the door asks the same.
        clock: tells the time.
        stop: set when the feed is to end.
    """

    city: City
    settings: Settings
    publisher: Publisher
    held: Callable[[], str]
    clock: Clock
    stop: threading.Event


@dataclass(frozen=True)
class _UnderWay:
    parcel: RawParcel
    shipment: Shipment
    envelope: Envelope


class Fetching:
    """One feed's work; `run` is the body of its thread."""

    def __init__(self, feed: Feed, source: SourceKind, around: FetchSurroundings) -> None:
        """Prepare to fetch `feed` from a `source` that is not passive."""
        self._feed, self._source, self._around = feed, source, around
        self._translation = Translation(feed, around.city)
        self._under_way: deque[_UnderWay] = deque()
        self.state = FetchState(feed.id, feed.source)
        self._opened_at = 0.0

    @property
    def feed(self) -> Feed:
        """The feed, in the version that is fetched."""
        return self._feed

    def end(self) -> None:
        """Ask it to end; what is under way is seen to Kafka."""
        self._around.stop.set()

    def take_over(self, before: Fetching) -> None:
        """Count on from what the version of the feed before this one counted."""
        self.pace.take_over(before.pace)
        self.state = replace(before.state, source=self._feed.source, state="starting", problem="")

    @property
    def pace(self) -> FeedPace:
        """What is remembered of the feed."""
        return self._translation.pace

    def run(self) -> None:
        """Fetch until it is to end; opens the source again after every outage."""
        pause, longest = BACK_OFF_S
        while not self._around.stop.is_set():
            self._opened_at = monotonic()
            try:
                self._session()
            except CityBrainError as error:
                self._down(str(error))
            except BaseException as error:  # a panic of native code is one; no signals come here
                self._down(repr(error), unforeseen=True)
            if monotonic() - self._opened_at > STEADY_S:
                pause = BACK_OFF_S[0]
            self._around.stop.wait(pause)
            pause = min(pause * 2, longest)

    def _session(self) -> None:
        """Open the source, and work until the end or an error."""
        fetcher = self._open()
        try:
            while not self._around.stop.is_set():
                self._round(fetcher)
            self._confirm(fetcher, everything=True)
        finally:
            self._settle(ACK_WAIT_S)
            self._under_way.clear()
            fetcher.close()

    def _open(self) -> Fetcher:
        around, feed = self._around, self._feed
        context = FetchContext(
            settings=around.settings,
            checkpoints=Checkpoints(around.settings.data / "checkpoints" / feed.id),
            landed=lambda behind: around.publisher.landed(feed.id, behind),
            end=lambda: around.publisher.end(feed.id),
        )
        if self._source.open is None:
            raise TypeError(f"{feed.id}: source {feed.source!r} is passive")
        return self._source.open(feed, context)

    def _round(self, fetcher: Fetcher) -> None:
        """Poll once, unless Kafka must catch up first."""
        self._confirm(fetcher)
        if reason := self._around.held():
            if self.state.state != "down":
                self._note(state="held", problem=reason)
            self._around.stop.wait(HELD_WAIT_S)
            return
        now = self._around.clock.now()
        parcel = fetcher.poll(now)
        self._up()
        self._translation.say(now)
        if parcel is not None:
            self._send(parcel, now)
        elif self._under_way:
            self._confirm(fetcher, everything=True)
        else:
            wait = (fetcher.next_at(now) - self._around.clock.now()).total_seconds()
            if wait > 0:
                self._around.stop.wait(wait)

    def _send(self, parcel: RawParcel, now: datetime) -> None:
        envelope, letters = self._translation.translate(parcel, now)
        if letters:  # first, for certain: an envelope that landed is never read again
            self._around.publisher.send_letters(letters).receipt()
        shipment = self._ship(envelope)
        self._under_way.append(_UnderWay(parcel, shipment, envelope))

    def _ship(self, envelope: Envelope) -> Shipment:
        """Send `envelope`; where rows gave further events it may be too large, and goes in parts.

        The last part alone bears its plain label, and stands for all: those before it that arrived
        without it are known when they come again.
        """
        publisher = self._around.publisher
        if not self._feed.also:
            return publisher.send(envelope, [])
        parts = in_parts(envelope, cut(envelope.table))
        return joined([publisher.send(part, []) for part in parts])

    def _confirm(self, fetcher: Fetcher, *, everything: bool = False) -> None:
        """Tell the fetcher what arrived; wait where too much is under way, or for `everything`."""
        while self._under_way:
            first = self._under_way[0]
            full = len(self._under_way) >= IN_FLIGHT
            if not (full or everything or first.shipment.arrived()):
                return
            receipt = first.shipment.receipt()
            self._under_way.popleft()
            fetcher.delivered(first.parcel, receipt)
            self._count(first)

    def _settle(self, timeout_s: float) -> bool:
        """Wait until Kafka answered for all that is under way; say whether it did."""
        end = monotonic() + timeout_s
        return all(item.shipment.answered(end - monotonic()) for item in list(self._under_way))

    def _count(self, item: _UnderWay) -> None:
        known, outdated = item.shipment.known, item.shipment.outdated
        self._note(
            envelopes=self.state.envelopes + 1,
            events=self.state.events + item.envelope.table.num_rows - known - outdated,
            rejected=self.state.rejected + item.envelope.rejected,
            known=self.state.known + known,
            outdated=self.state.outdated + outdated,
        )

    def _up(self) -> None:
        if self.state.state == "down":
            log.info("source_recovered", feed=self._feed.id, source=self._feed.source)
        if self.state.state != "running":
            self._note(state="running", problem="")

    def _down(self, problem: str, *, unforeseen: bool = False) -> None:
        if self.state.state != "down":
            log.warning(
                "source_down",
                feed=self._feed.id,
                source=self._feed.source,
                problem=problem,
                exc_info=unforeseen,
            )
            self._note(state="down", problem=problem, outages=self.state.outages + 1)

    def _note(self, **changes: str | int) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]
