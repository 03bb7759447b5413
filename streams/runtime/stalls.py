"""Find out whether the worker stands still; Kafka is asked by another way than Faust's."""

from __future__ import annotations

import asyncio

from faust import App
from faust.types import TP

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.stall import Stall
from streams.runtime.progress import Progress

STALL_S = 60.0
LOOK_S = 5.0
_ASSIGNMENT = TP("assignment", -1)


class Stalls:
    """Finds out whether the worker stands still."""

    def __init__(self, settings: Settings, app: App, progress: Progress) -> None:
        """Watch `progress` of `app`."""
        self._settings = settings
        self._app = app
        self._progress = progress
        self._stall: Stall[TP] = Stall(STALL_S)

    async def look(self, now_s: float) -> str:
        """Return why the worker counts as stalled at `now_s`; "" where it does not."""
        positions: dict[TP, int] = {}
        try:
            async with asyncio.timeout(LOOK_S):
                positions = await self._progress.look()
        except TimeoutError:  # the consumer's thread does not answer: judge by what is known
            positions = self._progress.positions()
        ends = await asyncio.to_thread(self._ends, list(positions))
        if ends is None:
            self._stall.forget()
            return ""
        positions[_ASSIGNMENT] = 0
        stalled = self._stall.look(now_s, positions, ends)
        return ", ".join(_words(tp, positions, ends) for tp in stalled)

    def _ends(self, tps: list[TP]) -> dict[TP, int] | None:
        """Return the logs' ends, None without a broker; the assignment is at 1 while awaited."""
        try:
            found = bus.end_offsets(self._settings, [(tp.topic, tp.partition) for tp in tps])
        except BusError:
            return None
        ends = {tp: found[tp.topic, tp.partition] for tp in tps}
        ends[_ASSIGNMENT] = int(self._app.rebalancing or self._progress.assigned is None)
        return ends


def _words(tp: TP, positions: dict[TP, int], ends: dict[TP, int]) -> str:
    if tp == _ASSIGNMENT:
        return f"no partitions assigned for {STALL_S:.0f} s"
    waiting = f"{tp.topic}[{tp.partition}] stands at {positions[tp]} of {ends[tp]}"
    return f"{waiting} for {STALL_S:.0f} s"
