"""Put batches of one topic into the store, each record once: the steps of `sinks.claim_ledger`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import structlog

from citybrain.floor.clock import Clock, monotonic
from citybrain.floor.errors import StoreError
from sinks import claim_ledger, metrics
from sinks.claim_ledger import (
    AppendClaim,
    ClaimLedger,
    Effect,
    Entry,
    Fetch,
    InsertBatch,
    ReadClaims,
    SettleClaim,
    Steps,
)
from sinks.claim_store import Claims
from sinks.insert import insert
from sinks.outage import TROUBLE, Patience
from sinks.record_batch import OffsetRange, RecordBatch
from sinks.repair import Repairer
from sinks.topic_reader import TopicReader

log = structlog.get_logger(__name__)

_STALE_S = 300.0
"""An older claim may be older than the store's memory of tokens: its rows are counted instead."""
_TRIES = 5
_TRIM_EVERY = 50_000
"""Entries of the ledger after which old ones are dropped."""


class Committer:
    """The one writer of a topic in this process. Blocks; use it from one thread at a time."""

    def __init__(
        self,
        mender: Repairer,
        reader: TopicReader,
        *,
        owner: str,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """Write what the reader's topic holds into the mender's table, as `owner`.

        Waiting for a store or a broker that is away ends when `stop` is set.
        """
        topic = reader.source.topic.name
        self._mender = mender
        self._reader = reader
        self._clock = clock
        self._name = mender.table.name
        self._claims = Claims(mender.client, topic)
        self._view = ClaimLedger(topic, owner)
        self._patience = Patience(f"table {self._name}", stop)
        self._claimed_at = 0.0
        self._whole = False
        self._settling = False
        self._trim_at = 0

    @property
    def waits(self) -> bool:
        """Whether it waits for the store, or mends what is there: slow, and known to be."""
        return self._settling or self._patience.waits

    @property
    def attempts(self) -> int:
        """How often something had to be tried again so far."""
        return self._patience.attempts

    def write(self, batch: RecordBatch, *, refresh: bool) -> None:
        """Put `batch` into the store; when this returns, every row of it is there once.

        Args:
            batch: what was read, not acknowledged yet.
            refresh: a partition may have had another owner since the last call; True at first.

        Raises:
            Stopped: the process ends; whoever comes next completes what was begun.
            TopicMadeAnew: what the store holds is not of this topic.
        """
        self._whole = False
        if refresh:
            self._patience.until_done(lambda: self._look_around(batch))
        with metrics.INSERT_S.labels(self._name).time():
            _drive(claim_ledger.write(self._view, batch, refresh=refresh), self._perform)
        if self._view.known >= self._trim_at:
            self._patience.until_done(lambda: self._claims.forget(self._view.known))
            self._trim_at = self._view.known + _TRIM_EVERY
        self._whole = True

    def close(self) -> None:
        """Tell the next owner that nothing is open, where that is so. Tries once."""
        if not self._whole:
            return
        try:
            _drive(claim_ledger.close(self._view), lambda effect: self._simple(effect)())
        except TROUBLE as error:
            log.warning("not_closed", table=self._name, error=str(error)[:200])

    def _look_around(self, batch: RecordBatch) -> None:
        if not self._view.known:
            self._view.learn(self._claims.load())
        partitions = [part.partition for part in batch.ranges]
        self._reader.check_is_same(self._view.reached, partitions)

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case InsertBatch(claim, batch):
                return self._insert(claim, batch)
            case SettleClaim(claim, partitions):
                return self._settle_for(claim, partitions)
        return self._patience.until_done(self._simple(effect))

    def _simple(self, effect: Effect) -> Callable[[], Any]:
        match effect:
            case AppendClaim(entry):
                self._claimed_at = monotonic()
                return lambda: self._claims.append(entry)
            case ReadClaims(after):
                return lambda: self._claims.read(after)
            case Fetch(missing):
                log.warning("reads_again_what_was_skipped", table=self._name, range=str(missing))
                return lambda: self._reader.batch([missing])
        raise TypeError(effect)

    def _insert(self, claim: Entry, batch: RecordBatch) -> None:
        if not batch.rows:
            return
        table = batch.table()
        metrics.ROWS.labels(self._name).inc(batch.rows)
        metrics.INSERTS.labels(self._name).inc()
        if monotonic() - self._claimed_at < _STALE_S:
            try:
                insert(self._mender.client, self._name, table, claim.claim_id)
            except TROUBLE as error:
                self._patience.note(error)
            else:
                return
        self._settle(claim, table, claim.ranges)

    def _settle_for(self, claim: Entry, partitions: frozenset[int]) -> None:
        batch = self._patience.until_done(lambda: self._reader.batch(claim.ranges))
        log.info("completes_claim_of_another", table=self._name, seq=claim.seq, rows=batch.rows)
        if batch.rows != claim.rows:
            log.error("claim_reads_differently", claimed_rows=claim.rows, rows=batch.rows)
        if batch.rows:
            ranges = [part for part in claim.ranges if part.partition in partitions]
            self._settle(claim, batch.table(), ranges)

    def _settle(self, claim: Entry, table: pa.Table, ranges: Iterable[OffsetRange]) -> None:
        metrics.SETTLED.labels(self._name).inc()
        self._settling = True
        try:
            self._patience.until_done(lambda: self._complete(claim, table, ranges))
        finally:
            self._settling = False

    def _complete(self, claim: Entry, table: pa.Table, ranges: Iterable[OffsetRange]) -> None:
        counted = self._reader.source.counted
        if not counted or self._claims.age_s(claim) < _STALE_S:
            insert(self._mender.client, self._name, table, claim.claim_id)
        mine = self._still_mine(claim, ranges)
        rows = table.filter(pc.is_in(table["kafka_partition"], _partitions(mine)))
        for _ in range(_TRIES):
            mended = self._mender.mend(rows, mine, self._clock.now())
            if not mended:
                return
            metrics.MENDED.labels(self._name).inc()
        problem = f"store: {self._name}: rows of claim {claim.seq} do not stay as they were written"
        raise StoreError(f"{problem}; does another program write into this table?")

    def _still_mine(self, claim: Entry, ranges: Iterable[OffsetRange]) -> list[OffsetRange]:
        """Return those of `ranges` that nobody else went on after; who did has settled them."""
        view = self._view
        passed = {
            part.partition
            for entry in self._claims.read(claim.seq)
            if entry.kind == claim_ledger.CLAIM and entry.owner != view.owner
            for part in entry.ranges
        }
        return [part for part in ranges if part.partition not in passed]


def _drive(steps: Steps, perform: Callable[[Effect], Any]) -> None:
    answer: Any = None
    while True:
        try:
            effect = steps.send(answer)
        except StopIteration:
            return
        answer = perform(effect)


def _partitions(ranges: Iterable[OffsetRange]) -> pa.Array:
    return pa.array([part.partition for part in ranges], pa.uint16())
