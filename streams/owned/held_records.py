"""The records of one type that an owner holds in memory, and when to look at each again."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, MutableMapping
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from citybrain.workflow.steps import Record
from streams.owned.undo import UndoLog

REMEMBERED = timedelta(hours=24)
"""How long a closed record is kept in memory: late data may still undo it."""
AT_ONCE = 200
ROUND = 60
"""Turns in which every open record is looked at once."""
R = TypeVar("R", bound=Record)


class HeldRecords(Generic[R]):
    """Open records, and those that were closed of late.

    Attributes:
        known: all of them by id.
        open: the open ones by id.
        undo: takes back what is kept in an attempt that fails.
        next_due: says when time alone changes something about a record.
    """

    def __init__(
        self,
        is_open: Callable[[R], bool],
        next_due: Callable[[R], datetime | None],
        open_records: MutableMapping[str, R],
    ) -> None:
        """Hold none yet; the open ones lie in `open_records`."""
        self.known: dict[str, R] = {}
        self.open = open_records
        self.next_due = next_due
        self._is_open = is_open
        self._due: list[tuple[datetime, str]] = []
        self._closed: list[tuple[datetime, str]] = []
        self._turn = 0
        self.undo = UndoLog()

    def keep(self, record: R) -> None:
        """Take a record in, in the place of an older version of it."""
        before = self.known.get(record.id)
        self.undo.note(lambda: self._put_back(record, before))
        self._put(before, record)

    def index(self, before: R | None, record: R) -> None:
        """Bring up to date by what else records are looked up; nothing by default."""

    def unindex(self, record: R) -> None:
        """Look a record up by nothing any more; nothing by default."""

    def schedule(self, record: R) -> None:
        """Remember when to look at an open record again."""
        due = self.next_due(record)
        if due is not None:
            heapq.heappush(self._due, (due, record.id))

    def waits(self, now: datetime) -> bool:
        """Return whether the time of a record has come."""
        return bool(self._due) and self._due[0][0] <= now

    def ripe(self, now: datetime) -> Iterator[R]:
        """Yield records whose time has come, as they are when it is their turn; not too many.

        Who waits for them to be done can let others have their turn, and ask again.
        """
        names: dict[str, None] = {}
        while self.waits(now) and len(names) < AT_ONCE:
            names[heapq.heappop(self._due)[1]] = None
        found = (self.known[name] for name in names if name in self.known)
        return (record for record in found if self.awaits(record))

    def awaits(self, record: R) -> bool:
        """Return whether time may change something about a record; by default while it is open."""
        return self._is_open(record)

    def _put(self, before: R | None, record: R) -> None:
        due = self.next_due(record) if self.awaits(record) else None
        self.index(before, record)
        self.known[record.id] = record
        if due is not None:
            heapq.heappush(self._due, (due, record.id))
        if self._is_open(record):
            self.open[record.id] = record
            return
        self.open.pop(record.id, None)
        heapq.heappush(self._closed, (record.updated_at, record.id))

    def _put_back(self, record: R, before: R | None) -> None:
        if before is not None:
            self._put(record, before)
            return
        self.unindex(record)
        self.known.pop(record.id, None)
        self.open.pop(record.id, None)

    def in_turn(self) -> Iterator[R]:
        """Yield a part of the open records, another one each time."""
        self._turn = (self._turn + 1) % ROUND
        names = list(itertools.islice(self.open, self._turn, None, ROUND))
        return (self.open[name] for name in names if name in self.open)

    def forget(self, now: datetime) -> Iterable[R]:
        """Let go of records that were closed for `REMEMBERED`; return them."""
        gone = []
        while self._closed and self._closed[0][0] < now - REMEMBERED:
            _, name = heapq.heappop(self._closed)
            record = self.known.get(name)
            if record is None or self._is_open(record):
                continue
            if self.lasts(record, now):
                heapq.heappush(self._closed, (now, name))
            elif record.updated_at < now - REMEMBERED:
                self.unindex(record)
                gone.append(self.known.pop(name))
        return gone

    def lasts(self, record: R, now: datetime) -> bool:
        """Whether a closed record must not be forgotten yet; never by default."""
        del record, now
        return False
