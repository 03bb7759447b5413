"""The two engines of a shard: one for what happens, one for exercises; same rules, kept apart.

Events of a drill neither raise nor hide a real alert, also where they are of the same street. The
engine of exercises is there from a drill's first event on until some hours after its last.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import dropwhile
from typing import Any

from citybrain.alerts.records import EXERCISE, Episode, OpenAlertsOfShard
from citybrain.city import City
from citybrain.floor.clock import from_millis
from citybrain.rules.rule import Rule
from streams.ruling.engine import RuleEngine
from streams.ruling.intake.inputs import Excerpt, Pulse

REST_MS = 6 * 3_600_000
"""After so long without an event of a drill, what it left open is over."""


class ShardEngines:
    """The engines of one shard.

    Attributes:
        real: the engine of what happens.
    """

    def __init__(self, rules: Iterable[Rule], city: City, *, partitions: int, shard: str) -> None:
        """Judge by `rules`; nothing is known.

        Args:
            rules: the rules of this shard.
            city: whose feeds, kinds and areas they speak of; feeds of origin exercise are drills.
            partitions: how many partitions `city.events` has.
            shard: the shard's name.
        """
        self._rules, self._city = tuple(rules), city
        self._partitions, self._shard = partitions, shard
        self._feeds = frozenset(
            feed.id for feed in city.feeds.values() if feed.origin == "exercise"
        )
        self.real = RuleEngine(self._rules, city, partitions=partitions, shard=shard)
        self._drill: RuleEngine | None = None
        self._heard_ms = 0

    def take(self, records: Sequence[Excerpt | Pulse]) -> list[Episode | OpenAlertsOfShard]:
        """Take records of the shard in, in their order; return what is to be told."""
        real = self.real.take([one for one in records if not self._is_drill(one)])
        if self._drill is None:  # what came before the first event of a drill is none of its own
            records = list(dropwhile(lambda one: not self._is_drill(one), records))
            self._drill = self._exercise() if records else None
        return [*real, *(self._drilled(self._drill, records) if self._drill else ())]

    def rules(self, rules: Iterable[Rule]) -> list[Episode]:
        """Judge by `rules` from now on; return what is to be told."""
        self._rules = tuple(rules)
        told = self.real.rules(self._rules)
        return told if self._drill is None else told + self._drill.rules(self._rules)

    def standing(self) -> list[OpenAlertsOfShard]:
        """Return which alerts are open, for who may have missed that others are not."""
        told_at = from_millis(self.real.now_ms)
        drill = () if self._drill is None else tuple(self._drill.standing())
        return [
            OpenAlertsOfShard(shard=self._shard, open=tuple(self.real.standing()), told_at=told_at),
            OpenAlertsOfShard(shard=_name(self._shard), open=drill, told_at=told_at),
        ]

    def pack(self) -> dict[str, Any]:
        """Return all that is known as plain msgpack values."""
        drill = None if self._drill is None else self._drill.pack()
        return {"real": self.real.pack(), "drill": drill, "heard_ms": self._heard_ms}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned."""
        self.real.unpack(state["real"])
        self._heard_ms = state["heard_ms"]
        if state["drill"] is not None:
            self._drill = self._exercise()
            self._drill.unpack(state["drill"])

    def _drilled(
        self, drill: RuleEngine, records: Sequence[Excerpt | Pulse]
    ) -> list[Episode | OpenAlertsOfShard]:
        of_drill = [one for one in records if isinstance(one, Pulse) or self._is_drill(one)]
        told: list[Episode | OpenAlertsOfShard] = [*drill.take(of_drill)]
        instants = (one.header.received_ms for one in of_drill if isinstance(one, Excerpt))
        self._heard_ms = max((self._heard_ms, *instants))
        if drill.now_ms - self._heard_ms > REST_MS:
            told += drill.rules(())  # its quarantine goes with it
            self._drill = None
            told.append(self.standing()[1])
        return told

    def _is_drill(self, record: Excerpt | Pulse) -> bool:
        return isinstance(record, Excerpt) and record.header.feed in self._feeds

    def _exercise(self) -> RuleEngine:
        shard, partitions = _name(self._shard), self._partitions
        return RuleEngine(
            self._rules, self._city, partitions=partitions, shard=shard, exercise=True
        )


def _name(shard: str) -> str:
    return f"{shard}{EXERCISE}"
