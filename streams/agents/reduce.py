"""First stage: envelopes from `city.events` become partials on `city.partials`. No state.

Faust's `take` acknowledges a batch whatever becomes of it; `noack_take` leaves that to us, so an
offset is committed only after Kafka has the partials of all envelopes up to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import polars as pl
import pyarrow as pa
import structlog
from faust import Stream
from faust.types import TP, EventT, StreamT

from citybrain import clock
from citybrain.errors import EnvelopeError
from citybrain.events import decode
from citybrain.topics import EVENTS, PARTIALS, partition_of
from streams.agents.delivery import Delivery, Message
from streams.agents.progress import Progress
from streams.metrics import Metrics
from streams.partials import Partial, Source, encode_partial, reduce_envelopes
from streams.troubles import Troubles

log = structlog.get_logger(__name__)

TAKE = 100
WITHIN_S = 0.05
BATCH_BYTES = 4 * 1024 * 1024
"""Bytes of envelopes that are decoded at once; bounds memory, however large envelopes are."""


@dataclass(frozen=True)
class Record:
    """One record of `city.events`."""

    tp: TP
    offset: int
    at_ms: int
    value: bytes


class Reducer:
    """Reduces what the worker's partitions of `city.events` hold."""

    def __init__(
        self,
        delivery: Delivery,
        progress: Progress,
        metrics: Metrics,
        *,
        partitions: int,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Send through `delivery`, for owners of `partitions` partitions.

        Args:
            delivery: where partials go.
            progress: how far each partition is.
            metrics: what is counted.
            partitions: how many partitions `city.partials` has.
            read: (partition, first, last) → (offset, value) of records of `city.events`.
        """
        self._delivery = delivery
        self._read = read
        self._progress = progress
        self._metrics = metrics
        self._partitions = partitions
        self._troubles = Troubles(EVENTS.name)

    async def run(self, stream: StreamT[Any]) -> None:
        """Process `stream` until it is stopped."""
        async for events in cast("Stream[Any]", stream).noack_take(TAKE, within=WITHIN_S):
            for batch in batches(events):
                with self._metrics.batch_seconds.time():
                    await self._reduce(batch)
                for event in batch:
                    await stream.ack(event)
                    self._progress.processed(event.message.tp, event.message.offset)

    async def _reduce(self, batch: Sequence[EventT[bytes]]) -> None:
        messages, events = await asyncio.to_thread(self._messages, batch)
        await self._delivery.send(messages)
        self._metrics.events.inc(events)
        self._metrics.envelopes.inc(len(messages))

    def _messages(self, batch: Sequence[EventT[bytes]]) -> tuple[list[Message], int]:
        sources = [source for record in self._records(batch) for source in self._source(record)]
        partials = self._partials(sources)
        messages = [
            Message(
                PARTIALS,
                partition_of(partial.header.department, self._partitions),
                partial.header.department.encode(),
                encode_partial(partial),
            )
            for partial in partials
        ]
        return messages, sum(partial.header.accepted for partial in partials)

    def _partials(self, sources: list[Source]) -> list[Partial]:
        """Reduce `sources` at once; should one of them break that, reduce them one by one."""
        try:
            return reduce_envelopes(sources)
        except (pa.ArrowException, pl.exceptions.PolarsError, EnvelopeError) as error:
            if len(sources) > 1:
                return [part for source in sources for part in self._partials([source])]
            self._skip(EVENTS.name, sources[0].partition, sources[0].offset, error)
            return []

    def _skip(self, topic: str, partition: int, offset: int, error: Exception) -> None:
        self._metrics.undecodable.labels(topic).inc()
        self._troubles.note(f"{topic}[{partition}]@{offset}", str(error), clock.monotonic())

    def _records(self, batch: Sequence[EventT[bytes]]) -> Iterator[Record]:
        """Yield the records of `batch`, and before each those that Faust left out."""
        expected: dict[TP, int] = {}
        for event in batch:
            message = event.message
            tp, offset = message.tp, message.offset
            first = expected.get(tp, self._progress.position(tp))
            if first is not None and offset > first:
                log.error("records_left_out", partition=tp.partition, first=first, last=offset - 1)
                for missed, value in self._read(tp.partition, first, offset - 1):
                    yield Record(tp, missed, round((message.timestamp or 0) * 1000), value)
            yield Record(tp, offset, round((message.timestamp or 0) * 1000), event.value or b"")
            expected[tp] = offset + 1

    def _source(self, record: Record) -> list[Source]:
        try:
            envelope = decode(record.value)
        except EnvelopeError as error:
            self._skip(EVENTS.name, record.tp.partition, record.offset, error)
            return []
        behind = self._progress.behind(record.tp, record.offset)
        return [Source(record.tp.partition, record.offset, record.at_ms, behind, envelope)]


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
