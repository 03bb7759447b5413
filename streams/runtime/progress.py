"""How far the worker has come in each of its partitions, and how much waits there.

Told in the worker's heartbeat; whether that is enough is for who looks from outside.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterable

from aiokafka.errors import KafkaError
from faust import App
from faust.types import TP

from citybrain.floor.heartbeat import PartProgress
from citybrain.floor.topics import EVENTS
from streams.runtime.metrics import StreamMetrics

LOOK_S = 5.0
ASSIGNMENT = "assignment"
BROKER = "the broker"
STATE = "the state of its partition"


class Progress:
    """Positions of the partitions that the worker was assigned."""

    def __init__(self, app: App, metrics: StreamMetrics) -> None:
        """Ask `app` where logs end."""
        self._app = app
        self._metrics = metrics
        self._positions: dict[TP, int] = {}
        self._assignments = 0
        self.assigned: frozenset[TP] | None = None

    def assign(self, assigned: Iterable[TP]) -> None:
        """Take note of a new assignment: Faust reads on from what was committed."""
        self.assigned = frozenset(assigned)
        self._assignments += 1
        self._positions.clear()

    def processed(self, tp: TP, offset: int) -> None:
        """Take note that everything up to `offset` is done."""
        if tp in (self.assigned or ()):
            self._positions[tp] = offset + 1

    def position(self, tp: TP) -> int | None:
        """Return the offset that is to be processed next; None before it is known."""
        return self._positions.get(tp)

    async def look(self) -> dict[TP, int]:
        """Return the next offset of each assigned partition, and publish the lags."""
        for tp in self.assigned or ():
            if tp not in self._positions:
                position = await self._app.consumer.position(tp)
                if position is not None and tp in (self.assigned or ()):
                    self._positions.setdefault(tp, position)
            self._metrics.lag.labels(tp.topic, tp.partition).set(self.lag(tp))
        return self.positions()

    async def look_around(self) -> None:
        """Look, where the consumer's thread answers soon; else what is known stays."""
        try:
            async with asyncio.timeout(LOOK_S):
                await self.look()
        except TimeoutError:
            return

    def parts(self, waits: str, tried: int, loading: Container[TP]) -> dict[str, PartProgress]:
        """Return how far the assignment and each partition is, for the heartbeat.

        Args:
            waits: what all of them wait for; "": nothing.
            tried: how often it was tried meanwhile.
            loading: partitions whose state is not there yet.
        """
        is_open = self._app.rebalancing or self.assigned is None
        end = self._assignments + is_open
        turn = PartProgress(self._assignments, end, waits_for=waits, tried=tried, of_broker=True)
        found = {ASSIGNMENT: turn}
        for tp, done in self.positions().items():
            awaits = STATE if tp in loading else waits
            found[f"{tp.topic}[{tp.partition}]"] = PartProgress(
                done, topic=tp.topic, partition=tp.partition, waits_for=awaits, tried=tried
            )
        return found

    def positions(self) -> dict[TP, int]:
        """Return the next offset of each partition where it is known."""
        return dict(self._positions)

    def behind(self, tp: TP, offset: int) -> int:
        """Return how many records stand behind `offset`, as far as Kafka told."""
        if tp not in (self.assigned or ()):
            return 0
        try:
            end = self._app.consumer.highwater(tp)
        except (AssertionError, KafkaError):  # the assignment changed a moment ago
            return 0
        return max(0, (end or 0) - offset - 1)

    def lag(self, tp: TP) -> int:
        """Return how many records of `tp` wait; 0 where it is not known."""
        position = self._positions.get(tp)
        return 0 if position is None else self.behind(tp, position - 1)

    def backlog(self) -> dict[int, int]:
        """Return the lag of each partition of `city.events` that this worker reads."""
        known = [tp for tp in self._positions if tp.topic == EVENTS.name]
        return {tp.partition: self.lag(tp) for tp in known}
