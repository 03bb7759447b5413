"""The states of the partitions that a worker owns: windows, rule shards, the alerts.

Each partition has one owner among the workers. A state says up to which offset it reflects its
log; what Faust delivers again is known by that, and what Faust leaves out is read from the log
itself. It comes from the newest whole snapshot and from what stands on the log behind it; so what
Faust has committed does not matter.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import structlog
from faust.types import TP, StreamT

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError
from citybrain.floor.snapshot_parts import Whole, parts_of
from citybrain.floor.topics import Topic
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.progress import Progress
from streams.runtime.stream_batches import batches_of

log = structlog.get_logger(__name__)

Records = list[tuple[int, bytes]]


class OwnedState(Protocol):
    """What is owned of one partition."""

    @property
    def offset(self) -> int:
        """The last record of the partition that is taken in; -1: none."""
        ...

    @property
    def changes(self) -> int:
        """A number that rises whenever there is something to be snapshotted."""
        ...


S = TypeVar("S", bound=OwnedState)


@dataclass(frozen=True)
class Keeping(Generic[S]):
    """How states of one kind are fed and kept.

    Attributes:
        inputs: the topic whose partitions are owned.
        snapshots: where their snapshots go.
        load: partition → its state as of the end of its log.
        take: (partition, state, (offset, value) records) takes them in and sends what follows.
        pack: state → the offset that its snapshot reflects, and its bytes.
        read: (partition, first, last) → records of `inputs`; blocks.
        every_s: how often a state is snapshotted.
        most, within_s: records of a batch at the most, and how long they are waited for.
    """

    inputs: Topic
    snapshots: Topic
    load: Callable[[int], Awaitable[S]]
    take: Callable[[int, S, Records], Awaitable[None]]
    pack: Callable[[S], Awaitable[Whole]]
    read: Callable[[int, int, int], Iterable[tuple[int, bytes]]]
    every_s: float
    most: int = 200
    within_s: float = 0.01


@dataclass
class _Slot(Generic[S]):
    """One owned partition: its state once it is loaded, and when it was last snapshotted."""

    loading: asyncio.Task[S]
    saved_s: float = field(default_factory=monotonic)
    saved: int = -1
    saves: int = 0

    @property
    def state(self) -> S | None:
        """The state; None where it is not loaded."""
        done = self.loading.done() and not self.loading.cancelled()
        return self.loading.result() if done else None


class Owned(Generic[S]):
    """The states of the partitions that this worker was assigned."""

    def __init__(self, keeping: Keeping[S], delivery: Delivery, progress: Progress) -> None:
        """Own nothing yet."""
        self._keeping, self._delivery, self._progress = keeping, delivery, progress
        self._slots: dict[int, _Slot[S]] = {}

    def assign(self, assigned: Iterable[TP]) -> None:
        """Load the state of what is newly assigned."""
        for partition in self._ours(assigned):
            if partition not in self._slots:
                loading = self._keeping.load(partition)
                self._slots[partition] = _Slot(asyncio.ensure_future(loading))

    async def revoke(self, revoked: Iterable[TP]) -> None:
        """Snapshot and drop what is taken away."""
        slots = {part: self._slots.pop(part) for part in self._ours(revoked) if part in self._slots}
        for partition, slot in slots.items():
            await self._save(partition, slot)
            slot.loading.cancel()

    async def close(self) -> None:
        """Snapshot everything a last time, and let go of it."""
        for partition, slot in list(self._slots.items()):
            await self._save(partition, slot)

    async def run(self, stream: StreamT[Any]) -> None:
        """Take `stream` in, partition by partition, until it is stopped.

        Offsets are acknowledged after the whole batch is taken in.
        """
        async for events in batches_of(stream, self._keeping.most, self._keeping.within_s):
            by_partition: dict[int, Records] = {}
            for event in events:
                record = (event.message.offset, event.value or b"")
                by_partition.setdefault(event.message.partition, []).append(record)
            for partition, records in by_partition.items():
                await self.merge(partition, records)
            for event in events:
                await stream.ack(event)
                self._progress.processed(event.message.tp, event.message.offset)

    async def merge(self, partition: int, records: Records) -> None:
        """Take records of a partition in, with those that Faust left out."""
        state = await self.state(partition)
        if state is None:  # revoked a moment ago: its next owner reads these records itself
            return
        fresh = await self._whole(partition, state.offset, records)
        await self._keeping.take(partition, state, fresh)

    async def state(self, partition: int) -> S | None:
        """Return the state of a partition once it is loaded; None where it was taken away."""
        slot = self._slots.get(partition)
        if slot is None:
            return None
        try:
            return await asyncio.shield(slot.loading)
        except asyncio.CancelledError:
            if slot.loading.cancelled():
                return None
            raise

    def loading(self) -> list[TP]:
        """Return the owned partitions whose state is not there yet."""
        topic = self._keeping.inputs.name
        return [TP(topic, one) for one, slot in list(self._slots.items()) if slot.state is None]

    def loaded(self) -> dict[int, S]:
        """Return the states that are loaded, by partition."""
        found = {partition: slot.state for partition, slot in self._slots.items()}
        return {partition: state for partition, state in found.items() if state is not None}

    async def save(self) -> None:
        """Snapshot some of what is due: about as many a second as keeps every state recent."""
        now, left = monotonic(), math.ceil(len(self._slots) / self._keeping.every_s)
        for partition, slot in list(self._slots.items()):
            if left and now - slot.saved_s >= self._keeping.every_s:
                left -= await self._save(partition, slot)

    async def _save(self, partition: int, slot: _Slot[S]) -> bool:
        """Snapshot a state where it has changed; return whether it had.

        One that cannot be packed stops nothing: all of it stands on the log.
        """
        state = slot.state
        if state is None:
            return False
        slot.saved_s = monotonic()
        if state.changes == slot.saved:
            return False
        try:
            changes = state.changes
            offset, body = await self._keeping.pack(state)
        except (BusError, asyncio.CancelledError):
            raise
        except Exception:
            place = {"topic": self._keeping.inputs.name, "partition": partition}
            log.exception("snapshot_failed", **place, will="try again")
            return False
        slot.saved = changes
        slot.saves += 1
        parts = await asyncio.to_thread(parts_of, offset, body)
        topic = self._keeping.snapshots
        await self._delivery.send(snapshot_messages(topic, partition, slot.saves, parts))
        return True

    async def _whole(self, partition: int, known: int, records: Records) -> Records:
        """Return the records after offset `known`, with those that Faust left out."""
        fresh = [record for record in records if record[0] > known]
        if not fresh or fresh[-1][0] - known == len(fresh):
            return fresh
        first, last, topic = known + 1, fresh[-1][0], self._keeping.inputs.name
        log.error("records_left_out", topic=topic, partition=partition, first=first, last=last)
        read = self._keeping.read
        return await asyncio.to_thread(lambda: list(read(partition, first, last)))

    def _ours(self, tps: Iterable[TP]) -> list[int]:
        return [tp.partition for tp in tps if tp.topic == self._keeping.inputs.name]


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
