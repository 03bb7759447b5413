"""The duty desk's owner as a part of the ruler.

`city.episodes` and `city.commands` have one partition each and must have one owner together. Faust
might give them to two workers; so it assigns `city.episodes` alone, and whoever owns that reads
`city.commands` by itself, with a plain consumer.

On assignment the desk is restored: a snapshot, then the changes behind it. From where episodes and
commands are to be read follows from what was written because of them; what is read a second time
changes nothing.

What an input leads to is written in this order: notices and episodes that follow from it, steps of
alerts, audit entries. A notice that is written again after a crash has the same key; a step says
that its episode is done, and an entry that its command is, so what a crash left undone is done when
the input is read again.

While two workers both believe to be the owner (a few seconds at worst) both may
write; versions of alerts then occur twice, and the first one counts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from faust.types import TP, StreamT

from citybrain.alerts.records import Alert, Command, Episode, OpenAlertsOfShard, Silence
from citybrain.floor.clock import Clock, monotonic
from citybrain.floor.topics import ALERTS, AUDIT, COMMANDS, DESK_SNAPSHOTS, EPISODES, NOTIFICATIONS
from citybrain.notices.pipeline import NoticePipeline
from streams.alerts.alert_owner import AlertOwner
from streams.alerts.outcome import Outcome, entry
from streams.ruling.over_alerts.composers import Composers
from streams.ruling.shard import parts_of
from streams.runtime.delivery import BusMessage, Delivery
from streams.runtime.owned import Records, run_owned, snapshot_messages, whole
from streams.runtime.progress import Progress

log = structlog.get_logger(__name__)

TAKE = 500
WITHIN_S = 0.01
SNAPSHOT_EVERY_S = 60.0
FAULTY = "处理出错 / it could not be carried out"
_EPISODE = msgspec.json.Decoder(Episode | OpenAlertsOfShard)
_COMMAND = msgspec.json.Decoder(Command)


class AlertsSnapshot(msgspec.Struct, frozen=True):
    """A snapshot of the desk: its alerts and silences, and from where inputs are read on."""

    alerts: list[Alert]
    silences: list[Silence]
    episodes: int
    commands: int


@dataclass
class RestoredOwner:
    """A desk as it was restored.

    Attributes:
        desk: the desk.
        composer: the rules over alerts.
        episodes, commands: offsets from which to read on.
    """

    desk: AlertOwner
    composer: Composers
    episodes: int
    commands: int


class AlertOwnerAgent:
    """Owns the desk while this worker owns `city.episodes`."""

    def __init__(  # noqa: PLR0913  the parts that it connects
        self,
        load: Callable[[], RestoredOwner],
        delivery: Delivery,
        progress: Progress,
        *,
        read: Callable[[int, int], Iterable[tuple[int, bytes]]],
        commands: Callable[[int], AsyncIterator[Sequence[tuple[int, bytes]]]],
        end: Callable[[], int],
        clock: Clock,
    ) -> None:
        """Own nothing yet.

        Args:
            load: restores the desk; runs in a thread.
            delivery: where everything is written.
            progress: how far `city.episodes` is.
            read: (first, last) → (offset, value) of records of `city.episodes`.
            commands: offset → (offset, value) of the records of `city.commands` from there on.
            end: returns the offset that the next record of `city.alerts` will get.
            clock: the present instant.
        """
        self._load, self._commands, self._delivery, self._end = load, commands, delivery, end
        self._progress, self._clock, self._read = progress, clock, read
        self._loading: asyncio.Task[RestoredOwner] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._lock = asyncio.Lock()
        self._saved_s, self._saves, self._changed = monotonic(), 0, False

    def assign(self, assigned: Iterable[TP]) -> None:
        """Restore the desk where `city.episodes` is newly assigned."""
        if self._loading is None and any(tp.topic == EPISODES.name for tp in assigned):
            self._loading = asyncio.create_task(self._restored())
            self._listening = asyncio.create_task(self._listen(self._loading))

    async def revoke(self, revoked: Iterable[TP]) -> None:
        """Let go of the desk where `city.episodes` is taken away."""
        if any(tp.topic == EPISODES.name for tp in revoked):
            await self.close()

    async def close(self) -> None:
        """Snapshot the desk a last time and let go of it."""
        if self._loading is None:
            return
        await self.save(force=True)
        for task in (self._listening, self._loading):
            if task is not None:
                task.cancel()
        self._loading = self._listening = None

    async def run(self, stream: StreamT[Any]) -> None:
        """Take `city.episodes` in until it is stopped."""
        await run_owned(stream, (TAKE, WITHIN_S), self._merge, self._progress)

    async def tick(self) -> None:
        """Do what time brings."""
        if self._loading is None or not self._loading.done() or self._loading.cancelled():
            return
        loaded = self._loading.result()
        now = self._clock.now()
        async with self._lock:
            await self._write(loaded.desk.tick(now), loaded.composer.tick(now))
        while loaded.desk.waits(now) and self._loading is not None:
            async with self._lock:  # what comes meanwhile has its turn in between
                await self._write(loaded.desk.on_time(now), [])

    async def save(self, *, force: bool = False) -> None:
        """Snapshot the desk where it has changed for a while."""
        due = force or monotonic() - self._saved_s >= SNAPSHOT_EVERY_S
        if not due or not self._changed or self._loading is None or not self._loading.done():
            return
        loaded = self._loading.result()
        self._saved_s = monotonic()
        # Asked before: what is written meanwhile is read again at the next start, and known then.
        written = await asyncio.to_thread(self._end) - 1
        async with self._lock:
            self._changed, self._saves = False, self._saves + 1
            desk = loaded.desk
            kept = AlertsSnapshot(
                list(desk.alerts.values()),
                list(desk.silences.values()),
                loaded.episodes,
                loaded.commands,
            )
            state = msgspec.msgpack.encode(kept)
        parts = await asyncio.to_thread(parts_of, written, state)
        await self._delivery.send(snapshot_messages(DESK_SNAPSHOTS, 0, self._saves, parts))

    async def reload(self, pipeline: NoticePipeline, composer: Composers) -> None:
        """Decide by `pipeline` and `composer` from now on, where there is a desk."""
        loaded = await self._desk()
        if loaded is not None:
            async with self._lock:
                loaded.desk.reroute(pipeline)
                composer.restore(alert.episode for alert in loaded.desk.alerts.values())
                loaded.composer = composer

    async def _restored(self) -> RestoredOwner:
        """Return the desk, after it has written what a crash left half done."""
        loaded = await asyncio.to_thread(self._load)
        await self._write(loaded.desk.catch_up(self._clock.now()), [])
        return loaded

    async def _desk(self) -> RestoredOwner | None:
        """Return the desk once it is restored; None where it was taken away meanwhile."""
        if self._loading is None:
            return None
        with contextlib.suppress(asyncio.CancelledError):
            return await asyncio.shield(self._loading)
        return None

    async def _merge(self, partition: int, records: Records) -> None:
        loaded = await self._desk()
        if loaded is None:  # taken away a moment ago: its next owner reads these records itself
            return
        async with self._lock:
            known = loaded.episodes - 1
            fresh = await whole(EPISODES, partition, known, records, self._read)
            await self._episodes(loaded, fresh)

    async def _episodes(self, loaded: RestoredOwner, records: Sequence[tuple[int, bytes]]) -> None:
        outcome, taken = Outcome(), list[Episode]()
        for offset, value in records:
            loaded.episodes = offset + 1
            try:
                told = _EPISODE.decode(value)
            except msgspec.MsgspecError as error:
                log.error("episode_unreadable", offset=offset, problem=str(error))
                continue
            outcome.join(self._told(loaded.desk, offset, told))
            taken += [told] if isinstance(told, Episode) else []
        await self._write(outcome, self._composed(loaded, taken))

    def _told(self, desk: AlertOwner, offset: int, told: Episode | OpenAlertsOfShard) -> Outcome:
        """Take one telling in; one that raises is left out, so that it stops no other."""
        try:
            return desk.take_episode(told, f"{EPISODES.name}/0/{offset}", self._clock.now())
        except Exception:
            log.exception("episode_failed", offset=offset)
            return Outcome()

    def _composed(self, loaded: RestoredOwner, taken: Sequence[Episode]) -> list[Episode]:
        """Return what the rules over alerts say to it; where they raise, alerts go on."""
        try:
            return loaded.composer.take_all(taken, self._clock.now())
        except Exception:
            log.exception("composer_failed")
            return []

    async def _listen(self, loading: asyncio.Task[RestoredOwner]) -> None:
        loaded = await asyncio.shield(loading)
        async for records in self._commands(loaded.commands):
            await self._heed(loaded, records)

    async def _heed(self, loaded: RestoredOwner, records: Sequence[tuple[int, bytes]]) -> None:
        async with self._lock:
            outcome = Outcome()
            for offset, value in records:
                loaded.commands = offset + 1
                outcome.join(self._commanded(loaded.desk, offset, value))
            await self._write(outcome, [])

    def _commanded(self, desk: AlertOwner, offset: int, value: bytes) -> Outcome:
        try:
            command = _COMMAND.decode(value)
        except msgspec.MsgspecError as error:
            log.error("command_unreadable", offset=offset, problem=str(error))
            return Outcome()
        now, cause = self._clock.now(), f"{COMMANDS.name}/0/{offset}"
        try:
            return desk.take_command(command, cause, now)
        except Exception as error:
            log.exception("command_failed", offset=offset)
            return Outcome(audit=[entry(command, f"{FAULTY}: {error!r}", cause, now)])

    async def _write(self, outcome: Outcome, composed: Sequence[Episode]) -> None:
        """Write who is to hear of what happened and what follows, what happened, who wanted it."""
        steps = [(change.alert, change) for change in outcome.changes]
        steps += [(silence.id, silence) for silence in outcome.silences]  # type: ignore[misc]
        self._changed = self._changed or bool(steps or outcome.audit)
        for messages in (
            [
                *(_message(NOTIFICATIONS, notice.key, notice) for notice in outcome.notices),
                *(_message(EPISODES, episode.rule, episode) for episode in composed),
            ],
            [_message(ALERTS, key, record) for key, record in steps],
            [_message(AUDIT, one.user, one) for one in outcome.audit],
        ):
            await self._delivery.send(messages)


def _message(topic: Any, key: str, record: Any) -> BusMessage:
    return BusMessage(topic, 0, key.encode(), msgspec.json.encode(record))
