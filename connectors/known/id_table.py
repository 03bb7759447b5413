"""A table of records by id and content, asked and filled many rows at a time.

Open addressing with linear probing: an id's first 32 bits say where it would lie, so ids that are
asked in their own order are found in the order of the memory. A slot holds the whole id and a
digest of what the record says; a record that changed has a slot for each of its contents. Nothing
is deleted one by one; `rebuilt` leaves out what is too old.

In a file it is mapped, so it outlives the process that is killed while it writes: a slot counts
once its stamp is there, and that is written last.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Places = NDArray[np.int64]

ROW_BYTES = 28
"""16 of the id, 8 of the digest, 4 of the stamp."""
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
_AT_ONCE = 1_000_000


class Rows(NamedTuple):
    """Records as the table sees them: three arrays of one length.

    Attributes:
        high, low: the two halves of the ids.
        digest: of what the record says.
    """

    high: Words
    low: Words
    digest: Words

    def take(self, index: NDArray[np.bool_] | Places) -> Rows:
        """Return the rows at `index`, a mask or places."""
        return Rows(self.high[index], self.low[index], self.digest[index])


class Found(NamedTuple):
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
        slots = buffer[HEAD_BYTES if file else 0 :]
        self.capacity = size = len(slots) // ROW_BYTES
        self._high: Words = np.frombuffer(slots, np.uint64, size)
        self._low: Words = np.frombuffer(slots, np.uint64, size, 8 * size)
        self._digest: Words = np.frombuffer(slots, np.uint64, size, 16 * size)
        self.stamp: NDArray[np.uint32] = np.frombuffer(slots, np.uint32, size, 24 * size)
        self.used = int(np.count_nonzero(self.stamp)) if file else 0
        if not self.has_room(0):
            raise ValueError(f"{file}: {self.used} of {size} slots are in use, no table of ids")

    def find(self, rows: Rows) -> Found:
        """Return where each row is; quick where `rows` are in the order of their ids."""
        found = np.full(len(rows.high), NOWHERE, np.int64)
        other = np.zeros(len(rows.high), np.bool_)
        open_ = np.arange(len(rows.high))
        slots = self._first(rows.high)
        while len(open_):
            here = slots[open_]
            used = self.stamp[here] != 0
            open_, here = open_[used], here[used]
            same = (self._high[here] == rows.high[open_]) & (self._low[here] == rows.low[open_])
            exact = same & (self._digest[here] == rows.digest[open_])
            found[open_[exact]] = here[exact]
            other[open_[same & ~exact]] = True
            open_ = open_[~exact]
            slots[open_] = (slots[open_] + 1) % self.capacity
        return Found(found, other)

    def has_room(self, more: int) -> bool:
        """Say whether `more` rows can be put in without it getting too full."""
        return self.used + more <= FULLEST * self.capacity

    def put(self, rows: Rows, stamp: int) -> None:
        """Put rows in; those that are there only get the new stamp.

        Args:
            rows: each once; there is room for them.
            stamp: when, or by whom, they were put in; 1 … 2**32 - 1.
        """
        found = self.find(rows)
        self.stamp[found.slot[found.known]] = stamp
        self._add(rows.take(~found.known), np.uint32(stamp))

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
            some = kept[first : first + _AT_ONCE]
            rows = Rows(self._high[some], self._low[some], self._digest[some])
            made._add(rows, self.stamp[some])
        return made

    def by_stamp(self) -> Iterator[tuple[Rows, int]]:
        """Yield all rows, by their stamps."""
        used = np.flatnonzero(self.stamp)
        used = used[np.argsort(self.stamp[used], kind="stable")]
        stamps, starts = np.unique(self.stamp[used], return_index=True)
        for stamp, some in zip(stamps.tolist(), np.split(used, starts[1:]), strict=True):
            yield Rows(self._high[some], self._low[some], self._digest[some]), stamp

    def flush(self) -> None:
        """Force a file's content to the disk; takes as long as the disk does."""
        if self._map is not None:
            self._map.flush()

    def _first(self, high: Words) -> Places:
        top = high >> np.uint64(32)
        return np.asarray((top * np.uint64(self.capacity)) >> np.uint64(32), np.int64)

    def _add(self, rows: Rows, stamp: np.uint32 | NDArray[np.uint32]) -> None:
        """Put in rows that are not there, each once."""
        stamps = np.broadcast_to(np.asarray(stamp, np.uint32), len(rows.high))
        open_ = np.arange(len(rows.high))
        slots = self._first(rows.high)
        while len(open_):
            here = slots[open_]
            free = self.stamp[here] == 0
            place, row = here[free], open_[free]
            # Of several that want one slot the last to be written has it, and finds itself there.
            self._high[place], self._low[place] = rows.high[row], rows.low[row]
            self._digest[place] = rows.digest[row]
            won = (
                (self._high[place] == rows.high[row])
                & (self._low[place] == rows.low[row])
                & (self._digest[place] == rows.digest[row])
            )
            self.stamp[place[won]] = stamps[row[won]]
            open_ = np.concatenate((open_[~free], row[~won]))
            slots[open_] = (slots[open_] + 1) % self.capacity
        self.used += len(rows.high)


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
