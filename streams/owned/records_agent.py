"""An owner of records as a part of a worker: inputs and commands in, what follows from them out.

The inputs and `city.commands` must have one owner together. Faust might give them to two workers;
so it assigns the inputs alone, and whoever owns their partition reads the commands by itself, with
a plain consumer. Where commands are all the inputs there are, Faust assigns those.

What an input leads to is written in stages: first what follows from it, then the steps of records,
then audit entries. What is written again after a crash has the same key; a step says that its
input is done, and an entry that its command is, so what a crash left undone is done when the input
is read again. One record that raises costs only itself: what it changed in memory is taken back, it
goes to the dead letters, and who waits for it is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

import msgspec
import structlog
from faust.types import TP

from citybrain.floor.clock import Clock
from citybrain.floor.dead_letters import FailedRecord, failed_record
from citybrain.floor.errors import CityBrainError
from citybrain.floor.topics import AUDIT, COMMANDS, Topic
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Command
from streams.owned.outcome import InputOutcome
from streams.owned.owned import Keeping, Owned, OwnedState
from streams.owned.records_owner import RecordsOwner
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.progress import Progress

log = structlog.get_logger(__name__)

_COMMAND = msgspec.json.Decoder(Command)
Commands = Callable[[int], AsyncIterator[Sequence[tuple[int, bytes]]]]
"""Offset → (offset, value) of the records of `city.commands` from there on, as they come."""


class OwnedRecords(OwnedState, Protocol):
    """The state of an owner of records.

    Attributes:
        commands: offset of `city.commands` from which to read on.
    """

    commands: int

    @property
    def owner(self) -> RecordsOwner[Any, Any]:
        """The owner of the records."""
        ...

    def note_change(self) -> None:
        """Take note that there is something to be snapshotted."""
        ...


S = TypeVar("S", bound=OwnedRecords)


class RecordsAgent(Owned[S]):
    """Owns the records while this worker owns their inputs."""

    def __init__(  # noqa: PLR0913  the parts that it connects
        self,
        keeping: Keeping[S],
        delivery: Delivery,
        progress: Progress,
        *,
        stages: Sequence[tuple[Topic, ...]],
        seal: CommandSeal,
        clock: Clock,
        commands: Commands | None = None,
    ) -> None:
        """Own nothing yet.

        Args:
            keeping: how the state is fed and kept.
            delivery: where everything is written.
            progress: how far the inputs are.
            stages: topics in the order in which they are written; those of one at once.
            commands: reads `city.commands`; None: they are the inputs.
            seal: tells which of them were signed.
            clock: the present instant.
        """
        super().__init__(keeping, delivery, progress)
        self.clock, self.lock = clock, asyncio.Lock()
        self._stages, self._commands, self._seal = stages, commands, seal
        self._listening: dict[int, asyncio.Task[None]] = {}

    def assign(self, assigned: Iterable[TP]) -> None:
        """Restore the records where their inputs are newly assigned, and listen to commands."""
        super().assign(assigned)
        if self._commands is None:
            return
        for partition in self._slots:
            if partition not in self._listening:
                listening = asyncio.ensure_future(self._listen(partition, self._commands))
                self._listening[partition] = listening

    async def revoke(self, revoked: Iterable[TP]) -> None:
        """Let go of the records where their inputs are taken away."""
        for partition in self._ours(revoked):
            if (listening := self._listening.pop(partition, None)) is not None:
                listening.cancel()
        await super().revoke(revoked)

    async def close(self) -> None:
        """Snapshot the records a last time and let go of them."""
        await self.revoke([TP(self._keeping.inputs.name, partition) for partition in self._slots])

    async def on_time(self, state: S) -> None:
        """Do what is due; what comes meanwhile has its turn in between."""
        now = self.clock.now()
        while state.owner.waits(now) and state in self.loaded().values():
            async with self.lock:
                await self.write(state, state.owner.on_time(now))

    async def heed(self, state: S, records: Sequence[tuple[int, bytes]]) -> None:
        """Take (offset, value) records of `city.commands` in."""
        async with self.lock:
            outcome = InputOutcome()
            for offset, value in records:
                state.commands = offset + 1
                outcome.join(self._commanded(state, offset, value))
            await self.write(state, outcome)

    async def write(self, state: S, outcome: InputOutcome) -> None:
        """Write what an input led to, stage by stage."""
        if any(one.topic in (state.owner.steps, AUDIT) for one in outcome.outputs):
            state.note_change()
        for topics in self._stages:
            messages = [
                BusMessage(topic, 0, one.key.encode(), one.value)
                for topic in topics
                for one in outcome.on(topic)
            ]
            await self._delivery.send(messages)
        await self._delivery.put_aside(outcome.failures)

    def attempt(
        self, state: S, act: Callable[[], InputOutcome], failed: Callable[[Exception], FailedRecord]
    ) -> InputOutcome:
        """Return what `act` leads to; one that raises changed nothing and stops no other."""
        try:
            with state.owner.undo.attempt():
                return act()
        except Exception as error:
            if not isinstance(error, (CityBrainError, msgspec.MsgspecError)):
                log.exception("input_failed")
            return InputOutcome(failures=[failed(error)])

    def _commanded(self, state: S, offset: int, value: bytes) -> InputOutcome:
        now = self.clock.now()

        def act() -> InputOutcome:
            command = _COMMAND.decode(value)
            if command.noun != state.owner.noun:
                return InputOutcome()  # another owner's
            cause, unsigned = f"{COMMANDS.name}/0/{offset}", self._seal.refusal(command)
            if unsigned is not None:
                log.warning("command_not_signed", cause=cause, claims=command.actor.user)
            return state.owner.take_command(command, cause, now, unsigned)

        return self.attempt(state, act, partial(failed_record, COMMANDS, 0, offset, value))

    async def _listen(self, partition: int, commands: Commands) -> None:
        state = await self.state(partition)
        if state is not None:
            async for records in commands(state.commands):
                await self.heed(state, records)
