"""A table of records by id and content, asked and filled many rows at a time.

Open addressing with linear probing: an id's first 32 bits say where it would lie, so ids that are
asked in their own order are found in the order of the memory. A slot holds the whole id and a
digest of what the record says; a record that changed has a slot for each of its contents. What
is forgotten leaves its slot to nobody; `rebuilt` leaves that out, and what is too old.

In a file it is mapped, so it outlives the process that is killed while it writes: a slot counts
once its stamp is there, and that is written last.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Places = NDArray[np.int64]

ROW_BYTES = 32
"""16 of the id, 8 of the digest, 8 of the stamp: half a line of the processor's cache."""
FULLEST = 0.7
"""Share of the slots in use from which on a table is made anew: probing gets long beyond."""
GROWTH = 2.2
"""Slots of a table that is made anew, for each row in it."""
LEAST = 1024
MOST = 2**31
"""Slots; the first 32 bits of an id tell no more apart."""
NOWHERE = -1
HEAD_BYTES = 4096
_MAGIC = b"cityids1"
_SLOT = np.dtype(f"V{ROW_BYTES}")
"""A slot as one piece: numpy moves such ones several times faster than rows of words."""
_STAMP = 3
"""Place of the stamp among the words of a slot; 0: the slot is free."""
_OLDEST = 1
_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Rows:
    """Records as the table sees them.

    Attributes:
        words: uint64[rows, 3]: the two halves of the id, and the digest of what the record says.
    """

    words: Words

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.words)

    @property
    def high(self) -> Words:
        """The first halves of the ids."""
        return self.words[:, 0]

    @property
    def low(self) -> Words:
        """The second halves."""
        return self.words[:, 1]

    @property
    def digest(self) -> Words:
        """The digests."""
        return self.words[:, 2]

    def take(self, index: NDArray[np.bool_] | Places) -> Rows:
        """Return the rows at `index`, a mask or places."""
        if index.dtype == np.bool_:
            index = np.flatnonzero(index)
        return Rows(self.words.take(index, axis=0))


class IdSlots(NamedTuple):
    """What the table says of some rows.

    Attributes:
        slot: where each lies, `NOWHERE` where it does not.
        other: whether its id was met with another digest.
    """

    slot: Places
    other: NDArray[np.bool_]

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which rows are there."""
        known: NDArray[np.bool_] = self.slot != NOWHERE
        return known


class IdTable:
    """The table.

    Attributes:
        capacity: slots.
        used: those in use.
        head: bytes of the file before the slots, for its user; empty in memory.
    """

    def __init__(self, capacity: int = LEAST, file: Path | None = None) -> None:
        """Open `file`, or make it with `capacity` slots if it is empty or missing.

        Args:
            capacity: slots of a new table.
            file: where it lies; None: in memory.

        Raises:
            OSError: the file cannot be made, opened or mapped, or the disk has no room for it.
            ValueError: the file is no such table, or damaged.
        """
        self._map = _mapped(file, capacity) if file else None
        buffer = memoryview(self._map if self._map is not None else bytearray(capacity * ROW_BYTES))
        self.head = buffer[len(_MAGIC) : HEAD_BYTES] if file else buffer[:0]
        words = np.frombuffer(buffer[HEAD_BYTES if file else 0 :], np.uint64)
        self._slots: Words = words.reshape(-1, ROW_BYTES // 8)
        self._whole = words.view(_SLOT)
        self.capacity = size = len(self._slots)
        self.stamp: Words = self._slots[:, _STAMP]
        self.used = int(np.count_nonzero(self.stamp)) if file else 0
        if not self.has_room(0):
            raise ValueError(f"{file}: {self.used} of {size} slots are in use, no table of ids")

    def find(self, rows: Rows) -> IdSlots:
        """Return where each row is; quick where `rows` are in the order of their ids."""
        found = np.full(len(rows), NOWHERE, np.int64)
        other = np.zeros(len(rows), np.bool_)
        wanted, open_ = rows.words, np.arange(len(rows))
        slots = self._first(rows.high)
        while len(open_):
            there = self._slots.take(slots, axis=0)
            same = (there[:, 0] == wanted[:, 0]) & (there[:, 1] == wanted[:, 1])
            exact = same & (there[:, 2] == wanted[:, 2]) & (there[:, _STAMP] != 0)
            found[open_[exact]] = slots[exact]
            goes_on = (there[:, _STAMP] != 0) & ~exact
            other[open_[same & goes_on]] = True
            on = np.flatnonzero(goes_on)
            open_, wanted = open_[on], wanted.take(on, axis=0)
            slots = (slots[on] + 1) % self.capacity
        return IdSlots(found, other)

    def has_room(self, more: int) -> bool:
        """Say whether `more` rows can be put in without it getting too full."""
        return self.used + more <= FULLEST * self.capacity

    def put(self, rows: Rows, stamp: int) -> None:
        """Put rows in; those that are there only get the new stamp.

        Args:
            rows: each once; there is room for them.
            stamp: when, or by whom, they were put in; at least 1.
        """
        found = self.find(rows)
        self.stamp[found.slot[found.known]] = stamp
        self.add(rows.take(~found.known), stamp)

    def add(self, rows: Rows, stamp: int | Words) -> None:
        """Put in rows that are not there; else as `put`. Each may have a stamp of its own."""
        wanted = np.zeros((len(rows), ROW_BYTES // 8), np.uint64)
        wanted[:, :_STAMP] = rows.words
        stamps = np.broadcast_to(np.asarray(stamp, np.uint64), len(rows))
        slots = self._first(rows.high)
        while len(wanted):
            free = np.flatnonzero(self.stamp[slots] == 0)
            place, row = slots[free], wanted.take(free, axis=0)
            # Of several that want one slot the last to be written has it, and finds itself there.
            self._whole[place] = row.view(_SLOT)[:, 0]
            won = (self._slots.take(place, axis=0) == row).all(axis=1)
            self.stamp[place[won]] = stamps[free[won]]
            goes_on = np.ones(len(wanted), np.bool_)
            goes_on[free[won]] = False
            on = np.flatnonzero(goes_on)
            wanted, stamps = wanted.take(on, axis=0), stamps[on]
            slots = (slots[on] + 1) % self.capacity
        self.used += len(rows)

    def forget(self, rows: Rows) -> None:
        """Know `rows` no more: their slots hold some other id, and go when the table is made anew.

        A slot cannot be set free: others were put behind it because it was not.
        """
        found = self.find(rows)
        slots = found.slot[found.known]
        self._slots[slots, :_STAMP] = np.frombuffer(
            os.urandom(8 * _STAMP * len(slots)), np.uint64
        ).reshape(-1, _STAMP)
        self.stamp[slots] = _OLDEST

    def rebuilt(self, since: int, more: int, file: Path | None = None) -> IdTable:
        """Return a table of the rows whose stamp is at least `since`, with room for `more`.

        Args:
            since: the least stamp that is kept.
            more: rows that are about to be put in.
            file: where the new table lies; there is none yet. None: in memory.

        Raises:
            OSError: the disk has no room for it.
        """
        kept = np.flatnonzero(self.stamp >= max(since, 1))
        capacity = min(max(LEAST, int(GROWTH * (len(kept) + more))), MOST)
        made = IdTable(capacity, file)
        if len(self.head) == len(made.head):
            made.head[:] = self.head
        for first in range(0, len(kept), _AT_ONCE):
            some = self._slots.take(kept[first : first + _AT_ONCE], axis=0)
            made.add(Rows(some[:, :_STAMP]), some[:, _STAMP])
        return made

    def by_stamp(self) -> Iterator[tuple[Rows, int]]:
        """Yield all rows, by their stamps."""
        used = np.flatnonzero(self.stamp)
        used = used[np.argsort(self.stamp[used], kind="stable")]
        stamps, starts = np.unique(self.stamp[used], return_index=True)
        for stamp, some in zip(stamps.tolist(), np.split(used, starts[1:]), strict=True):
            yield Rows(self._slots[some, :_STAMP]), stamp

    def flush(self) -> None:
        """Force a file's content to the disk; takes as long as the disk does."""
        if self._map is not None:
            self._map.flush()

    def _first(self, high: Words) -> Places:
        top = high >> np.uint64(32)
        return np.asarray((top * np.uint64(self.capacity)) >> np.uint64(32), np.int64)


def _mapped(file: Path, capacity: int) -> mmap.mmap:
    handle = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        size = os.fstat(handle).st_size
        if not size:
            # All of it at once: a mapped file that finds the disk full later ends the process.
            os.posix_fallocate(handle, 0, HEAD_BYTES + capacity * ROW_BYTES)
            os.pwrite(handle, _MAGIC, 0)
        elif (size - HEAD_BYTES) % ROW_BYTES or os.pread(handle, len(_MAGIC), 0) != _MAGIC:
            raise ValueError(f"{file}: {size} bytes are no table of ids")
        return mmap.mmap(handle, 0)
    finally:
        os.close(handle)
