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
        self._due_of: dict[str, datetime] = {}
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
        self._look_at(record.id, self.next_due(record))

    def waits(self, now: datetime) -> bool:
        """Return whether the time of a record has come."""
        while self._due and self._due[0][0] <= now:
            due, name = self._due[0]
            if self._due_of.get(name) == due:
                return True
            heapq.heappop(self._due)  # it is looked at at another time, or not at all
        return False

    def ripe(self, now: datetime) -> Iterator[R]:
        """Yield records whose time has come, as they are when it is their turn; not too many.

        Who waits for them to be done can let others have their turn, and ask again.
        """
        names: dict[str, None] = {}
        while len(names) < AT_ONCE and self.waits(now):
            _, name = heapq.heappop(self._due)
            del self._due_of[name]
            names[name] = None
        found = (self.known[name] for name in names if name in self.known)
        return (record for record in found if self.awaits(record))

    def awaits(self, record: R) -> bool:
        """Return whether time may change something about a record; by default while it is open."""
        return self._is_open(record)

    def same_due(self, before: R, record: R) -> bool:
        """Return whether time alone changes `record` just when it would `before`.

        Unless a type of record can tell that at a glance, it is computed each time.
        """
        del before, record
        return False

    def _look_at(self, name: str, due: datetime | None) -> None:
        """Look at a record at `due`, and not when was thought before; None: never."""
        if due is None:
            self._due_of.pop(name, None)
        elif self._due_of.get(name) != due:
            self._due_of[name] = due
            heapq.heappush(self._due, (due, name))

    def _put(self, before: R | None, record: R) -> None:
        awaited, name = self.awaits(record), record.id
        known = before is not None and name in self._due_of and self.same_due(before, record)
        due = self.next_due(record) if awaited and not known else None
        self.index(before, record)
        self.known[name] = record
        if not (awaited and known):
            self._look_at(name, due)
        if self._is_open(record):
            self.open[name] = record
            return
        self.open.pop(name, None)
        heapq.heappush(self._closed, (record.updated_at, name))

    def _put_back(self, record: R, before: R | None) -> None:
        if before is not None:
            self._put(record, before)
            return
        self.unindex(record)
        self.known.pop(record.id, None)
        self.open.pop(record.id, None)
        self._look_at(record.id, None)

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
