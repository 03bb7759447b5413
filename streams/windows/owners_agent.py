"""Second stage: owners merge `city.partials` and tell windows and feed health every second.

Each partition of `city.partials` has one owner among the workers. Its state comes from the newest
snapshot on `city.snapshots` and from what stands on the partition behind it; so what Faust has
committed does not matter here, and what it delivers again is skipped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import pyarrow as pa
import structlog
from faust.types import TP, StreamT

from citybrain.floor.bus import MAX_RECORD
from citybrain.floor.clock import Clock, millis
from citybrain.floor.results import encode_table
from citybrain.floor.topics import FEED_HEALTH, PARTIALS, SNAPSHOTS, WINDOWS, Topic
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.metrics import StreamMetrics
from streams.runtime.owned import Records, run_owned, whole
from streams.runtime.progress import Progress
from streams.windows.loading import WindowsLoader
from streams.windows.window_owner import WindowOwner
from streams.windows.window_snapshot import encode_snapshot

log = structlog.get_logger(__name__)

TAKE = 200
WITHIN_S = 0.05
SNAPSHOT_EVERY_MS = 10_000
ROWS_A_RECORD = 20_000


@dataclass
class OwnedWindows:
    """One owned partition: its owner once it is loaded, and when it was last snapshotted."""

    loading: asyncio.Task[WindowOwner]
    saved_offset: int = -1
    saved_ms: int = 0
    undecodable: int = 0


class WindowOwners:
    """The owners of the partitions that this worker was assigned."""

    def __init__(
        self,
        loader: WindowsLoader,
        delivery: Delivery,
        progress: Progress,
        metrics: StreamMetrics,
        *,
        clock: Clock,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Own nothing yet.

        Args:
            loader: makes owners.
            delivery: where results go.
            progress: how far each partition is.
            metrics: what is counted.
            clock: the present instant.
            read: (partition, first, last) → (offset, value) of records of `city.partials`.
        """
        self._read = read
        self._loader = loader
        self._delivery = delivery
        self._progress = progress
        self._metrics = metrics
        self._clock = clock
        self._slots: dict[int, OwnedWindows] = {}

    def assign(self, assigned: Iterable[TP]) -> None:
        """Load the state of what is newly assigned."""
        for tp in assigned:
            if tp.topic == PARTIALS.name and tp.partition not in self._slots:
                task = asyncio.create_task(self._loader.load(tp.partition))
                self._slots[tp.partition] = OwnedWindows(task)

    async def revoke(self, revoked: Iterable[TP]) -> None:
        """Snapshot and drop what is taken away."""
        partitions = [tp.partition for tp in revoked if tp.topic == PARTIALS.name]
        slots = {part: self._slots.pop(part) for part in partitions if part in self._slots}
        for slot in slots.values():
            slot.loading.cancel()
        await self._save(slots, all_changed=True)

    async def close(self) -> None:
        """Tell and snapshot everything a last time."""
        await self.tick()
        await self._save(self._slots, all_changed=True)

    async def run(self, stream: StreamT[Any]) -> None:
        """Merge `stream` until it is stopped."""
        await run_owned(stream, (TAKE, WITHIN_S), self._merge, self._progress)

    async def tick(self) -> None:
        """Tell what every loaded owner has to tell, then snapshot what is due."""
        now_ms = millis(self._clock.now())
        backlog = self._progress.backlog()
        messages: list[BusMessage] = []
        for partition, owner in self._loaded(self._slots):
            tick = owner.tick(now_ms, backlog)
            messages.extend(_messages(WINDOWS, partition, tick.windows))
            messages.extend(_messages(FEED_HEALTH, partition, tick.health))
            self._count(partition, owner, tick.windows.num_rows)
        await self._delivery.send(messages)
        await self._save(self._slots)

    async def _merge(self, partition: int, records: Records) -> None:
        slot = self._slots.get(partition)
        if slot is None:  # revoked a moment ago: its next owner reads these records itself
            return
        try:
            owner = await asyncio.shield(slot.loading)
        except asyncio.CancelledError:
            if slot.loading.cancelled():
                return
            raise
        read = partial(self._read, partition)
        owner.merge(await whole(PARTIALS, partition, owner.offset, records, read))

    async def _save(self, slots: dict[int, OwnedWindows], *, all_changed: bool = False) -> None:
        now_ms = millis(self._clock.now())
        messages = []
        for partition, owner in self._loaded(slots):
            slot = slots[partition]
            due = all_changed or now_ms - slot.saved_ms >= SNAPSHOT_EVERY_MS
            if due and owner.offset != slot.saved_offset:
                slot.saved_offset, slot.saved_ms = owner.offset, now_ms
                messages.extend(_snapshot(partition, encode_snapshot(owner.snapshot(now_ms))))
        await self._delivery.send(messages)

    def _loaded(self, slots: dict[int, OwnedWindows]) -> list[tuple[int, WindowOwner]]:
        return [
            (partition, slot.loading.result())
            for partition, slot in slots.items()
            if slot.loading.done() and not slot.loading.cancelled()
        ]

    def _count(self, partition: int, owner: WindowOwner, results: int) -> None:
        slot = self._slots[partition]
        self._metrics.results.inc(results)
        self._metrics.late.labels(partition).set(owner.late)
        self._metrics.undecodable.labels(PARTIALS.name).inc(owner.undecodable - slot.undecodable)
        slot.undecodable = owner.undecodable


def _messages(topic: Topic, partition: int, table: pa.Table) -> list[BusMessage]:
    """Return `table` as records; one holds results of all departments of the partition."""
    key = f"owner:{partition}".encode()
    return [
        BusMessage(topic, partition, key, encode_table(table.slice(start, ROWS_A_RECORD)))
        for start in range(0, table.num_rows, ROWS_A_RECORD)
    ]


def _snapshot(partition: int, value: bytes) -> list[BusMessage]:
    if len(value) > MAX_RECORD:
        log.error("snapshot_too_large", partition=partition, bytes=len(value), most=MAX_RECORD)
        return []
    return [BusMessage(SNAPSHOTS, partition, f"windows:{partition}".encode(), value)]
