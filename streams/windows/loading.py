"""Bring the owner of a partition up to date: the newest snapshot, then what stands behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import islice

import structlog
from faust.types import TP

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import PARTIALS, SNAPSHOTS
from streams.runtime.progress import Progress
from streams.windows.window_owner import WindowOwner
from streams.windows.window_snapshot import WindowsSnapshot, decode_snapshot

log = structlog.get_logger(__name__)

LOOK_BACK = 5
"""Snapshots that are tried, newest first, before an owner starts from the log alone."""
CHUNK = 500
PAUSE_S = 1.0


class WindowsLoader:
    """Loads owners from Kafka; waits for Kafka as long as it takes."""

    def __init__(
        self, settings: Settings, new_owner: Callable[[int], WindowOwner], progress: Progress
    ) -> None:
        """Make the empty owner of a partition by `new_owner`; note in `progress` what is read."""
        self._settings = settings
        self._new_owner = new_owner
        self._progress = progress

    async def load(self, partition: int) -> WindowOwner:
        """Return the owner of `partition` as of the end of its log."""
        told = False
        while True:
            try:
                return await asyncio.to_thread(self._load, partition)
            except BusError as error:
                if not told:
                    log.warning("state_not_loaded", partition=partition, problem=str(error))
                told = True
                await asyncio.sleep(PAUSE_S)

    def _load(self, partition: int) -> WindowOwner:
        owner = self._new_owner(partition)
        snapshot = self._newest(partition)
        if snapshot is not None:
            owner.restore(snapshot)
        restored = owner.offset
        end = bus.end_offset(self._settings, PARTIALS, partition)
        records = bus.read_range(self._settings, PARTIALS, partition, restored + 1, end - 1)
        while chunk := list(islice(records, CHUNK)):
            owner.merge(chunk)
            owner.settle()
            # A log of hours takes longer than a worker may stand still.
            self._progress.processed(TP(PARTIALS.name, partition), owner.offset)
        log.info("state_loaded", partition=partition, snapshot=restored, offset=owner.offset)
        return owner

    def _newest(self, partition: int) -> WindowsSnapshot | None:
        """Return the newest snapshot; a partition of `city.snapshots` holds one owner's only."""
        end = bus.end_offset(self._settings, SNAPSHOTS, partition)
        records = list(
            bus.read_range(self._settings, SNAPSHOTS, partition, end - LOOK_BACK, end - 1)
        )
        for offset, value in reversed(records):
            try:
                return decode_snapshot(value)
            except ValueError as error:
                log.error("snapshot_unreadable", partition=partition, at=offset, problem=str(error))
        return None
