"""Second stage of the rules: shards read `city.rule-inputs` and tell episodes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence

import msgspec

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.city import City
from citybrain.floor.topics import EPISODES, RULE_INPUTS, RULE_SNAPSHOTS
from streams.owned.owned import Keeping, Owned, Records
from streams.ruling.rulebook import Rulebook
from streams.ruling.shard import Shard
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.progress import Progress

SNAPSHOT_EVERY_S = 30.0
Told = Sequence[Episode | OpenAlertsOfShard]
Load = Callable[[int], tuple[Shard, Told]]


class Shards(Owned[Shard]):
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
            load: number → the shard as of the end of its log, and what it has to tell; in a thread.
            delivery: where episodes and snapshots go.
            progress: how far each partition is.
            read: (partition, first, last) → (offset, value) of records of `city.rule-inputs`.
        """
        self._load_shard = load
        keeping = Keeping(
            RULE_INPUTS,
            RULE_SNAPSHOTS,
            load=self._load,
            take=self._take,
            pack=_packed,
            read=read,
            every_s=SNAPSHOT_EVERY_S,
        )
        super().__init__(keeping, delivery, progress)

    async def reload(self, rulebook: Rulebook, city: City) -> None:
        """Run the rules of `rulebook` in `city` from now on."""
        for partition in list(self._slots):
            shard = await self.state(partition)
            if shard is not None:
                await self._tell(shard.reload(rulebook, city))

    async def _load(self, partition: int) -> Shard:
        shard, told = await asyncio.to_thread(self._load_shard, partition)
        await self._tell(told)
        return shard

    async def _take(self, _partition: int, shard: Shard, records: Records) -> None:
        told = shard.merge(records)
        refused, shard.refused = shard.refused, []
        await self._delivery.put_aside(refused)
        await self._tell(told)

    async def _tell(self, told: Told) -> None:
        await self._delivery.send(
            [BusMessage(EPISODES, 0, _key(one), msgspec.json.encode(one)) for one in told]
        )


async def _packed(shard: Shard) -> tuple[int, bytes]:
    return shard.snapshot()


def _key(told: Episode | OpenAlertsOfShard) -> bytes:
    return (told.rule if isinstance(told, Episode) else f"standing:{told.shard}").encode()
