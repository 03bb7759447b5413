"""Bring a shard of the rules up to date, and tell what stands after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.city import City
from citybrain.floor.topics import RULE_INPUTS, RULE_SNAPSHOTS
from streams.owned.restoring import End, Read, Restoring
from streams.ruling.rulebook import Rulebook
from streams.ruling.shard import Shard


@dataclass
class _RestoredShard:
    """A shard while it reads on, and the last that it told of each alert."""

    shard: Shard
    last: dict[str, Episode] = field(default_factory=dict)

    def follow(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Take records in; only what stands in the end is told.

        What ended meanwhile must not seem to begin anew.
        """
        told = [one for one in self.shard.merge(records) if isinstance(one, Episode)]
        self.last |= {episode.alert: episode for episode in told}


class ShardRecovery:
    """Loads shards from Kafka, in a thread; waits for Kafka as long as it takes.

    Attributes:
        city: whose they are.
        rulebook: the rules that a shard starts with.
    """

    def __init__(
        self, read: Read, end: End, *, city: City, rulebook: Rulebook, partitions: int
    ) -> None:
        """Load for `rulebook`."""
        self.city, self.rulebook = city, rulebook
        self._partitions = partitions
        self._restoring = Restoring(
            RULE_SNAPSHOTS,
            RULE_INPUTS,
            read,
            end,
            new=self._new,
            restore=lambda one, offset, state: one.shard.restore(offset, state),
            follow=_RestoredShard.follow,
            position=lambda one: one.shard.offset,
        )

    def load(self, number: int) -> tuple[Shard, list[Episode | OpenAlertsOfShard]]:
        """Return the shard as of the end of its log, and all that it told on the way.

        The last of it is what stands: whoever heard things that later data undid while nobody
        could say so learns it from that.
        """
        found = self._restoring.load(number)
        return found.shard, [*found.last.values(), *found.shard.standing()]

    def _new(self, number: int) -> _RestoredShard:
        return _RestoredShard(Shard(number, self.rulebook, self.city, self._partitions))
