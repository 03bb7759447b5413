"""Second stage: owners merge `city.partials` and tell windows and feed health every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from citybrain.city.records import Feed
from citybrain.floor.clock import Clock, millis, monotonic
from citybrain.floor.results import encode_table
from citybrain.floor.topics import FEED_HEALTH, PARTIALS, SNAPSHOTS, WINDOWS, Topic
from streams.owned.owned import Keeping, Owned, Records
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.metrics import StreamMetrics
from streams.runtime.progress import Progress
from streams.windows.window_owner import WindowOwner
from streams.windows.window_snapshot import encode_snapshot

TAKE = 200
WITHIN_S = 0.05
SNAPSHOT_EVERY_S = 10.0
TELL_EVERY_S = 5.0
"""How often an owner tells; that the state of a feed changed is told within a second."""
ROWS_A_RECORD = 20_000


@dataclass(frozen=True)
class _Told:
    """What an owner told last: when, and the states of its feeds."""

    at_s: float
    states: dict[str, str]


class WindowOwners(Owned[WindowOwner]):
    """The owners of the partitions that this worker was assigned."""

    def __init__(
        self,
        load: Callable[[int], WindowOwner],
        delivery: Delivery,
        progress: Progress,
        metrics: StreamMetrics,
        *,
        clock: Clock,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
    ) -> None:
        """Own nothing yet.

        Args:
            load: partition → its owner as of the end of its log; runs in a thread.
            delivery: where results go.
            progress: how far each partition is.
            metrics: what is counted.
            clock: the present instant.
            read: (partition, first, last) → (offset, value) of records of `city.partials`.
        """
        self._metrics, self._clock = metrics, clock
        self._undecodable: dict[int, int] = {}
        self._told: dict[int, _Told] = {}
        keeping = Keeping(
            PARTIALS,
            SNAPSHOTS,
            load=lambda partition: asyncio.to_thread(load, partition),
            take=self._merge,
            pack=self._pack,
            read=read,
            every_s=SNAPSHOT_EVERY_S,
            most=TAKE,
            within_s=WITHIN_S,
        )
        super().__init__(keeping, delivery, progress)

    async def reload(self, feeds: Callable[[WindowOwner], Sequence[Feed]]) -> None:
        """Have each owner expect the feeds that `feeds` returns for it from now on."""
        for partition in list(self._slots):
            owner = await self.state(partition)
            if owner is not None:
                owner.reload(feeds(owner))

    async def close(self) -> None:
        """Tell and snapshot everything a last time."""
        self._told.clear()
        await self.tick()
        await super().close()

    async def tick(self) -> None:
        """Tell what every loaded owner has to tell by now, then snapshot what is due."""
        now_ms = millis(self._clock.now())
        backlog = self._progress.backlog()
        messages: list[BusMessage] = []
        for partition, owner in self.loaded().items():
            states = owner.states(now_ms, backlog)
            if not self._is_due(partition, states):
                continue
            self._told[partition] = _Told(monotonic(), states)
            tick = owner.tick(now_ms, backlog)
            messages.extend(_messages(WINDOWS, partition, tick.windows))
            messages.extend(_messages(FEED_HEALTH, partition, tick.health))
            self._count(partition, owner, tick.windows.num_rows)
        await self._delivery.send(messages)
        await self.save()

    def _is_due(self, partition: int, states: dict[str, str]) -> bool:
        told = self._told.get(partition)
        return told is None or told.states != states or monotonic() - told.at_s >= TELL_EVERY_S

    async def _merge(self, _partition: int, owner: WindowOwner, records: Records) -> None:
        owner.merge(records)
        refused, owner.refused = owner.refused, []
        await self._delivery.put_aside(refused)

    async def _pack(self, owner: WindowOwner) -> tuple[int, bytes]:
        snapshot = owner.snapshot(millis(self._clock.now()))
        return snapshot.offset, encode_snapshot(snapshot)

    def _count(self, partition: int, owner: WindowOwner, results: int) -> None:
        self._metrics.results.inc(results)
        self._metrics.late.labels(partition).set(owner.late)
        before = self._undecodable.get(partition, 0)
        self._metrics.undecodable.labels(PARTIALS.name).inc(max(0, owner.undecodable - before))
        self._undecodable[partition] = owner.undecodable


def _messages(topic: Topic, partition: int, table: pa.Table) -> list[BusMessage]:
    """Return `table` as records; one holds results of all departments of the partition."""
    key = f"owner:{partition}".encode()
    return [
        BusMessage(topic, partition, key, encode_table(table.slice(start, ROWS_A_RECORD)))
        for start in range(0, table.num_rows, ROWS_A_RECORD)
    ]
