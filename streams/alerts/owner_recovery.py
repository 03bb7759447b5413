"""Restore the duty desk from Kafka, and read commands by a plain consumer; both in threads."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import msgspec
import structlog
from kafka import TopicPartition

from citybrain.alerts.records import AlertChange, Silence
from citybrain.floor import bus
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import ALERTS, AUDIT, COMMANDS, DESK_SNAPSHOTS, EPISODES, Topic
from streams.alerts.alert_owner import AlertOwner
from streams.alerts.owner_agent import AlertsSnapshot, RestoredOwner
from streams.ruling.over_alerts.composers import Composers
from streams.ruling.shard import newest_whole

log = structlog.get_logger(__name__)

LOOK_BACK = 64
"""Records of snapshots that are read back."""
ENTRIES_BACK = 2_000
"""Records of the audit log that are read back for the command that was decided last."""
PAUSE_S = 1.0
POLL_MS = 200
_STEP = msgspec.json.Decoder(AlertChange | Silence)
_ENTRY = msgspec.json.Decoder(AuditEntry)
_CAUSE_PARTS = 3


class AlertOwnerRecovery:
    """Makes desks as the topics say they are."""

    def __init__(
        self,
        read: Callable[[Topic, int, int, int], Iterable[tuple[int, bytes]]],
        end: Callable[[Topic, int], int],
        new: Callable[[], tuple[AlertOwner, Composers]],
    ) -> None:
        """Restore what `new` makes.

        Args:
            read: (topic, partition, first, last) → (offset, value) of its records.
            end: (topic, partition) → offset that its next record will get.
            new: makes a desk that knows nothing.
        """
        self._read, self._end, self._new = read, end, new

    def load(self) -> RestoredOwner:
        """Return the desk as of the end of `city.alerts`; waits for Kafka as long as it takes."""
        told = False
        while True:
            try:
                return self._load()
            except BusError as error:
                if not told:
                    log.warning("desk_not_loaded", problem=str(error))
                told = True
                time.sleep(PAUSE_S)

    def _load(self) -> RestoredOwner:
        desk, composer = self._new()
        offsets = {EPISODES.name: -1, COMMANDS.name: -1}
        written = self._snapshot(desk, offsets)
        end = self._end(ALERTS, 0) - 1
        for offset, value in self._read(ALERTS, 0, written + 1, end):
            self._step(desk, value, offsets)
            written = offset
        composer.restore([alert.episode for alert in desk.alerts.values()])
        self._commands(offsets)
        log.info("desk_loaded", alerts=len(desk.alerts), open=len(desk.open()), written=written)
        # The last episode is read again: a crash may have left a part of it undone.
        episodes = max(offsets[EPISODES.name], 0)
        return RestoredOwner(desk, composer, episodes, offsets[COMMANDS.name] + 1)

    def _snapshot(self, desk: AlertOwner, offsets: dict[str, int]) -> int:
        """Restore the newest snapshot; return the offset of `city.alerts` that it reflects."""
        found = newest_whole(self._newest(DESK_SNAPSHOTS, LOOK_BACK))
        if found is None:
            return -1
        try:
            kept = msgspec.msgpack.decode(found[1], type=AlertsSnapshot)
        except msgspec.MsgspecError as error:
            log.error("desk_snapshot_unreadable", problem=str(error))
            return -1
        desk.hold(kept.alerts, kept.silences)
        offsets |= {EPISODES.name: kept.episodes - 1, COMMANDS.name: kept.commands - 1}
        return found[0]

    def _step(self, desk: AlertOwner, value: bytes, offsets: dict[str, int]) -> None:
        try:
            record = _STEP.decode(value)
        except msgspec.MsgspecError as error:
            log.error("step_unreadable", problem=str(error))
            return
        if isinstance(record, AlertChange):
            desk.restore([record], [])
            if record.cause.startswith(EPISODES.name):
                _noted(offsets, record.cause)
        else:
            desk.restore([], [record])

    def _commands(self, offsets: dict[str, int]) -> None:
        """Find out which command was decided last: its entry is what is written last of it."""
        for value in self._newest(AUDIT, ENTRIES_BACK):
            try:
                _noted(offsets, _ENTRY.decode(value).details.get("cause", ""))
            except msgspec.MsgspecError:
                continue

    def _newest(self, topic: Topic, count: int) -> list[bytes]:
        end = self._end(topic, 0)
        records = self._read(topic, 0, max(end - count, 0), end - 1)
        return [value for _, value in records]


async def read_commands(
    settings: Settings, first: int
) -> AsyncIterator[Sequence[tuple[int, bytes]]]:
    """Yield the records of `city.commands` from offset `first` on, as they come."""
    queue: asyncio.Queue[Sequence[tuple[int, bytes]]] = asyncio.Queue(maxsize=10)
    loop, stop = asyncio.get_running_loop(), threading.Event()

    def put(records: Sequence[tuple[int, bytes]]) -> None:
        asyncio.run_coroutine_threadsafe(queue.put(records), loop).result()

    reading = threading.Thread(target=_read, args=(settings, first, put, stop), daemon=True)
    reading.start()
    try:
        while True:
            yield await queue.get()
    finally:
        stop.set()


def _read(
    settings: Settings,
    first: int,
    put: Callable[[Sequence[tuple[int, bytes]]], None],
    stop: threading.Event,
) -> None:
    spot = TopicPartition(COMMANDS.name, 0)
    while not stop.is_set():
        try:
            reader = bus.consumer(settings, fetch_max_wait_ms=POLL_MS)
        except BusError:
            stop.wait(PAUSE_S)
            continue
        try:
            reader.assign([spot])
            reader.seek(spot, max(first, reader.beginning_offsets([spot])[spot]))
            for records in _polled(reader, stop):
                put(records)
                first = records[-1][0] + 1
        except Exception as error:
            log.warning("commands_not_read", problem=repr(error), will="try again")
            stop.wait(PAUSE_S)
        finally:
            reader.close()


def _polled(reader: object, stop: threading.Event) -> Iterable[list[tuple[int, bytes]]]:
    while not stop.is_set():
        for records in reader.poll(timeout_ms=POLL_MS).values():  # type: ignore[attr-defined]
            if records:
                yield [(record.offset, record.value) for record in records]


def _noted(offsets: dict[str, int], cause: str) -> None:
    """Take note of an input that is done: ``topic/partition/offset``."""
    parts = cause.split("/")
    if len(parts) == _CAUSE_PARTS and parts[0] in offsets:
        offsets[parts[0]] = max(offsets[parts[0]], int(parts[2]))
