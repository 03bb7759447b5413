"""Put envelopes and dead letters on Kafka, and say where they lie once it acknowledged them."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pyarrow as pa
from kafka import KafkaProducer
from kafka.errors import KafkaError

from citybrain.alerts.records import Episode
from citybrain.floor import bus
from citybrain.floor.clock import Clock, SystemClock
from citybrain.floor.dead_letters import DeadLetter, LetterMarks, encode_letters
from citybrain.floor.errors import BusError
from citybrain.floor.events import Envelope, encode, label
from citybrain.floor.settings import Settings
from citybrain.floor.topics import DEAD_LETTERS, EPISODES, EVENTS, LETTER_MARKS, partition_of
from connectors.batches.batch_labels import with_more_to_come
from connectors.fetch.source import EnvelopeReceipt
from connectors.resends.feed_memory import FeedMemory
from connectors.resends.kept_ids import Place
from connectors.resends.known_rows import KnownRows
from connectors.versions.revising import pieces_of
from connectors.waiting_rows import RecordSize, WaitingRows

ACK_WAIT_S = 40.0
"""Longer than the producer's own delivery time-out, which therefore decides."""


@dataclass(frozen=True)
class Shipment:
    """An envelope and its dead letters on their way.

    Attributes:
        promises: Kafka's answers; the last is the envelope's.
        found: what is known of the rows that were to be sent.
    """

    promises: tuple[Any, ...]
    found: KnownRows = field(default_factory=lambda: KnownRows.none(0))

    @property
    def known(self) -> int:
        """How many rows of the envelope were left out, for they had been delivered before."""
        return int(self.found.known.sum())

    @property
    def outdated(self) -> int:
        """How many were left out, for a newer version of the record had been delivered before."""
        return int(self.found.outdated.sum())

    def arrived(self) -> bool:
        """Say whether Kafka answered for all of it, well or not."""
        return all(promise.is_done for promise in self.promises)

    def answered(self, timeout_s: float) -> bool:
        """Wait for Kafka to answer for all of it, well or not; say whether it did in time."""
        try:
            self.receipt(max(timeout_s, 0.0))
        except BusError:
            return self.arrived()
        return True

    def receipt(self, timeout_s: float = ACK_WAIT_S) -> EnvelopeReceipt:
        """Wait for Kafka's acknowledgement of all of it; return where the envelope lies.

        Raises:
            BusError: it was not acknowledged in time, or refused.
        """
        try:
            for promise in self.promises:
                last = promise.get(timeout=timeout_s)
        except KafkaError as error:
            raise BusError(f"Kafka did not acknowledge: {error!r}") from error
        return EnvelopeReceipt(last.partition, last.offset)


def joined(shipments: Sequence[Shipment]) -> Shipment:
    """Return `shipments` as one, whose receipt is the last one's."""
    promises = tuple(promise for one in shipments for promise in one.promises)
    return Shipment(promises, KnownRows.joined([one.found for one in shipments]))


def in_parts(envelope: Envelope, tables: Iterable[pa.Table]) -> list[Envelope]:
    """Return `envelope` as one for each of `tables`, at least one, which hold its rows together.

    The last one alone bears the plain label, and what was rejected: it is there when all are.
    """
    *first, last = tables
    more = with_more_to_come(envelope.batch)
    parts = [replace(envelope, table=table, rejected=0, batch=more) for table in first]
    return [*parts, replace(envelope, table=last)]


class Publisher:
    """The way to Kafka of all that comes in; safe to share among threads.

    Records that are known are left out here, so no source can send one twice.
    """

    def __init__(
        self,
        settings: Settings,
        known: Mapping[str, FeedMemory] | None = None,
        waiting: WaitingRows | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Connect when the first envelope is sent.

        Args:
            settings: this process's.
            known: by feed what was taken in before; feeds that are not there send all.
            waiting: is told of each envelope that Kafka has.
            clock: by default the machine's.
        """
        self._settings = settings
        self._known = known or {}
        self._waiting = waiting or WaitingRows()
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._producer: KafkaProducer | None = None

    def reload(self, known: Mapping[str, FeedMemory]) -> None:
        """Leave out by `known` from now on; what is under way is settled with what it began."""
        self._known = known

    def send(self, envelope: Envelope, letters: Sequence[DeadLetter]) -> Shipment:
        """Send `letters`, then the rows of `envelope` that are not known; does not wait.

        An envelope goes even if no row is left: it says that the feed delivers.

        Raises:
            BusError: no broker answers, or the producer's memory is full, or nobody can say now
                what is known.
        """
        promises = self.send_letters(letters).promises
        known = self._known.get(envelope.feed)
        if known is None or not envelope.table.num_rows:
            found = KnownRows.none(envelope.table.num_rows)
            return Shipment((*promises, self._send(envelope)), found)
        try:
            admitted = known.admit(envelope.table, self._clock.now())
        except OSError as error:
            raise BusError(f"what feed {envelope.feed} sent before: {error}") from error
        ticket = admitted.ticket
        try:
            parts = in_parts(envelope, pieces_of(admitted.table))  # some take many rows back
            *first, last = [self._send(part) for part in parts]
        except BaseException as error:
            known.failed(ticket, error)
            raise
        for promise in first:
            promise.add_errback(lambda error: known.failed(ticket, error))
        last.add_callback(lambda sent: known.landed(ticket, Place(sent.partition, sent.offset)))
        last.add_errback(lambda error: known.failed(ticket, error))
        return Shipment((*promises, *admitted.waits_for, ticket.outcome), admitted.rows)

    def is_light(self, feed: str) -> bool:
        """Say whether sending for `feed` waits for nothing but memory."""
        return feed not in self._known or self._known[feed].light

    def _send(self, envelope: Envelope) -> Any:
        key, value = envelope.feed.encode(), encode(envelope)
        spot = self.partition(envelope.feed)
        try:
            sent = self._connected().send(EVENTS.name, key=key, value=value, partition=spot)
        except KafkaError as error:
            raise BusError(f"Kafka {self._settings.kafka} takes nothing: {error!r}") from error
        size = RecordSize(envelope.table.num_rows, len(value))
        sent.add_callback(lambda told: self._waiting.note(told.partition, told.offset, size))
        return sent

    def send_letters(self, letters: Sequence[DeadLetter]) -> Shipment:
        """Send `letters` alone; does not wait for the acknowledgement.

        Raises:
            BusError: no broker answers, or the producer's memory is full.
        """
        producer = self._connected()
        try:
            promises = [
                producer.send(DEAD_LETTERS.name, key=feed.encode(), value=value)
                for feed, value in encode_letters(letters)
            ]
        except KafkaError as error:
            raise BusError(f"Kafka {self._settings.kafka} takes nothing: {error!r}") from error
        return Shipment(tuple(promises))

    def send_marks(self, marks: LetterMarks) -> Shipment:
        """Send what was made of letters; does not wait for the acknowledgement.

        Raises:
            BusError: no broker answers, or the producer's memory is full.
        """
        producer, value = self._connected(), msgspec.json.encode(marks)
        try:
            sent = producer.send(LETTER_MARKS.name, key=marks.feed.encode(), value=value)
        except KafkaError as error:
            raise BusError(f"Kafka {self._settings.kafka} takes nothing: {error!r}") from error
        return Shipment((sent,))

    def send_episodes(self, episodes: Sequence[Episode], letters: Sequence[DeadLetter]) -> None:
        """Send `episodes` and `letters`, and wait until Kafka has them all.

        Raises:
            BusError: it has not, in time or at all.
        """
        producer = self._connected()
        try:
            promises = [
                producer.send(EPISODES.name, key=one.rule.encode(), value=msgspec.json.encode(one))
                for one in episodes
            ]
        except KafkaError as error:
            raise BusError(f"Kafka {self._settings.kafka} takes nothing: {error!r}") from error
        promises += self.send_letters(letters).promises
        if promises:
            Shipment(tuple(promises)).receipt()

    def partition(self, feed: str) -> int:
        """Return the partition of `city.events` that the feed's envelopes lie on.

        Raises:
            BusError: no broker answers.
        """
        try:
            partitions = self._connected().partitions_for(EVENTS.name)
        except KafkaError as error:
            raise BusError(f"Kafka {self._settings.kafka}: {EVENTS.name}: {error!r}") from error
        return partition_of(feed, len(partitions))

    def end(self, feed: str) -> EnvelopeReceipt:
        """Return the place of the newest record on the feed's partition.

        Raises:
            BusError: no broker answers.
        """
        partition = self.partition(feed)
        return EnvelopeReceipt(partition, bus.end_offset(self._settings, EVENTS, partition) - 1)

    def landed(self, feed: str, behind: EnvelopeReceipt) -> list[str]:
        """Return the `Envelope.batch` of the feed's envelopes behind a receipt, oldest first.

        Raises:
            BusError: no broker answers.
        """
        return [batch for name, batch in self._labels(behind) if name == feed and batch]

    def close(self, timeout_s: float = 2.0) -> None:
        """Give what is under way a moment to arrive, and disconnect."""
        with self._lock:
            if self._producer is not None:
                self._producer.close(timeout=timeout_s)
                self._producer = None
        for known in self._known.values():
            known.close()

    def _connected(self) -> KafkaProducer:
        with self._lock:
            if self._producer is None:
                self._producer = bus.producer(self._settings)
            return self._producer

    def _labels(self, behind: EnvelopeReceipt) -> Iterator[tuple[str, str]]:
        end = bus.end_offset(self._settings, EVENTS, behind.partition) - 1
        records = bus.read_range(self._settings, EVENTS, behind.partition, behind.offset + 1, end)
        yield from (label(value) for _, value in records)
