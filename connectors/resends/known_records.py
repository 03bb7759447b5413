"""The feeds whose records are known when they come again, and where they lie on Kafka."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pyarrow as pa

from citybrain.city.records import Feed
from citybrain.floor import bus
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import decode, label
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS, partition_of
from connectors.resends.kept_ids import Place
from connectors.resends.known_ids import KnownIds


def known_folder(data: Path) -> Path:
    """Return where the gateways of a data folder keep what is known."""
    return data / "gateway" / "known"


def known_records(
    feeds: Iterable[Feed], settings: Settings, others_live: Callable[[], bool] = lambda: False
) -> dict[str, KnownIds]:
    """Return what is known of each feed that may send a record again, by the feed's id.

    Args:
        feeds: the city's.
        settings: this process's.
        others_live: whether other gateways use the data folder, too.
    """
    folder = known_folder(settings.data)
    return {
        feed.id: KnownIds(
            folder,
            feed.id,
            timedelta(seconds=feed.resends_s),
            FeedLog(settings, feed.id),
            others_live,
        )
        for feed in feeds
        if feed.resends_s
    }


@dataclass(frozen=True)
class FeedLog:
    """The envelopes of one feed on `city.events`. Blocks; raises `BusError` without a broker."""

    settings: Settings
    feed: str

    def end(self) -> Place:
        """Return the place of the newest record of the feed's partition."""
        partition = partition_of(self.feed, bus.partitions(self.settings, EVENTS))
        return Place(partition, bus.end_offset(self.settings, EVENTS, partition) - 1)

    def tables(self, behind: Place, upto: Place) -> Iterator[pa.Table]:
        """Yield the events of the feed's envelopes behind one place, up to another.

        Where the topic got more partitions meanwhile, the feed has moved: the old one is read to
        its end, the new one from its beginning.
        """
        if behind.partition != upto.partition:
            end = bus.end_offset(self.settings, EVENTS, behind.partition) - 1
            yield from self._read(behind.partition, behind.offset + 1, end)
            behind = Place(upto.partition, -1)
        yield from self._read(upto.partition, behind.offset + 1, upto.offset)

    def _read(self, partition: int, first: int, last: int) -> Iterator[pa.Table]:
        for _, value in bus.read_range(self.settings, EVENTS, partition, first, last):
            if label(value)[0] != self.feed:
                continue
            try:
                yield decode(value).table
            except EnvelopeError:
                continue  # no reader takes it for events either
