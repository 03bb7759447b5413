"""The table of one feed's records in its file, and how far on Kafka it goes.

The file is mapped: a kill loses nothing of it. When the machine fails, parts may be missing, so
every few minutes it is forced to the disk, with a note of how far it went then. Which of the two
places counts is seen by the machine's boot. A table that got too full is kept as ``.old`` until the
larger one was forced to the disk.
"""

from __future__ import annotations

import functools
import struct
import threading
from pathlib import Path

import msgspec
import structlog

from citybrain.floor.clock import monotonic
from connectors.fetch.checkpoint import Checkpoints
from connectors.resends.id_table import LEAST, IdTable, Rows

log = structlog.get_logger(__name__)

FLUSH_S = 300.0
_HEAD = struct.Struct("<q q 36s")
"""Partition, offset, and the boot of the machine that they were written in."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class Place(msgspec.Struct, frozen=True):
    """An offset of `city.events`: all of the feed's envelopes up to it are in the table."""

    partition: int
    offset: int


class KeptIds:
    """The table and its place; not to be used by two threads at once.

    Attributes:
        table: the records.
        horizon_min: minutes after which a record may be forgotten.
        reads: how often something was added that was read from the log.
    """

    def __init__(self, folder: Path, feed: str, horizon_min: int) -> None:
        """Open the file of `feed` in `folder`; a broken one is put aside.

        Args:
            folder: where it lies.
            feed: the feed's id.
            horizon_min: minutes after which a record may be forgotten.

        Raises:
            OSError: it cannot be made, opened or mapped, or the disk has no room for it.
        """
        self._file, self._feed, self.horizon_min = folder / f"{feed}.ids", feed, horizon_min
        self._notes = Checkpoints(folder / "places")
        self._flushed_at = monotonic()
        self.reads = 0
        self.table = self._opened(self._file)
        if not self._is_of_this_boot():
            self._take_back()

    def place(self) -> Place | None:
        """Return how far the table goes; None: it was just made."""
        if not self._is_of_this_boot():
            return self._notes.load(self._feed, Place)
        partition, offset, _ = _HEAD.unpack_from(self.table.head)
        return Place(partition, offset)

    def note(self, place: Place) -> None:
        """Note that the table goes as far as `place`; now and then, force that to the disk."""
        head = (place.partition, place.offset, _boot().encode())
        _HEAD.pack_into(self.table.head, 0, *head)
        if monotonic() - self._flushed_at > FLUSH_S:
            self._flushed_at = monotonic()
            name = f"flush-{self._feed}"
            threading.Thread(target=self.flush, name=name, daemon=True).start()

    def flush(self) -> None:
        """Force the table and its place to the disk; takes as long as the disk does."""
        self._flushed_at, table = monotonic(), self.table
        partition, offset, _ = _HEAD.unpack_from(table.head)
        table.flush()
        self._notes.save(self._feed, Place(partition, offset))
        if table is self.table:
            self._old.unlink(missing_ok=True)

    def put(self, rows: Rows, minute: int) -> None:
        """Put in rows, each once, that were delivered in `minute` (since 1970).

        Raises:
            OSError: the disk has no room for a larger table.
        """
        self._make_room(len(rows), minute)
        self.table.put(rows, minute)

    def add(self, rows: Rows, minute: int) -> None:
        """Put in rows that are not there; else as `put`."""
        self._make_room(len(rows), minute)
        self.table.add(rows, minute)

    @property
    def _old(self) -> Path:
        return self._file.with_suffix(".old")

    def _is_of_this_boot(self) -> bool:
        boot: bytes = _HEAD.unpack_from(self.table.head)[2]
        return boot == _boot().encode()

    def _opened(self, file: Path) -> IdTable:
        try:
            return IdTable(LEAST, file)
        except ValueError as error:
            log.error("known_ids_broken", feed=self._feed, problem=str(error), will="begin anew")
            file.replace(self._file.with_suffix(".broken"))
            return IdTable(LEAST, file)

    def _take_back(self) -> None:
        """Take what the table of before had, if it was not forced to the disk since it grew."""
        if not self._old.exists():
            return
        for rows, minute in self._opened(self._old).by_stamp():
            self.put(rows, minute)

    def _make_room(self, more: int, minute: int) -> None:
        if not self.table.has_room(more):
            self.table = self._grown(more, minute)

    def _grown(self, more: int, minute: int) -> IdTable:
        beside = self._file.with_suffix(".new")
        beside.unlink(missing_ok=True)
        made = self.table.rebuilt(minute - self.horizon_min, more, beside)
        if not self._old.exists():
            self._file.replace(self._old)
        beside.replace(self._file)
        log.info("known_ids_grown", feed=self._feed, ids=made.used, slots=made.capacity)
        return made


@functools.cache
def _boot() -> str:
    return _BOOT.read_text().strip()
