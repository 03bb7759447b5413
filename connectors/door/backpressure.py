"""Say when nothing may be taken in: Kafka away, sink behind, disk full, memory used up.

A thread looks every second; a request only reads what it found.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    KafkaError,
    NotCoordinatorError,
)

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS
from connectors.fetch.source import EnvelopeReceipt
from connectors.waiting_rows import RecordSize, WaitingRows

log = structlog.get_logger(__name__)
LOOK_S = 1.0
SINK_GROUP = "sink"
_MIB = 1024 * 1024
IN_FLIGHT = 96 * 1024 * 1024
"""Bytes of bodies, as they come and unpacked, that may be in the process at a time."""


@dataclass(frozen=True)
class PressureSight:
    """What was seen at the last look.

    Attributes:
        kafka: why Kafka cannot be used, "" if it can.
        ends: offset that the next record of each partition of `city.events` gets.
        waiting: rows and bytes that the sink is behind.
        free_mb: MiB left on the disk of the data folder.
    """

    kafka: str = "not connected yet"
    ends: tuple[int, ...] = ()
    waiting: RecordSize = RecordSize(0, 0)  # noqa: RUF009  a tuple does not change
    free_mb: int = 0


class Budget:
    """Bytes in the process; only to be used in the event loop's thread."""

    def __init__(self, most: int = IN_FLIGHT) -> None:
        """Allow `most` bytes at a time."""
        self.most, self.used = most, 0

    def take(self, size: int) -> bool:
        """Take room for `size` bytes; False if there is none."""
        if self.used + size > self.most:
            return False
        self.used += size
        return True

    def give(self, size: int) -> None:
        """Give room back."""
        self.used -= size


class Pressure:
    """Knows why nothing may be taken in, if so."""

    def __init__(
        self,
        settings: Settings,
        prepare: Callable[[], None] = lambda: None,
        waiting: WaitingRows | None = None,
    ) -> None:
        """Prepare to look; `prepare` is called each time Kafka is found after it was away.

        Until the first look has succeeded nothing may be taken in. `waiting` knows the sizes of
        what was put on Kafka.
        """
        self._settings, self._prepare = settings, prepare
        self._waiting = waiting or WaitingRows()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pressure", daemon=True)
        self._admin: KafkaAdminClient | None = None
        self.sight = PressureSight()

    def start(self) -> None:
        """Look every `LOOK_S` from now on, in a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(2.0)

    def reason(self) -> str:
        """Return why nothing may be taken in now, "" if it may."""
        return judge(self.sight, self._settings)

    def behind(self, partition: int) -> EnvelopeReceipt:
        """Return a place on `city.events` before which all records are older than now."""
        return EnvelopeReceipt(partition, self.sight.ends[partition] - 1)

    def newest(self) -> dict[int, int]:
        """Return the offset of the newest record of each partition, as of the last look."""
        return {partition: end - 1 for partition, end in enumerate(self.sight.ends)}

    def partitions(self) -> int:
        """Return how many partitions `city.events` has."""
        return len(self.sight.ends)

    def look(self) -> None:
        """Look once; may block while Kafka is away."""
        free_mb = shutil.disk_usage(self._existing()).free // (1024 * 1024)
        before = self.reason()
        try:
            self.sight = replace(self._ask(), free_mb=free_mb)
        except (BusError, KafkaError, OSError) as error:
            self._forget_admin()
            self.sight = replace(self.sight, kafka=_brief(error), free_mb=free_mb)
        now = self.reason()
        if now and not before:
            log.warning("door_closed", reason=now)
        if before and not now:
            log.info("door_open", before=before)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.look()
            except Exception:
                log.exception("pressure_unknown")
            self._stop.wait(LOOK_S)
        self._forget_admin()

    def _ask(self) -> PressureSight:
        if self._admin is None:
            bus.ensure_topics(self._settings)
            self._prepare()
            self._admin = bus.admin(self._settings)
        spots = self._spots(self._admin)
        told = self._admin.list_partition_offsets(dict.fromkeys(spots, OffsetSpec.LATEST))
        ends = tuple(int(told[spot].offset) for spot in spots)
        at = dict(zip(spots, ends, strict=True))
        return PressureSight("", ends, self._behind_by(self._admin, at))

    def _behind_by(self, admin: KafkaAdminClient, ends: dict[TopicPartition, int]) -> RecordSize:
        """Return what the sink is behind by; of a partition where it never was, all."""
        try:
            group = admin.list_group_offsets({SINK_GROUP: list(ends)}).get(SINK_GROUP, {})
        except (CoordinatorNotAvailableError, CoordinatorLoadInProgressError, NotCoordinatorError):
            return self.sight.waiting  # a young broker makes up its mind
        done = {spot: at.offset for spot, at in group.items() if at.offset >= 0}
        never = [spot for spot, end in ends.items() if spot not in done and end]
        if never:
            told = admin.list_partition_offsets(dict.fromkeys(never, OffsetSpec.EARLIEST))
            done |= {spot: int(at.offset) for spot, at in told.items()}
        return self._waiting.count(
            {spot.partition: at for spot, at in done.items()},
            {spot.partition: end for spot, end in ends.items()},
        )

    def _spots(self, admin: KafkaAdminClient) -> list[TopicPartition]:
        if not self.sight.ends or self.sight.kafka:
            topic = admin.describe_topics([EVENTS.name])[0]
            return [TopicPartition(EVENTS.name, at) for at in range(len(topic["partitions"]))]
        return [TopicPartition(EVENTS.name, at) for at in range(len(self.sight.ends))]

    def _existing(self) -> str:
        folder = self._settings.data.absolute()
        while not folder.exists():
            folder = folder.parent
        return str(folder)

    def _forget_admin(self) -> None:
        if self._admin is not None:
            try:
                self._admin.close()
            except (KafkaError, OSError) as error:
                log.debug("admin_not_closed", problem=repr(error))
            self._admin = None


def judge(sight: PressureSight, settings: Settings) -> str:
    """Return why nothing may be taken in, "" if it may."""
    if sight.kafka:
        return f"Kafka cannot take anything now: {sight.kafka}"
    if sight.free_mb < settings.min_free_mb:
        return (
            f"the disk has {sight.free_mb} MiB left, less than the {settings.min_free_mb} MiB "
            "that are kept free"
        )
    rows, waiting_mb = sight.waiting.rows, sight.waiting.size // _MIB
    if rows > settings.max_waiting_rows:
        most = settings.max_waiting_rows
        return f"the store is {rows} rows behind, more than the {most} allowed"
    if waiting_mb > settings.max_waiting_mb:
        most = settings.max_waiting_mb
        return f"the store is {waiting_mb} MiB behind, more than the {most} allowed"
    return ""


def _brief(error: Exception) -> str:
    return str(error) if isinstance(error, BusError) else repr(error)
