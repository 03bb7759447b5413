"""Second stage of the rules: shards read `city.rule-inputs` and tell episodes.

Each partition has one shard among the workers. Its state comes from the newest snapshot on
`city.rule-snapshots` and from what stands on the partition behind it; what Faust has committed
does not matter, and what it delivers again is skipped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
import structlog
from faust.types import TP, StreamT

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.floor.clock import monotonic
from citybrain.floor.topics import EPISODES, RULE_INPUTS, RULE_SNAPSHOTS
from streams.ruling.rulebook import Rulebook
from streams.ruling.shard import Shard, parts_of
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.owned import Records, run_owned, snapshot_messages, whole
from streams.runtime.progress import Progress

log = structlog.get_logger(__name__)

TAKE = 200
WITHIN_S = 0.01
SNAPSHOT_EVERY_S = 30.0
Load = Callable[[int], tuple[Shard, list[Episode | OpenAlertsOfShard]]]


@dataclass
class OwnedShard:
    """One shard of this worker: loaded or loading, and when it was last snapshotted."""

    loading: asyncio.Task[Shard]
    saved_s: float = field(default_factory=monotonic)
    saved_offset: int = -1
    saves: int = 0


class Shards:
    """The shards of the partitions that this worker was assigned."""

    def __init__(
        self,
        load: Load,
        delivery: Delivery,
        progress: Progress,
        *,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Own nothing yet.

        Args:
            load: partition → its shard as of the end of its log, and what it told on the way;
                runs in a thread.
            delivery: where episodes and snapshots go.
            progress: how far each partition is.
            read: (partition, first, last) → (offset, value) of records of `city.rule-inputs`.
        """
        self._load, self._delivery, self._progress, self._read = load, delivery, progress, read
        self._slots: dict[int, OwnedShard] = {}

    def assign(self, assigned: Iterable[TP]) -> None:
        """Load the shards of what is newly assigned."""
        for tp in assigned:
            if tp.topic == RULE_INPUTS.name and tp.partition not in self._slots:
                task = asyncio.create_task(self._loaded(tp.partition))
                self._slots[tp.partition] = OwnedShard(task)

    async def revoke(self, revoked: Iterable[TP]) -> None:
        """Snapshot and drop what is taken away."""
        for tp in revoked:
            slot = self._slots.pop(tp.partition, None) if tp.topic == RULE_INPUTS.name else None
            if slot is not None:
                await self._save(tp.partition, slot)
                slot.loading.cancel()

    async def close(self) -> None:
        """Snapshot everything a last time."""
        for partition, slot in self._slots.items():
            await self._save(partition, slot)

    async def run(self, stream: StreamT[Any]) -> None:
        """Take `stream` in until it is stopped."""
        await run_owned(stream, (TAKE, WITHIN_S), self._merge, self._progress)

    async def save(self) -> None:
        """Snapshot the shard whose turn it is: one a call, so that no moment does them all."""
        now = monotonic()
        for partition, slot in self._slots.items():
            if now - slot.saved_s >= SNAPSHOT_EVERY_S:
                await self._save(partition, slot)
                return

    async def reload(self, rulebook: Rulebook) -> None:
        """Run the rules of `rulebook` from now on."""
        for slot in self._slots.values():
            shard = await asyncio.shield(slot.loading)
            await self._tell(shard.reload(rulebook))

    def shards(self) -> dict[int, Shard]:
        """Return the shards that are loaded, by partition."""
        return {
            partition: slot.loading.result()
            for partition, slot in self._slots.items()
            if slot.loading.done() and not slot.loading.cancelled()
        }

    async def _loaded(self, partition: int) -> Shard:
        shard, told = await asyncio.to_thread(self._load, partition)
        await self._tell(told)
        return shard

    async def _merge(self, partition: int, records: Records) -> None:
        slot = self._slots.get(partition)
        if slot is None:  # revoked a moment ago: its next owner reads these records itself
            return
        try:
            shard = await asyncio.shield(slot.loading)
        except asyncio.CancelledError:
            if slot.loading.cancelled():
                return
            raise
        read = partial(self._read, partition)
        fresh = await whole(RULE_INPUTS, partition, shard.offset, records, read)
        await self._tell(shard.merge(fresh))

    async def _tell(self, told: Sequence[Episode | OpenAlertsOfShard]) -> None:
        await self._delivery.send(
            [BusMessage(EPISODES, 0, _key(one), msgspec.json.encode(one)) for one in told]
        )

    async def _save(self, partition: int, slot: OwnedShard) -> None:
        if not slot.loading.done() or slot.loading.cancelled():
            return
        shard = slot.loading.result()
        slot.saved_s = monotonic()
        if shard.offset == slot.saved_offset:
            return
        slot.saved_offset, state = shard.snapshot()
        slot.saves += 1
        parts = await asyncio.to_thread(parts_of, slot.saved_offset, state)
        await self._delivery.send(snapshot_messages(RULE_SNAPSHOTS, partition, slot.saves, parts))


def _key(told: Episode | OpenAlertsOfShard) -> bytes:
    return (told.rule if isinstance(told, Episode) else f"standing:{told.shard}").encode()
