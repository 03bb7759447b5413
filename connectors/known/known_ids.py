"""What is known of one feed: which records were taken in before, exactly, for as long as it resends.

**What counts.** A record is known once Kafka acknowledged an envelope with it: the table of ids is
a function of the feed's envelopes on `city.events`. How far it goes is noted with it (`Place`); who
opens it reads what lies behind that place and adds it. So it is right after a kill at any instant.

**Under way.** What was sent and is not acknowledged is held in memory, by ticket. A record that
comes again meanwhile is left out, and its answer waits for the first one's acknowledgement: either
both are told that it arrived, or both that nobody knows. Then the next one reads the log first.

**Several gateways** of one folder take turns: the folder's lock is held while something is under
way. While others live, it is given up every half second.

**After the machine failed** (no kill of a process) parts of the mapped file may be missing. Every
few minutes it is forced to the disk, with a note of how far it went then; that is where reading
begins when the machine was started since.
"""

from __future__ import annotations

import fcntl
import functools
import os
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import sleep
from typing import Any, Protocol

import msgspec
import numpy as np
import pyarrow as pa
import structlog
from kafka.errors import KafkaTimeoutError
from kafka.future import Future
from numpy.typing import NDArray

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError
from connectors.fetch.checkpoint import Checkpoints
from connectors.known.id_table import LEAST, IdTable, Rows
from connectors.known.row_digests import rows_of

log = structlog.get_logger(__name__)

TURN_S = 0.5
"""How long one gateway may go on while another one wants a turn."""
WAIT_S = 5.0
"""How long one waits for its turn."""
FLUSH_S = 300.0
_PAUSE_S = 0.002
_SPARE = 4
_MINUTE_S = 60
_HEAD = struct.Struct("<q q 36s")
"""Partition, offset, and the boot of the machine that they were written in."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")
Mask = NDArray[np.bool_]


class Place(msgspec.Struct, frozen=True):
    """An offset of `city.events`: all of the feed's envelopes up to it are in the table."""

    partition: int
    offset: int


class EventsLog(Protocol):
    """The feed's envelopes on Kafka."""

    def end(self) -> Place:
        """Return the place of the newest record of the feed's partition."""
        ...

    def tables(self, behind: Place, upto: Place) -> Iterator[pa.Table]:
        """Yield the events of the feed's envelopes behind one place, up to another."""
        ...


class Outcome(Future):  # type: ignore[misc]  # the library has no types
    """What becomes of an envelope: as Kafka's own promise, but it is there before it is sent."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        super().__init__()
        self._told = threading.Event()

    def success(self, value: Any) -> Outcome:
        """It arrived, at the place `value`."""
        super().success(value)
        self._told.set()
        return self

    def failure(self, e: BaseException) -> Outcome:
        """It did not, or nobody knows."""
        super().failure(e)
        self._told.set()
        return self

    def get(self, timeout: float | None = None) -> Any:
        """Wait for it.

        Raises:
            KafkaError: it did not arrive, or not in `timeout` seconds.
        """
        if not self._told.wait(timeout):
            raise KafkaTimeoutError(f"no answer after {timeout} s")
        if self.failed():
            raise self.exception
        return self.value


@dataclass(eq=False)
class Ticket:
    """What was let through for one envelope.

    Attributes:
        number: tickets of a feed in order.
        rows: the records, each once.
        minute: of the delivery, since 1970.
        outcome: what becomes of it.
    """

    number: int
    rows: Rows
    minute: int
    outcome: Outcome = field(default_factory=Outcome)


@dataclass(frozen=True)
class Admission:
    """What of a table of events goes on.

    Attributes:
        table: the rows that are not known.
        known: which rows of the table that was asked about are not among those.
        changed: which rows go on although their id is known, with another content.
        beyond: which rows go on although they are older than the feed's resends are known for.
        ticket: to be told what became of it.
        waits_for: what the rows that were left out depend on.
    """

    table: pa.Table
    known: Mask
    changed: Mask
    beyond: Mask
    ticket: Ticket
    waits_for: tuple[Outcome, ...]


@dataclass
class _UnderWay:
    """What was sent and is not answered."""

    tickets: dict[int, Ticket] = field(default_factory=dict)
    table: IdTable = field(default_factory=IdTable)
    next: int = 1

    def add(self, rows: Rows, minute: int) -> Ticket:
        """Hold `rows` under a ticket of their own."""
        more = len(rows.high)
        if not self.table.has_room(more):
            self.table = self.table.rebuilt(min(self.tickets, default=self.next), _SPARE * more)
        ticket = Ticket(self.next, rows, minute)
        self.tickets[ticket.number] = ticket
        self.table.put(rows, ticket.number)
        self.next += 1
        return ticket

    def find(self, rows: Rows) -> tuple[Mask, Mask, tuple[Outcome, ...]]:
        """Return which rows are under way, which with another content, and what they wait for."""
        if not self.tickets:
            none = np.zeros(len(rows.high), np.bool_)
            return none, none, ()
        found = self.table.find(rows)
        numbers = np.where(found.known, self.table.stamp[found.slot], 0)
        here = np.isin(numbers, list(self.tickets))
        outcomes = [self.tickets[number].outcome for number in np.unique(numbers[here]).tolist()]
        return here, found.other, tuple(outcomes)


class KnownIds:
    """The records of one feed that are known; may be used by several threads at once."""

    def __init__(
        self,
        folder: Path,
        feed: str,
        horizon: timedelta,
        events: EventsLog,
        others_live: Callable[[], bool] = lambda: False,
    ) -> None:
        """Keep them in `folder`; nothing is opened before the first call.

        Args:
            folder: of all feeds; gateways of one city share it.
            feed: its id.
            horizon: how long a record is known after it was last delivered.
            events: the feed's envelopes.
            others_live: whether other gateways use the folder, too.
        """
        self._file, self._feed, self._horizon = folder / f"{feed}.ids", feed, horizon
        self._events, self._others_live = events, others_live
        self._notes = Checkpoints(folder / "places")
        self._me = os.urandom(16)
        self._lock = threading.Lock()
        self._turn: int | None = None
        self._turn_ends = 0.0
        self._table: IdTable | None = None
        self._under_way = _UnderWay()
        self._doubt = False
        self._flushed_at = monotonic()

    @property
    def light(self) -> bool:
        """Whether the next call neither opens a file nor asks Kafka."""
        return self._table is not None and not self._doubt and not self._others_live()

    def admit(self, table: pa.Table, now: datetime) -> Admission:
        """Return what of `table` is not known, and hold that as under way.

        Raises:
            BusError: Kafka cannot say what was taken in, or another gateway is at work on the feed.
            OSError: the disk is full or may not be written.
        """
        rows = rows_of(table)
        order = np.lexsort((rows.digest, rows.low, rows.high))
        ordered = rows.take(order)
        same = _like_before(ordered.high) & _like_before(ordered.low)
        twice = same & _like_before(ordered.digest)
        minute = int(now.timestamp()) // _MINUTE_S
        with self._lock:
            self._take_turn()
            try:
                here = self._opened().find(ordered)
                sent, differs, waits_for = self._under_way.find(ordered)
                known = twice | here.known | sent
                ticket = self._under_way.add(ordered.take(~known), minute)
                self._opened().stamp[here.slot[here.known]] = minute
            finally:
                self._end_turn()
        old = _occurred_ms(table) < (now - self._horizon).timestamp() * 1000
        changed = _back(~known & (_later(same, order) | here.other | differs), order)
        known = _back(known, order)
        fresh = table.filter(pa.array(~known)) if known.any() else table
        return Admission(fresh, known, changed, old & ~known, ticket, waits_for)

    def landed(self, ticket: Ticket, place: Place) -> None:
        """Take note that Kafka has what was let through under `ticket`, at `place`."""
        with self._lock:
            try:
                if self._table is not None:  # else it was closed: who goes on reads it from Kafka
                    self._put(ticket.rows, ticket.minute)
                    if not self._doubt and min(self._under_way.tickets) == ticket.number:
                        self._note(place)
            except OSError as error:
                log.error("known_ids_not_kept", feed=self._feed, problem=str(error))
                self._doubt = True
            finally:
                self._under_way.tickets.pop(ticket.number, None)
                self._end_turn()
        ticket.outcome.success(place)

    def failed(self, ticket: Ticket, error: BaseException) -> None:
        """Take note that nobody knows whether Kafka has what was let through under `ticket`."""
        with self._lock:
            self._under_way.tickets.pop(ticket.number, None)
            self._doubt = True
            self._end_turn()
        ticket.outcome.failure(error)

    def close(self) -> None:
        """Force all to the disk; what is under way then is read from Kafka by who goes on."""
        with self._lock:
            if self._table is not None:
                self._flush(self._table)
                self._table = None
            self._under_way.tickets.clear()
            self._end_turn()

    def _take_turn(self) -> None:
        """Hold the folder's lock for this feed, with the table open and as far as the log is."""
        ends = monotonic() + WAIT_S
        while not (self._turn_is_long_enough() or self._locked()):
            if monotonic() > ends:
                problem = f"another gateway has been at work on feed {self._feed} for {WAIT_S:g} s"
                raise BusError(f"{problem}; send it again later")
            self._lock.release()  # what is under way is answered meanwhile, and the turn ends
            try:
                sleep(_PAUSE_S)
            finally:
                self._lock.acquire()
        assert self._turn is not None  # noqa: S101  that is what was waited for
        try:
            if os.pread(self._turn, len(self._me), 0) != self._me:
                self._table = None  # somebody else had it since
            if self._table is None or self._doubt:
                self._catch_up()
            os.pwrite(self._turn, self._me, 0)
        except BaseException:
            self._end_turn()
            raise

    def _turn_is_long_enough(self) -> bool:
        if self._turn is None:
            return False
        return monotonic() < self._turn_ends or not self._others_live()

    def _locked(self) -> bool:
        """Try to take the lock; say whether it is held now."""
        if self._turn is not None:
            return False  # held for too long: what is under way ends first
        path = self._file.with_suffix(".lock")
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self._turn, self._turn_ends = handle, monotonic() + TURN_S
        return True

    def _end_turn(self) -> None:
        if self._turn is not None and not self._under_way.tickets:
            os.close(self._turn)
            self._turn = None

    def _catch_up(self) -> None:
        """Add what lies on Kafka behind what the table has."""
        end = self._events.end()
        table = self._table = self._table or self._open()
        place = self._place(table)
        if place is None or (place.partition == end.partition and place.offset > end.offset):
            log.info("known_ids_begin", feed=self._feed, partition=end.partition, behind=end.offset)
            place = end  # made now, or the topic was made anew
        for events in self._events.tables(place, end):
            self._put(_each_once(rows_of(events)), _newest_minute(events))
        self._note(end)
        self._flush(self._opened())
        self._doubt = False

    def _open(self) -> IdTable:
        try:
            return IdTable(LEAST, self._file)
        except ValueError as error:
            log.error("known_ids_broken", feed=self._feed, problem=str(error), will="begin anew")
            self._file.replace(self._file.with_suffix(".broken"))
            return IdTable(LEAST, self._file)

    def _place(self, table: IdTable) -> Place | None:
        partition, offset, boot = _HEAD.unpack_from(table.head)
        if boot.decode("ascii", "replace") == _boot():
            return Place(partition, offset)
        return self._notes.load(self._feed, Place)

    def _note(self, place: Place) -> None:
        table = self._opened()
        _HEAD.pack_into(table.head, 0, place.partition, place.offset, _boot().encode())
        if monotonic() - self._flushed_at > FLUSH_S:
            self._flushed_at = monotonic()
            name = f"flush-{self._feed}"
            threading.Thread(target=self._flush, args=(table,), name=name, daemon=True).start()

    def _flush(self, table: IdTable) -> None:
        self._flushed_at = monotonic()
        partition, offset, _ = _HEAD.unpack_from(table.head)
        table.flush()
        self._notes.save(self._feed, Place(partition, offset))

    def _put(self, rows: Rows, minute: int) -> None:
        table = self._opened()
        if not table.has_room(len(rows.high)):
            self._table = table = self._grown(table, len(rows.high), minute)
        table.put(rows, minute)

    def _grown(self, table: IdTable, more: int, minute: int) -> IdTable:
        beside = self._file.with_suffix(".new")
        beside.unlink(missing_ok=True)
        since = minute - int(self._horizon.total_seconds()) // _MINUTE_S
        made = table.rebuilt(since, more, beside)
        made.flush()
        beside.replace(self._file)
        log.info("known_ids_grown", feed=self._feed, ids=made.used, slots=made.capacity)
        return made

    def _opened(self) -> IdTable:
        assert self._table is not None  # noqa: S101  opened at the beginning of a turn
        return self._table


def _like_before(words: NDArray[Any]) -> Mask:
    """Return which are equal to the one before."""
    like = np.zeros(len(words), np.bool_)
    like[1:] = words[1:] == words[:-1]
    return like


def _later(same: Mask, order: NDArray[Any]) -> Mask:
    """Return which of ordered rows came behind another one of their id (`same` as before)."""
    if not len(order):
        return same
    starts = np.flatnonzero(~same)
    first = np.minimum.reduceat(order, starts)
    return order > np.repeat(first, np.diff(starts, append=len(order)))


def _back(mask: Mask, order: NDArray[Any]) -> Mask:
    """Return a mask of ordered rows for the rows as they were before."""
    placed = np.empty_like(mask)
    placed[order] = mask
    return placed


def _each_once(rows: Rows) -> Rows:
    order = np.lexsort((rows.digest, rows.low, rows.high))
    ordered = rows.take(order)
    twice = _like_before(ordered.high) & _like_before(ordered.low) & _like_before(ordered.digest)
    return ordered.take(~twice)


def _occurred_ms(table: pa.Table) -> NDArray[np.int64]:
    return table.column("occurred_at").cast(pa.int64()).to_numpy()


def _newest_minute(table: pa.Table) -> int:
    """Return the minute in which the newest row was received."""
    received = table.column("received_at").cast(pa.int64()).to_numpy()
    return int(received.max(initial=_MINUTE_S * 1000)) // (_MINUTE_S * 1000)


@functools.cache
def _boot() -> str:
    return _BOOT.read_text().strip()
