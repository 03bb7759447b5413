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
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, Protocol, TypeVar

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
from streams.owned.owned import Keeping, Owned, OwnedState, Records
from streams.owned.records_owner import RecordsOwner
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.progress import Progress

log = structlog.get_logger(__name__)

_COMMAND = msgspec.json.Decoder(Command)
Commands = Callable[[int], AsyncIterator[Sequence[tuple[int, bytes]]]]
"""Offset → (offset, value) of the records of `city.commands` from there on, as they come."""


SNAPSHOT_EVERY_S = 60.0
MOST = 500


class OwnedRecords(OwnedState, Protocol):
    """The state of an owner of records.

    Attributes:
        commands: offset of `city.commands` from which to read on.
        begun: what could not be taken over when it was restored.
    """

    commands: int
    begun: InputOutcome

    @property
    def owner(self) -> RecordsOwner[Any, Any]:
        """The owner of the records."""
        ...

    def note_change(self) -> None:
        """Take note that there is something to be snapshotted."""
        ...

    def snapshot(self) -> bytes:
        """Return all that is known."""
        ...


S = TypeVar("S", bound=OwnedRecords)


@dataclass(frozen=True)
class OwnerWays(Generic[S]):
    """How an owner of records meets Kafka and time.

    Attributes:
        load: restores the state; runs in a thread.
        read: (partition, first, last) → (offset, value) of records of its inputs; blocks.
        end: returns the offset that the next step will get; blocks.
        seal: tells which commands were signed.
        clock: the present instant.
        commands: reads `city.commands`; None: they are the inputs.
    """

    load: Callable[[], S]
    read: Callable[[int, int, int], Iterable[tuple[int, bytes]]]
    end: Callable[[], int]
    seal: CommandSeal
    clock: Clock
    commands: Commands | None = None


class RecordsAgent(Owned[S], ABC):
    """Owns the records while this worker owns their inputs."""

    def __init__(
        self,
        ways: OwnerWays[S],
        delivery: Delivery,
        progress: Progress,
        *,
        inputs: Topic,
        snapshots: Topic,
        stages: Sequence[tuple[Topic, ...]],
    ) -> None:
        """Own nothing yet.

        Args:
            ways: how it meets Kafka and time.
            delivery: where everything is written.
            progress: how far the inputs are.
            inputs: the topic whose one partition is owned.
            snapshots: where snapshots go.
            stages: topics in the order in which they are written; those of one at once.
        """
        keeping = Keeping(
            inputs,
            snapshots,
            load=self._load,
            take=self.take,
            pack=self._pack,
            read=ways.read,
            every_s=SNAPSHOT_EVERY_S,
            most=MOST,
        )
        super().__init__(keeping, delivery, progress)
        self.clock, self.lock = ways.clock, asyncio.Lock()
        self._ways, self._stages = ways, stages
        self._listening: dict[int, asyncio.Task[None]] = {}

    @abstractmethod
    async def take(self, partition: int, state: S, records: Records) -> None:
        """Take (offset, value) records of the inputs in, and write what follows."""

    async def begun(self, state: S) -> None:
        """Write what is to be written once `state` is restored, as after a crash."""
        await self.write(state, state.begun)

    def assign(self, assigned: Iterable[TP]) -> None:
        """Restore the records where their inputs are newly assigned, and listen to commands."""
        super().assign(assigned)
        commands = self._ways.commands
        if commands is None:
            return
        for partition in self._slots:
            if partition not in self._listening:
                listening = asyncio.ensure_future(self._listen(partition, commands))
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
            cause, unsigned = f"{COMMANDS.name}/0/{offset}", self._ways.seal.refusal(command)
            if unsigned is not None:
                log.warning("command_not_signed", cause=cause, claims=command.actor.user)
            return state.owner.take_command(command, cause, now, unsigned)

        return self.attempt(state, act, partial(failed_record, COMMANDS, 0, offset, value))

    async def _load(self, _partition: int) -> S:
        state = await asyncio.to_thread(self._ways.load)
        await self.begun(state)
        return state

    async def _pack(self, state: S) -> tuple[int, bytes]:
        # Asked before: what is written meanwhile is read again at the next start, and known then.
        written = await asyncio.to_thread(self._ways.end) - 1
        async with self.lock:
            return written, state.snapshot()

    async def _listen(self, partition: int, commands: Commands) -> None:
        state = await self.state(partition)
        if state is not None:
            async for records in commands(state.commands):
                await self.heed(state, records)
