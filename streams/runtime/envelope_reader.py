"""Read envelopes from `city.events` and send on what is made of them; nothing is left out.

An offset is committed only after Kafka has what was made of all envelopes up to it.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from faust.types import TP, EventT, StreamT

from citybrain.floor import clock
from citybrain.floor.dead_letters import FailedRecord, failed_record
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import decode
from citybrain.floor.topics import EVENTS
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.metrics import StreamMetrics
from streams.runtime.progress import Progress
from streams.runtime.stream_batches import batches_of
from streams.windows.partials import EnvelopeAt

log = structlog.get_logger(__name__)

TAKE = 100
WITHIN_S = 0.05
BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of envelopes that are decoded at once; bounds memory, however large envelopes are."""
TELL_EVERY_S = 60.0
"""Seconds between two lines of the log that tell of unreadable records."""


@dataclass(frozen=True)
class EnvelopeRecord:
    """One record of `city.events`."""

    tp: TP
    offset: int
    at_ms: int
    value: bytes


class SkippedRecords:
    """Counts unreadable records of one topic: a line a minute tells of them, not one a record."""

    def __init__(self, topic: str) -> None:
        """Start without any."""
        self._topic = topic
        self._skipped = 0
        self._told_s: float | None = None

    def note(self, place: str, problem: str, now_s: float) -> bool:
        """Note one record that was skipped; return whether a line was logged."""
        self._skipped += 1
        if self._told_s is not None and now_s - self._told_s < TELL_EVERY_S:
            return False
        log.warning(
            "unreadable_records_skipped",
            topic=self._topic,
            skipped=self._skipped,
            last=place,
            problem=problem,
        )
        self._skipped, self._told_s = 0, now_s
        return True


class EnvelopeReader(ABC):
    """Reads the worker's partitions of `city.events`.

    Attributes:
        read_ms: partition → time stamp of the newest record that is done, ms.
    """

    within_s = WITHIN_S

    def __init__(
        self,
        delivery: Delivery,
        progress: Progress,
        metrics: StreamMetrics,
        *,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Send through `delivery`.

        Args:
            delivery: where messages go.
            progress: how far each partition is.
            metrics: what is counted.
            read: (partition, first, last) → (offset, value) of records of `city.events`.
        """
        self._delivery = delivery
        self._read = read
        self._progress = progress
        self._metrics = metrics
        self._skipped = SkippedRecords(EVENTS.name)
        self._refused: list[FailedRecord] = []
        self.read_ms: dict[int, int] = {}

    @abstractmethod
    def messages(self, sources: Sequence[EnvelopeAt]) -> list[BusMessage]:
        """Return what is made of `sources`; called in a thread.

        Whatever it raises: they are then given one by one, and the one that raises is left out.
        """

    async def run(self, stream: StreamT[Any]) -> None:
        """Process `stream` until it is stopped."""
        async for events in batches_of(stream, TAKE, self.within_s):
            for batch in batches(events):
                with self._metrics.batch_seconds.time():
                    await self._process(batch)
                for event in batch:
                    await stream.ack(event)
                    self._progress.processed(event.message.tp, event.message.offset)
                    at_ms = round((event.message.timestamp or 0) * 1000)
                    self.read_ms[event.message.tp.partition] = at_ms

    async def _process(self, batch: Sequence[EventT[bytes]]) -> None:
        messages, envelopes, events = await asyncio.to_thread(self._made, batch)
        await self._delivery.send(messages)
        refused, self._refused = self._refused, []
        await self._delivery.put_aside(refused)
        self._metrics.events.inc(events)
        self._metrics.envelopes.inc(envelopes)

    def _made(self, batch: Sequence[EventT[bytes]]) -> tuple[list[BusMessage], int, int]:
        sources = [source for record in self._records(batch) for source in self._source(record)]
        messages = self._tried(sources)
        return messages, len(sources), sum(one.envelope.table.num_rows for one in sources)

    def _tried(self, sources: list[EnvelopeAt]) -> list[BusMessage]:
        """Make the messages of all at once; should one of them break that, one by one."""
        try:
            return self.messages(sources)
        except Exception as error:
            if len(sources) > 1:
                return [message for source in sources for message in self._tried([source])]
            for source in sources:
                self._skip(source.partition, source.offset, source.value, error)
            return []

    def _skip(self, partition: int, offset: int, value: bytes, error: Exception) -> None:
        self._metrics.undecodable.labels(EVENTS.name).inc()
        failed = failed_record(EVENTS, partition, offset, value, error)
        self._refused.append(failed)
        self._skipped.note(failed.place, failed.problem, clock.monotonic())

    def _records(self, batch: Sequence[EventT[bytes]]) -> Iterator[EnvelopeRecord]:
        """Yield the records of `batch`, and before each those that Faust left out."""
        expected: dict[TP, int] = {}
        for event in batch:
            message = event.message
            tp, offset = message.tp, message.offset
            first = expected.get(tp, self._progress.position(tp))
            if first is not None and offset > first:
                log.error("records_left_out", partition=tp.partition, first=first, last=offset - 1)
                for missed, value in self._read(tp.partition, first, offset - 1):
                    yield EnvelopeRecord(tp, missed, round((message.timestamp or 0) * 1000), value)
            yield EnvelopeRecord(
                tp, offset, round((message.timestamp or 0) * 1000), event.value or b""
            )
            expected[tp] = offset + 1

    def _source(self, record: EnvelopeRecord) -> list[EnvelopeAt]:
        try:
            envelope = decode(record.value)
        except EnvelopeError as error:
            self._skip(record.tp.partition, record.offset, record.value, error)
            return []
        behind = self._progress.behind(record.tp, record.offset)
        place = (record.tp.partition, record.offset, record.at_ms, behind)
        return [EnvelopeAt(*place, envelope, record.value)]


def batches(events: Iterable[EventT[bytes]]) -> Iterator[list[EventT[bytes]]]:
    """Yield `events` in order, in lists of about `BATCH_BYTES`."""
    batch: list[EventT[bytes]] = []
    size = 0
    for event in events:
        batch.append(event)
        size += len(event.value or b"")
        if size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
