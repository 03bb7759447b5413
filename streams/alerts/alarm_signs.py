"""The ruler's sign of life on the way that alarms take, and what it makes of those of others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import msgspec

from citybrain.alerts.alarm_gaps import AlarmGaps
from citybrain.alerts.records import Episode
from citybrain.floor.alarm_path import RULER, AlarmPath, SignOfLife, read_sign
from citybrain.floor.clock import Clock
from citybrain.floor.errors import BusError
from citybrain.floor.topics import EPISODES, HEARTBEATS
from streams.alerts.owner_agent import AlertOwnerAgent, OwnedAlerts
from streams.runtime.delivery import BusMessage, Delivery

LOOK_TURNS = 3
"""Each so many turns the signs of others are looked at."""


class AlarmSigns:
    """Gives signs of life and tells of gaps, where this worker owns the alerts."""

    def __init__(
        self,
        alerts: AlertOwnerAgent,
        delivery: Delivery,
        clock: Clock,
        newest: Callable[[], Iterable[bytes]],
    ) -> None:
        """Write through `delivery`; `newest` reads the newest of `city.heartbeats`, and blocks."""
        self._alerts, self._delivery, self._clock, self._newest = alerts, delivery, clock, newest
        self._path, self._gaps = AlarmPath(clock.now()), AlarmGaps()
        self._knows, self._turns = False, 0

    async def turn(self) -> None:
        """Look at the signs of all, then give one: so a gap of its own is seen after a start."""
        if not (loaded := list(self._alerts.loaded().values())):
            self._knows, self._turns = False, 0
            return
        gaps = await self._gaps_told(loaded[0]) if self._turns % LOOK_TURNS == 0 else []
        self._turns += 1
        async with self._alerts.lock:  # who holds it for good stands
            sign = SignOfLife(RULER, self._clock.now())
        self._path.hear(sign)
        await self._delivery.send(
            [
                *(BusMessage(EPISODES, 0, one.rule.encode(), _encoded(one)) for one in gaps),
                BusMessage(HEARTBEATS, 0, RULER.encode(), _encoded(sign)),
            ]
        )

    async def _gaps_told(self, alerts: OwnedAlerts) -> list[Episode]:
        """Return what is to be told of gaps; while the broker is away there is nothing to see."""
        try:
            values = await asyncio.to_thread(lambda: list(self._newest()))
        except BusError:
            return []
        for sign in filter(None, map(read_sign, values)):
            self._path.hear(sign)
        if not self._knows:
            self._gaps.recall(one.episode for one in alerts.owner.records.values())
            self._knows = True
        now = self._clock.now()
        return self._gaps.look(self._path.standing(now), now)


def _encoded(record: object) -> bytes:
    return msgspec.json.encode(record)
