"""The cases' owner as a worker: it owns `city.commands`, as far as they are about cases."""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.case_snapshot import CasesSnapshot
from citybrain.floor.topics import AUDIT, CASE_SNAPSHOTS, CASES, COMMANDS
from streams.cases.case_owner import CaseOwner
from streams.owned.outcome import InputOutcome
from streams.owned.owned import Records
from streams.owned.records_agent import OwnerWays, RecordsAgent
from streams.runtime.delivery import Delivery
from streams.runtime.progress import Progress

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

    def __init__(self, ways: OwnerWays[OwnedCases], delivery: Delivery, progress: Progress) -> None:
        """Own nothing yet; see `RecordsAgent`."""
        super().__init__(
            *(ways, delivery, progress), inputs=COMMANDS, snapshots=CASE_SNAPSHOTS, stages=STAGES
        )

    async def tick(self) -> None:
        """Do what time brings."""
        for cases in self.loaded().values():
            async with self.lock:
                await self.write(cases, cases.owner.tick(self.clock.now()))
            await self.on_time(cases)

    async def reload(self, engine: CaseEngine) -> None:
        """Decide by `engine` from now on, where there are cases."""
        for partition in list(self._slots):
            cases = await self.state(partition)
            if cases is not None:
                async with self.lock:
                    await self.write(cases, cases.owner.reload(engine))

    async def take(self, partition: int, cases: OwnedCases, records: Records) -> None:
        """Take commands in."""
        del partition
        await self.heed(cases, records)
