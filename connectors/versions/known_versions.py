"""What is known of one feed whose records change: the last version of each that was told.

**What counts** is what Kafka has: what is kept is a function of the feed's envelopes on
`city.events`, and says how far on them it goes (`Place`). Who opens it reads what lies behind.

**One at a time.** What a version takes back has to be known when it is sent. So a feed's next
envelope waits for the acknowledgement of the one before; when nobody knows what became of that,
the log is read first.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import structlog

from citybrain.floor.errors import BusError
from citybrain.floor.event_columns import TAKEN_BACK
from connectors.resends.feed_memory import Admission
from connectors.resends.kept_ids import Place
from connectors.resends.turned_memory import Catching, EventsLog, TurnedMemory
from connectors.resends.under_way import EnvelopeOutcome
from connectors.versions.kept_versions import KeptVersions
from connectors.versions.revising import LastVersion, revise, versions_of

log = structlog.get_logger(__name__)
WAIT_S = 45.0
"""How long an envelope waits for the one before; longer than Kafka's own time-out."""


@dataclass(eq=False)
class VersionsTicket:
    """What was let through for one envelope.

    Attributes:
        last: record → the version that it is now.
        now_ms: when.
        outcome: what becomes of it.
        place: where it lies; None: that is not known yet.
    """

    last: dict[bytes, LastVersion]
    now_ms: int
    outcome: EnvelopeOutcome = field(default_factory=EnvelopeOutcome)
    place: Place | None = None


class CatchingVersions(Catching[KeptVersions]):
    """Versions to which is added what lies on Kafka behind them."""

    def __init__(self, kept: KeptVersions, feed: str, end: Place, *, dated: bool) -> None:
        """Begin with what is kept of `feed`; see `KnownVersions` for `dated`."""
        super().__init__(kept, feed, end)
        self._dated = dated

    def add(self, events: pa.Table) -> None:
        """Add the versions of an envelope; records that it takes back are known no more."""
        if events.num_rows:
            newest_ms = int(events["received_at"].cast(pa.int64()).to_numpy().max())
            self.kept.put(_last(events, dated=self._dated), None, newest_ms)


class KnownVersions(TurnedMemory[KeptVersions]):
    """The last versions of the records of one feed; may be used by several threads at once."""

    light = False
    """Whether `admit` waits for nothing but memory: it asks a file."""

    def __init__(
        self,
        folder: Path,
        feed: str,
        horizon: timedelta,
        events: EventsLog,
        others_live: Callable[[], bool] = lambda: False,
        *,
        dated: bool,
    ) -> None:
        """Keep them in `folder`; nothing is opened before the first call.

        Args:
            folder: of all feeds; gateways of one city share it.
            feed: its id.
            horizon: how long a closed record is known after it was last delivered.
            events: the feed's envelopes.
            others_live: whether other gateways use the folder, too.
            dated: whether the source says since when a record is as it says.
        """
        super().__init__(folder, feed, events, others_live)
        self._horizon_ms = round(horizon.total_seconds() * 1000)
        self._dated = dated
        self._settled = threading.Condition(self._lock)
        self._under_way: VersionsTicket | None = None
        self._landed: VersionsTicket | None = None

    def keep_for(self, horizon: timedelta) -> None:
        """Know closed records for `horizon` from now on."""
        with self._lock:
            self._horizon_ms = round(horizon.total_seconds() * 1000)
            if self._kept is not None:
                self._kept.horizon_ms = self._horizon_ms

    def admit(self, table: pa.Table, now: datetime) -> Admission:
        """Return what of `table` is new, with what it takes back, and hold that as under way.

        Raises:
            BusError: Kafka cannot say what was taken in, or does not answer for the envelope
                before, or another gateway is at work on the feed.
            OSError: the disk is full or may not be written.
        """
        now_ms = round(now.timestamp() * 1000)
        with self._lock:
            kept = self._alone()
            try:
                known = kept.find(table["event_id"].to_pylist())
                revised = revise(table, known, dated=self._dated)
                again = table["event_id"].filter(pa.array(revised.rows.known)).to_pylist()
                if again:
                    kept.heard(again, now_ms)
                ticket = self._under_way = VersionsTicket(revised.last, now_ms)
            finally:
                self._end_turn()
        occurred = table["occurred_at"].cast(pa.int64()).to_numpy()
        fresh = ~(revised.rows.known | revised.rows.changed | revised.rows.outdated)
        beyond = fresh & np.asarray(occurred < now_ms - self._horizon_ms)
        return Admission(revised.table, replace(revised.rows, beyond=beyond), ticket, ())

    def landed(self, ticket: VersionsTicket, place: Place) -> None:
        """Take note that Kafka has what was let through under `ticket`, at `place`.

        It is put into the file by the next call: this one comes from Kafka's own thread.
        """
        with self._lock:
            if self._under_way is ticket:
                ticket.place = place
                self._landed, self._under_way = ticket, None
                self._end_turn()
                self._settled.notify()
        ticket.outcome.success(place)

    def failed(self, ticket: VersionsTicket, error: BaseException) -> None:
        """Take note that nobody knows whether Kafka has what was let through under `ticket`."""
        with self._lock:
            self._doubt = True
            if self._under_way is ticket:
                self._under_way = None
                self._end_turn()
                self._settled.notify()
        ticket.outcome.failure(error)

    def advance(self, end: Place) -> None:
        """Note that they go as far as `end`, if nothing is under way or in doubt.

        Args:
            end: how far the log was a moment ago.
        """
        with self._lock:
            if self._kept is None or self._doubt or self._under_way is not None:
                return
            if not self._turn.take_at_once():
                return
            try:
                if not self._turn.was_another():
                    self._put_landed(self._kept)
                    self._kept.note(end)
            finally:
                self._end_turn()

    def close(self) -> None:
        """Close the file; what is not in it then is read from Kafka by who goes on."""
        with self._lock:
            if self._kept is not None and self._landed and self._turn.take_at_once():
                with contextlib.suppress(OSError):
                    if not self._turn.was_another():
                        self._put_landed(self._kept)
            self._leave()
            self._under_way = None
            self._turn.end()

    def _alone(self) -> KeptVersions:
        """Take the turn while nothing is under way; return what is kept, as far as the log is."""
        while True:
            if not self._settled.wait_for(lambda: self._under_way is None, WAIT_S):
                problem = f"Kafka has not answered for the last envelope of feed {self._feed}"
                raise BusError(f"{problem} for {WAIT_S:g} s; send it again later")
            kept = self._in_turn()  # lets others go on while it waits
            if self._under_way is None:
                return kept

    def _in_turn(self) -> KeptVersions:
        """Take the turn; return what is kept, as far as the log is."""
        kept = super()._in_turn()
        try:
            self._put_landed(kept)
        except BaseException:
            self._end_turn()
            raise
        return kept

    def _put_landed(self, kept: KeptVersions) -> None:
        if self._landed is not None:
            kept.put(self._landed.last, self._landed.place, self._landed.now_ms)
            self._landed = None

    def _leave(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._kept = self._landed = None

    @property
    def _is_under_way(self) -> bool:
        return self._under_way is not None

    def _opened(self) -> KeptVersions:
        return KeptVersions(self._folder / f"{self._feed}.versions", self._horizon_ms)

    def _catching(self, kept: KeptVersions, end: Place) -> CatchingVersions:
        self._landed = None  # the log has it
        return CatchingVersions(kept, self._feed, end, dated=self._dated)


def _last(events: pa.Table, *, dated: bool) -> dict[bytes, LastVersion | None]:
    """Return record → its last version in an envelope; None: it was taken back altogether."""
    found: dict[bytes, LastVersion | None] = {}
    versions = versions_of(events, dated=dated)
    for sign, (ident, version) in zip(events["sign"].to_pylist(), versions, strict=True):
        found[ident] = None if sign == TAKEN_BACK else version
    return found
