"""Tell the operators of claims that are set aside: by an alert of the platform, on the walls."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import msgspec
import structlog
from aiokafka.errors import KafkaError
from faust.exceptions import FaustError

from citybrain.alerts.rows_aside import RULE, RowsAside, RowsAsideAlerts
from citybrain.alerts.set_aside import ToWrite
from citybrain.floor.alarm_path import SIGN_EVERY_S, SINK, SignOfLife
from citybrain.floor.clock import Clock
from citybrain.floor.topics import EPISODES, HEARTBEATS
from sinks.claim_failures import ClaimAside

log = structlog.get_logger(__name__)


class AsideSigns:
    """What one sink tells of claims aside."""

    def __init__(
        self,
        name: str,
        clock: Clock,
        aside: Callable[[], Iterable[ClaimAside]],
        write: Callable[[Iterable[ToWrite]], Awaitable[None]],
    ) -> None:
        """Tell as the sink `name` what `aside` returns, by `write`."""
        self._process = f"{SINK}:{name}"
        self._clock, self._aside, self._write = clock, aside, write
        self._alerts = RowsAsideAlerts()
        self._left: list[ToWrite] = []
        self._signs = True  # the first says that what was before is over

    async def run(self) -> None:
        """Tell until cancelled; where nothing is aside nothing is written."""
        while True:
            try:
                await self.turn()
            except (KafkaError, FaustError, OSError) as error:
                log.warning("aside_not_told", error=str(error)[:200])  # tried again
            await asyncio.sleep(SIGN_EVERY_S)

    async def turn(self) -> None:
        """Tell once what there is to tell."""
        now = self._clock.now()
        aside = list(self._aside())
        by_topic: dict[str, RowsAside] = {}
        for one in sorted(aside, key=lambda one: one.since):
            known = by_topic.get(one.topic, RowsAside(*_first(one)))
            by_topic[one.topic] = known._replace(rows=known.rows + one.rows)
        self._left += [
            ToWrite(EPISODES, RULE.encode(), msgspec.json.encode(episode))
            for episode in self._alerts.look(by_topic, now)
        ]
        written = list(self._left)
        if self._signs or aside:
            since = min((one.since for one in aside), default=None)
            sign = SignOfLife(self._process, now, since)
            written.append(ToWrite(HEARTBEATS, self._process.encode(), msgspec.json.encode(sign)))
        await self._write(written)
        self._left.clear()
        self._signs = bool(aside)


def _first(one: ClaimAside) -> tuple[str, int, str, str, datetime]:
    return one.claim_id, 0, one.place, one.reason, one.since
