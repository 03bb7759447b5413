"""What is known of all feeds whose records may come again, and where they lie on Kafka."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa
import structlog

from citybrain.city.records import Feed
from citybrain.floor import bus
from citybrain.floor.errors import BusError, EnvelopeError
from citybrain.floor.event_columns import UPDATED_AT
from citybrain.floor.events import decode, label
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS, partition_of
from connectors.resends.feed_memory import Behind, FeedMemory
from connectors.resends.kept_ids import Place
from connectors.resends.known_ids import KnownIds
from connectors.versions.known_versions import KnownVersions

log = structlog.get_logger(__name__)
ADVANCE_S = 60.0
"""So often it is noted how far the log is; after a kill no more than that has to be read."""


def known_folder(data: Path) -> Path:
    """Return where the gateways of a data folder keep what is known."""
    return data / "gateway" / "known"


@dataclass(frozen=True)
class EventsTopic:
    """The envelopes on `city.events`. Blocks; raises `BusError` without a broker."""

    settings: Settings

    def ends(self) -> dict[int, int]:
        """Return the offset of the newest record of each partition; -1: there is none."""
        count = bus.partitions(self.settings, EVENTS)
        found = bus.end_offsets(self.settings, [(EVENTS.name, number) for number in range(count)])
        return {partition: end - 1 for (_, partition), end in found.items()}

    def read(self, partition: int, first: int, last: int) -> Iterator[tuple[int, str, bytes]]:
        """Yield offset, feed and value of the envelopes of a span, both ends in it."""
        for offset, value in bus.read_range(self.settings, EVENTS, partition, first, last):
            yield offset, label(value)[0], value


@dataclass(frozen=True)
class FeedLog:
    """The envelopes of one feed."""

    topic: EventsTopic
    feed: str

    def end(self) -> Place:
        """Return the place of the newest record of the feed's partition."""
        return place_of(self.feed, self.topic.ends())

    def tables(self, behind: Place, upto: Place) -> Iterator[pa.Table]:
        """Yield the events of the feed's envelopes behind one place, up to another.

        Where the topic got more partitions meanwhile, the feed has moved: the old one is read to
        its end, the new one from its beginning.
        """
        if behind.partition != upto.partition:
            end = self.topic.ends().get(behind.partition, -1)
            yield from self._read(behind.partition, behind.offset + 1, end)
            behind = Place(upto.partition, -1)
        yield from self._read(upto.partition, behind.offset + 1, upto.offset)

    def _read(self, partition: int, first: int, last: int) -> Iterator[pa.Table]:
        for _, feed, value in self.topic.read(partition, first, last):
            if feed == self.feed:
                yield from _events(value)


class KnownRecords:
    """What is known of each feed that may send a record again."""

    def __init__(
        self,
        feeds: Iterable[Feed],
        settings: Settings,
        others_live: Callable[[], bool] = lambda: False,
    ) -> None:
        """Open nothing yet.

        Args:
            feeds: the city's.
            settings: this process's.
            others_live: whether other gateways use the data folder, too.
        """
        self._topic, self._folder = EventsTopic(settings), known_folder(settings.data)
        self._others_live = others_live
        self._memories: dict[str, FeedMemory] = {}
        self._sorts: dict[str, tuple[bool, bool]] = {}
        self._unasked: frozenset[str] = frozenset()
        self._stop = threading.Event()
        self.reload(feeds)

    def reload(self, feeds: Iterable[Feed]) -> None:
        """Know the records of `feeds` from now on, each for as long as it says.

        What is known of a feed that is gone is not forgotten: pushes of it may still be under way,
        and it may come back.
        """
        made, unasked = dict(self._memories), set()
        for feed in feeds:
            if not feed.resends_s:
                unasked.add(feed.id)
                continue
            before, sort = made.get(feed.id), (feed.has_versions, UPDATED_AT in feed.mapping)
            if before is not None and self._sorts[feed.id] == sort:
                before.keep_for(timedelta(seconds=feed.resends_s))
                continue
            if before is not None:
                before.close()
            events = FeedLog(self._topic, feed.id)
            made[feed.id] = _memory(self._folder, feed, events, self._others_live)
            self._sorts[feed.id] = sort
        self._memories = made  # others go through the one before meanwhile
        self._unasked = frozenset(unasked)

    def of(self, feeds: Collection[str]) -> Mapping[str, FeedMemory]:
        """Return what is known of those of `feeds` that may send a record again."""
        asked = self._memories.keys() - self._unasked
        return {feed: self._memories[feed] for feed in asked if feed in feeds}

    def begin(self) -> None:
        """Read what lies on Kafka behind what is known, each partition once for all its feeds.

        Raises:
            BusError: no broker answers.
            OSError: the folder cannot be written.
        """
        ends = self._topic.ends()
        with contextlib.ExitStack() as stack:
            catching: dict[int, dict[str, Behind]] = {partition: {} for partition in ends}
            for feed, memory in self._memories.items():
                end = place_of(feed, ends)
                if begun := stack.enter_context(memory.catching_up(end)):
                    catching[end.partition][feed] = begun
            for partition, feeds in catching.items():
                self._read(partition, ends[partition], feeds)

    def start(self, ends: Callable[[], Mapping[int, int]]) -> None:
        """Begin to note how far the log is, in a thread that does not keep the process alive.

        Args:
            ends: returns what somebody who asks Kafka anyway was told last, partition → offset of
                its newest record; it may be a little old, for what came since is noted later.
        """
        threading.Thread(
            target=self._follow, args=(ends,), name="known-records", daemon=True
        ).start()

    def stop(self) -> None:
        """End that."""
        self._stop.set()

    def advance(self, ends: Mapping[int, int]) -> None:
        """Note for each feed of which nothing is under way how far the log is.

        Args:
            ends: partition → offset of its newest record; none: nobody was told yet.
        """
        for feed, memory in self._memories.items() if ends else ():
            memory.advance(place_of(feed, ends))

    def _follow(self, ends: Callable[[], Mapping[int, int]]) -> None:
        while not self._stop.wait(ADVANCE_S):
            try:
                self.advance(ends())
            except OSError as error:
                log.info("known_records_not_noted", problem=str(error)[:200])

    def _read(self, partition: int, last: int, feeds: Mapping[str, Behind]) -> None:
        first = 1 + min((one.behind.offset for one in feeds.values()), default=last)
        for offset, feed, value in self._topic.read(partition, first, last):
            if feed in feeds and offset > feeds[feed].behind.offset:
                for events in _events(value):
                    feeds[feed].add(events)


def _memory(
    folder: Path, feed: Feed, events: FeedLog, others_live: Callable[[], bool]
) -> FeedMemory:
    horizon = timedelta(seconds=feed.resends_s)
    if feed.has_versions:
        dated = UPDATED_AT in feed.mapping
        return KnownVersions(folder, feed.id, horizon, events, others_live, dated=dated)
    return KnownIds(folder, feed.id, horizon, events, others_live)


def place_of(feed: str, ends: Mapping[int, int]) -> Place:
    """Return the place of the newest record of the feed's partition.

    Raises:
        BusError: there is no such topic.
    """
    if not ends:
        raise BusError(f"Kafka: there is no topic {EVENTS.name}")
    partition = partition_of(feed, len(ends))
    return Place(partition, ends[partition])


def _events(value: bytes) -> Iterator[pa.Table]:
    with contextlib.suppress(EnvelopeError):  # no reader takes it for events either
        yield decode(value).table
