"""The cases' owner as a worker: it owns `city.commands`, as far as they are about cases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import msgspec

from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.case_snapshot import CasesSnapshot
from citybrain.floor.clock import Clock
from citybrain.floor.topics import AUDIT, CASE_SNAPSHOTS, CASES, COMMANDS
from citybrain.workflow.command_seal import CommandSeal
from streams.cases.case_owner import CaseOwner
from streams.owned.outcome import InputOutcome
from streams.owned.owned import Keeping, Records
from streams.owned.records_agent import RecordsAgent
from streams.runtime.delivery import Delivery
from streams.runtime.progress import Progress

TAKE = 500
WITHIN_S = 0.005
SNAPSHOT_EVERY_S = 60.0
STAGES = ((CASES,), (AUDIT,))
"""What happened; who wanted it."""


@dataclass(eq=False)
class OwnedCases:
    """The cases as they were restored, with what is said of them.

    Attributes:
        owner: of the cases.
        commands: offset from which to read on.
        begun: what could not be taken over when they were restored.
        changes: rises with whatever is to be snapshotted.
    """

    owner: CaseOwner
    commands: int
    begun: InputOutcome = field(default_factory=InputOutcome)
    changes: int = -1

    @property
    def offset(self) -> int:
        """The last record of `city.commands` that is taken in."""
        return self.commands - 1

    def note_change(self) -> None:
        """Take note that there is something to be snapshotted."""
        self.changes += 1

    def snapshot(self) -> bytes:
        """Return all that is known."""
        kept = CasesSnapshot(list(self.owner.records.values()), self.commands)
        return msgspec.msgpack.encode(kept)


class CaseOwnerAgent(RecordsAgent[OwnedCases]):
    """Owns the cases while this worker owns `city.commands`."""

    def __init__(  # noqa: PLR0913  the parts that it connects
        self,
        load: Callable[[], OwnedCases],
        delivery: Delivery,
        progress: Progress,
        *,
        read: Callable[[int, int, int], Iterable[tuple[int, bytes]]],
        seal: CommandSeal,
        end: Callable[[], int],
        clock: Clock,
    ) -> None:
        """Own nothing yet.

        Args:
            load: restores the cases; runs in a thread.
            delivery: where everything is written.
            progress: how far `city.commands` is.
            read: (partition, first, last) → (offset, value) of records of `city.commands`.
            seal: tells which of them were signed.
            end: returns the offset that the next record of `city.cases` will get.
            clock: the present instant.
        """
        self._load_cases, self._end = load, end
        keeping = Keeping(
            COMMANDS,
            CASE_SNAPSHOTS,
            load=self._load,
            take=self._take,
            pack=self._pack,
            read=read,
            every_s=SNAPSHOT_EVERY_S,
            most=TAKE,
            within_s=WITHIN_S,
        )
        super().__init__(keeping, delivery, progress, stages=STAGES, seal=seal, clock=clock)

    async def tick(self) -> None:
        """Do what time brings."""
        for cases in self.loaded().values():
            async with self.lock:
                await self.write(cases, cases.owner.tick(self.clock.now()))
            await self.on_time(cases)

    async def reload(self, engine: CaseEngine, clocks: CaseClocks) -> None:
        """Decide by these from now on, where there are cases."""
        for partition in list(self._slots):
            cases = await self.state(partition)
            if cases is not None:
                async with self.lock:
                    await self.write(cases, cases.owner.reload(engine, clocks))

    async def _load(self, _partition: int) -> OwnedCases:
        cases = await asyncio.to_thread(self._load_cases)
        await self.write(cases, cases.begun)
        return cases

    async def _pack(self, cases: OwnedCases) -> tuple[int, bytes]:
        # Asked before: what is written meanwhile is read again at the next start, and known then.
        written = await asyncio.to_thread(self._end) - 1
        async with self.lock:
            return written, cases.snapshot()

    async def _take(self, _partition: int, cases: OwnedCases, records: Records) -> None:
        await self.heed(cases, records)
