"""What the owners of partitions share: reading batches whole, and putting snapshots on their topic.

An owner's state says up to which offset it reflects its log; what Faust delivers again is known by
that, and what Faust leaves out is read from the log itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, cast

import structlog
from faust import Stream
from faust.types import EventT, StreamT

from citybrain.floor.topics import Topic
from streams.runtime.delivery import BusMessage
from streams.runtime.progress import Progress

log = structlog.get_logger(__name__)

Records = list[tuple[int, bytes]]


async def run_owned(
    stream: StreamT[Any],
    limits: tuple[int, float],
    merge: Callable[[int, Records], Awaitable[None]],
    progress: Progress,
) -> None:
    """Give the batches of `stream` to `merge`, partition by partition, until it is stopped.

    Args:
        stream: what Faust delivers.
        limits: records of a batch at the most, and seconds to wait for them.
        merge: takes a partition and its (offset, value) records in.
        progress: told of what is done; offsets are acknowledged after the whole batch is.
    """
    most, within_s = limits
    async for events in cast("Stream[Any]", stream).noack_take(most, within=within_s):
        by_partition: dict[int, Records] = {}
        for event in cast("Sequence[EventT[bytes]]", events):
            record = (event.message.offset, event.value or b"")
            by_partition.setdefault(event.message.partition, []).append(record)
        for partition, records in by_partition.items():
            await merge(partition, records)
        for event in events:
            await stream.ack(event)
            progress.processed(event.message.tp, event.message.offset)


async def whole(
    topic: Topic,
    partition: int,
    known: int,
    records: Records,
    read: Callable[[int, int], Iterable[tuple[int, bytes]]],
) -> Records:
    """Return the records after offset `known`, with those that Faust left out.

    Args:
        topic: of the records, for the log.
        partition: of the records.
        known: the last offset that is taken in already.
        records: (offset, value), in their order.
        read: (first, last) → the records of the partition from the log; blocks.
    """
    fresh = [record for record in records if record[0] > known]
    if not fresh or fresh[-1][0] - known == len(fresh):
        return fresh
    first, last = known + 1, fresh[-1][0]
    log.error("records_left_out", topic=topic.name, partition=partition, first=first, last=last)
    return await asyncio.to_thread(lambda: list(read(first, last)))


def snapshot_messages(
    topic: Topic, partition: int, turn: int, parts: Iterable[bytes]
) -> list[BusMessage]:
    """Return the parts of a snapshot as records of a compacted topic.

    Their keys come in two sets, by `turn`: compaction never leaves half a snapshot alone.
    """
    return [
        BusMessage(topic, partition, f"{turn % 2}:{part}".encode(), value)
        for part, value in enumerate(parts)
    ]
