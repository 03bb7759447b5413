"""What is known of one feed: which records were taken in before, exactly, within its horizon.

**What counts.** A record is known once Kafka acknowledged an envelope with it: the table is a
function of the feed's envelopes on `city.events`. How far it goes is noted with it (`Place`); who
opens it reads what lies behind that place and adds it. So it is right after a kill at any instant.

**Under way.** What was sent and is not acknowledged is held in memory, by ticket. A record that
comes again meanwhile is left out, and its answer waits for the first one's acknowledgement: either
both are told that it arrived, or both that nobody knows. Then the next one reads the log first.

**Several gateways** of one folder take turns: a lock is held while something is under way. While
others live, it is given up every half second.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import structlog
from numpy.typing import NDArray

from citybrain.floor.event_columns import TAKEN_BACK
from connectors.resends.feed_memory import Admission
from connectors.resends.id_table import Rows
from connectors.resends.kept_ids import KeptIds, Place
from connectors.resends.known_rows import KnownRows, Mask
from connectors.resends.row_digests import rows_of
from connectors.resends.turned_memory import Catching, EventsLog, TurnedMemory
from connectors.resends.under_way import Ticket, UnderWay

log = structlog.get_logger(__name__)
_MINUTE_MS = 60_000


class CatchingIds(Catching[KeptIds]):
    """A table to which is added what lies on Kafka behind it."""

    def add(self, events: pa.Table) -> None:
        """Add the records of an envelope; those that it takes back are known no more."""
        self.kept.reads += 1
        if events.num_rows:
            newest_ms = int(_millis(events, "received_at").max())
            back = pc.equal(events["sign"], TAKEN_BACK)
            if pc.any(back).as_py():
                self.kept.table.forget(rows_of(events.filter(back)))
                events = events.filter(pc.invert(back))
            if events.num_rows:
                self.kept.put(_each_once(rows_of(events)), newest_ms // _MINUTE_MS)

    def done(self) -> None:
        """Note that the table goes as far as the log."""
        super().done()
        if self.made:  # or nobody would know, after a failure of the machine, where it began
            self.kept.flush()


class KnownIds(TurnedMemory[KeptIds]):
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
        super().__init__(folder, feed, events, others_live)
        self._horizon_ms = round(horizon.total_seconds() * 1000)
        self._others_live = others_live
        self._under_way = UnderWay()

    @property
    def light(self) -> bool:
        """Whether the next call neither opens a file nor asks Kafka."""
        return self._kept is not None and not self._doubt and not self._others_live()

    def keep_for(self, horizon: timedelta) -> None:
        """Know records for `horizon` from now on; nothing that is known is forgotten by that."""
        with self._lock:
            self._horizon_ms = round(horizon.total_seconds() * 1000)
            if self._kept is not None:
                self._kept.horizon_min = self._horizon_ms // _MINUTE_MS

    def admit(self, table: pa.Table, now: datetime) -> Admission:
        """Return what of `table` is not known, and hold that as under way.

        Raises:
            BusError: Kafka cannot say what was taken in, or another gateway is at work on the feed.
            OSError: the disk is full or may not be written.
        """
        now_ms = round(now.timestamp() * 1000)
        order, ordered = _in_order(rows_of(table))
        same = _same_id(ordered)
        twice = same & _like_before(ordered.digest)
        with self._lock:
            kept = self._in_turn()
            try:
                here = kept.table.find(ordered)
                sent, differs, waits_for = self._under_way.find(ordered)
                known = twice | here.known | sent
                fresh = ordered if not known.any() else ordered.take(~known)
                asked = (kept, kept.reads)
                ticket = self._under_way.add(fresh, now_ms // _MINUTE_MS, asked)
                kept.table.stamp[here.slot[here.known]] = ticket.minute
            finally:
                self._end_turn()
        changed = _back(~known & (_later(same, order) | here.other | differs), order)
        known = _back(known, order)
        beyond = ~known & (_millis(table, "occurred_at") < now_ms - self._horizon_ms)
        left = table.filter(pa.array(~known)) if known.any() else table
        return Admission(
            left, KnownRows(known, changed, beyond, np.zeros_like(known)), ticket, waits_for
        )

    def landed(self, ticket: Ticket, place: Place) -> None:
        """Take note that Kafka has what was let through under `ticket`, at `place`."""
        with self._lock:
            oldest = self._under_way.settle(ticket)
            try:
                if kept := self._kept:  # else it was closed: who goes on reads it from Kafka
                    # Nobody else lets the same records through meanwhile: what was not there when
                    # it was asked is not there now, unless some were read from the log since.
                    put = kept.add if ticket.asked == (kept, kept.reads) else kept.put
                    put(ticket.rows, ticket.minute)
                    if oldest and not self._doubt:
                        kept.note(place)
            except OSError as error:
                log.error("known_ids_not_kept", feed=self._feed, problem=str(error))
                self._doubt = True
            finally:
                self._end_turn()
        ticket.outcome.success(place)

    def failed(self, ticket: Ticket, error: BaseException) -> None:
        """Take note that nobody knows whether Kafka has what was let through under `ticket`."""
        with self._lock:
            self._under_way.settle(ticket)
            self._doubt = True
            self._end_turn()
        ticket.outcome.failure(error)

    def advance(self, end: Place) -> None:
        """Note that the table goes as far as `end`, if nothing is under way or in doubt.

        Args:
            end: how far the log was a moment ago.
        """
        with self._lock:
            idle = self._kept is not None and not self._doubt and not self._under_way
            if not idle or not self._turn.take_at_once():
                return
            try:
                if self._kept is not None and not self._turn.was_another():
                    self._kept.note(end)
            finally:
                self._end_turn()

    def close(self) -> None:
        """Force all to the disk; what is under way then is read from Kafka by who goes on."""
        with self._lock:
            if self._kept is not None:
                self._kept.flush()
                self._kept = None
            self._under_way.clear()
            self._end_turn()

    @property
    def _is_under_way(self) -> bool:
        return bool(self._under_way)

    def _opened(self) -> KeptIds:
        return KeptIds(self._folder, self._feed, self._horizon_ms // _MINUTE_MS)

    def _catching(self, kept: KeptIds, end: Place) -> CatchingIds:
        return CatchingIds(kept, self._feed, end)


def _in_order(rows: Rows) -> tuple[NDArray[Any], Rows]:
    """Return the order of rows by id and digest, the first that came first, and them in it."""
    order = np.argsort(rows.high, kind="stable")
    ordered = rows.take(order)
    if _like_before(ordered.high).any():
        order = np.lexsort((rows.digest, rows.low, rows.high))
        ordered = rows.take(order)
    return order, ordered


def _like_before(words: NDArray[Any]) -> Mask:
    """Return which are equal to the one before."""
    like = np.zeros(len(words), np.bool_)
    like[1:] = words[1:] == words[:-1]
    return like


def _same_id(ordered: Rows) -> Mask:
    """Return which of ordered rows have the id of the one before."""
    return _like_before(ordered.high) & _like_before(ordered.low)


def _later(same: Mask, order: NDArray[Any]) -> Mask:
    """Return which of ordered rows came behind another one of their id (`same` as before)."""
    if not len(order):
        return same
    starts = np.flatnonzero(~same)
    first = np.minimum.reduceat(order, starts)
    later: Mask = order > np.repeat(first, np.diff(starts, append=len(order)))
    return later


def _back(mask: Mask, order: NDArray[Any]) -> Mask:
    """Return a mask of ordered rows for the rows as they were before."""
    placed = np.empty_like(mask)
    placed[order] = mask
    return placed


def _each_once(rows: Rows) -> Rows:
    _, ordered = _in_order(rows)
    return ordered.take(~(_same_id(ordered) & _like_before(ordered.digest)))


def _millis(table: pa.Table, column: str) -> NDArray[np.int64]:
    found: NDArray[np.int64] = table.column(column).cast(pa.int64()).to_numpy()
    return found
