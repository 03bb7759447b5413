"""Take a published batch back: rows, counts, rollups and windows; once, whatever dies meanwhile.

For each of its envelopes of which something still counts, one with the same rows and sign -1 goes
to Kafka, labelled by the place of the first. What is labelled so was done: who begins again after
a crash sends the rest. It happens in the feed's turn, so nothing of the feed comes in between, and
whoever has the next turn reads from Kafka that these records are known no more.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
import pyarrow as pa
from kafka import TopicPartition
from kafka.errors import KafkaError

from citybrain.city.records import Feed
from citybrain.floor import bus
from citybrain.floor.audit_entry import entry
from citybrain.floor.clock import Clock, millis
from citybrain.floor.errors import BusError, CityBrainError, EnvelopeError
from citybrain.floor.events import Envelope, decode
from citybrain.floor.settings import Settings
from citybrain.floor.topics import AUDIT, EVENTS
from connectors.batches.batch_labels import Spot
from connectors.batches.batch_scan import Batch, BatchScan, CountedRows, withdrawal
from connectors.publisher import Publisher
from connectors.resends.feed_memory import FeedMemory

SENT_S = 10.0


@dataclass(frozen=True)
class Withdrawn:
    """What was taken back: rows, and envelopes that they were in."""

    rows: int
    envelopes: int


class BatchError(CityBrainError):
    """A batch that is not there, or cannot be taken back."""


def find_batches(settings: Settings, since: datetime | None, feed: str = "") -> list[Batch]:
    """Return the batches on Kafka, the oldest first.

    Args:
        settings: this process's.
        since: only those that came since then (aware); None: all that are there.
        feed: only of this one; "": of all.

    Raises:
        BusError: Kafka does not answer.
    """
    scan = BatchScan()
    for spot, envelope, at in _envelopes(settings, _begin(settings, since)):
        if not feed or envelope.feed == feed:
            scan.add(spot, envelope, at)
    return sorted(scan.batches.values(), key=lambda one: one.received_at)


def the_batch(found: list[Batch], name: str) -> Batch:
    """Return the one batch of this name.

    Raises:
        BatchError: there is none, or several feeds have one, or it cannot be taken back.
    """
    named = [one for one in found if one.name == name]
    if not named:
        problem = f"batch {name!r} is not on {EVENTS.name}"
        raise BatchError(f"{problem}; see 'citybrain batches list', with --since further back")
    if len(named) > 1:
        feeds = ", ".join(one.feed for one in named)
        raise BatchError(f"batch {name!r}: several feeds have one: {feeds}; say --feed")
    if named[0].shared:
        problem = f"batch {name!r}: its rows share an envelope with other batches"
        raise BatchError(f"{problem}; withdraw is for batches that were sent alone")
    return named[0]


class Withdrawal:
    """Takes one batch back."""

    def __init__(
        self,
        settings: Settings,
        feed: Feed,
        batch: Batch,
        *,
        publisher: Publisher,
        memory: FeedMemory | None,
        clock: Clock,
    ) -> None:
        """Take `batch` of `feed` back.

        Args:
            settings: this process's.
            feed: the feed as it is today.
            batch: what to take back.
            publisher: the way to Kafka; one that knows no records.
            memory: what is known of the feed's records; None: nothing is.
            clock: tells the time.
        """
        self._settings, self._feed, self._batch = settings, feed, batch
        self._publisher, self._memory, self._clock = publisher, memory, clock
        self._counted = CountedRows(batch.spots, versions=feed.has_versions)
        self._next: dict[int, int] = {}
        for partition, offset in batch.spots:
            self._next.setdefault(partition, offset)

    def look(self) -> list[tuple[Spot, pa.Table]]:
        """Return what of it still counts, by envelope.

        Raises:
            BusError: Kafka does not answer.
        """
        for spot, envelope, _ in _envelopes(self._settings, self._next):
            self._next[spot[0]] = spot[1] + 1
            if envelope.feed == self._feed.id:
                self._counted.add(spot, envelope)
        return list(self._counted.left())

    def run(self, by: str, reason: str) -> Withdrawn:
        """Take back what still counts; who does it, and why, goes to the audit log first.

        Raises:
            BusError: Kafka does not answer, or a gateway is at work on the feed.
        """
        self.look()  # most of it, before anybody has to wait
        with self._memory.held() if self._memory else nullcontext():
            left = self.look()
            rows = sum(table.num_rows for _, table in left)
            if left:
                self._record(by, reason, Withdrawn(rows, len(left)))
            now = self._clock.now()
            for spot, table in left:
                envelope = withdrawal(spot, self._feed.id, table, now)
                self._publisher.send(envelope, []).receipt()
        return Withdrawn(rows, len(left))

    def _record(self, by: str, reason: str, what: Withdrawn) -> None:
        told = entry(
            self._clock.now(),
            "withdraw_batch",
            "accepted",
            user=by,
            role="console",
            target=self._batch.name,
            details={
                "feed": self._feed.id,
                "why": reason,
                "rows": str(what.rows),
                "envelopes": str(what.envelopes),
            },
        )
        producer = bus.producer(self._settings)
        try:
            sent = producer.send(AUDIT.name, msgspec.json.encode(told), key=by.encode() or b"-")
            sent.get(timeout=SENT_S)
        except KafkaError as error:
            raise BusError(f"Kafka {self._settings.kafka}: {AUDIT.name}: {error!r}") from error
        finally:
            producer.close()


def _begin(settings: Settings, since: datetime | None) -> dict[int, int]:
    """Return partition → offset of the first envelope that came since then."""
    count = bus.partitions(settings, EVENTS)
    if since is None:
        return dict.fromkeys(range(count), 0)
    reader = bus.consumer(settings)
    spots = [TopicPartition(EVENTS.name, partition) for partition in range(count)]
    try:
        found = reader.offsets_for_times(dict.fromkeys(spots, millis(since)))
        ends = reader.end_offsets(spots)
    except KafkaError as error:
        raise BusError(f"Kafka {settings.kafka}: {EVENTS.name}: {error!r}") from error
    finally:
        reader.close()
    return {
        spot.partition: found[spot].offset if found[spot] else int(ends[spot]) for spot in spots
    }


def _envelopes(
    settings: Settings, begin: dict[int, int]
) -> Iterator[tuple[Spot, Envelope, datetime]]:
    """Yield the envelopes from `begin` (partition → offset) to the end, and when each came."""
    for partition, first in dict(begin).items():
        last = bus.end_offset(settings, EVENTS, partition) - 1
        for record in bus.read_records(settings, EVENTS, partition, first, last):
            try:
                envelope = decode(record.value)
            except EnvelopeError:  # no reader takes it for events either
                continue
            at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            yield (partition, record.offset), envelope, at
