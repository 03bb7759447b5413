"""Bring a deferred claim into the store: insert, count, mend, find what is refused. Blocks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import structlog

from citybrain.floor.clock import Clock
from citybrain.floor.errors import StoreError
from citybrain.floor.permanent import refuses_rows
from sinks import metrics
from sinks.claim_bounds import week_numbers, weeks_apart, weeks_of
from sinks.claim_store import Claims
from sinks.insert import insert, place
from sinks.ledger_entries import CompleteClaim, RecordPlace
from sinks.outage import TROUBLE
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.refused_records import refused
from sinks.repair import Repairer
from sinks.topic_reader import TopicReader

log = structlog.get_logger(__name__)

STALE_S = 300.0
"""An older claim may be older than the store's memory of tokens: its rows are counted instead."""
_TRIES = 5


@dataclass(frozen=True)
class ClaimCompletion:
    """Completes claims of one topic.

    Attributes:
        mender: counts and mends.
        reader: reads the records again.
        claims: the log.
        clock: the present, for retention.
        moved: called after each insert, so that who looks sees that it moves.
    """

    mender: Repairer
    reader: TopicReader
    claims: Claims
    clock: Clock
    moved: Callable[[], object] = lambda: None

    def untried(self, work: CompleteClaim, batch: RecordBatch) -> None:
        """Insert `batch`, of a claim of which nothing was tried before: a plain yes is enough.

        Raises:
            ClickHouseError: what became of it is not known; it has to be completed.
        """
        self._insert(work.claim.claim_id, batch)

    def complete(self, work: CompleteClaim) -> frozenset[RecordPlace]:
        """Do what `work` asks for; return all records that are refused.

        Raises:
            one of `sinks.outage.TROUBLE`: it is not done.
        """
        batch = self.reader.batch(work.claim.ranges)
        if batch.rows != work.claim.rows:
            log.error("claim_reads_differently", claimed_rows=work.claim.rows, rows=batch.rows)
        try:
            self._put(work, batch)
        except TROUBLE as error:
            found = self.words(batch.records) if refuses_rows(error) else {}
            if not found:
                raise
            return work.refused | found.keys()
        return work.refused

    def words(self, records: Sequence[TopicRecord]) -> dict[RecordPlace, str]:
        """Return those of `records` that the store refuses, and why; no table changes."""
        try:
            return refused(records, self._attempt)
        finally:
            self.mender.scratch.drop(self.mender.table.name)

    def _put(self, work: CompleteClaim, batch: RecordBatch) -> None:
        claim, good = work.claim, batch.without(work.refused)
        counted = self.mender.source.counted
        if not counted:
            token = claim.claim_id + _mark(work.refused)
            self._insert(token, good)
            return
        if not work.refused and self.claims.age_s(claim.claim_id) < STALE_S:
            self._insert(claim.claim_id, batch)
        mine = [part for part in batch.ranges if part.partition in work.partitions]
        if mine:
            self._mend(good.within(mine), batch.within(mine))

    def _mend(self, good: RecordBatch, whole: RecordBatch) -> None:
        for _ in range(_TRIES):
            if not self.mender.mend(good, whole, self.clock.now()):
                return
            metrics.MENDED.labels(self.mender.table.name).inc()
        problem = f"store: {self.mender.table.name}: rows do not stay as they were written"
        raise StoreError(f"{problem}; does another program write into this table?")

    def _insert(self, token: str, batch: RecordBatch) -> None:
        for name, rows in slices(token, batch, self.mender.source.time):
            insert(self.mender.client, self.mender.table.name, rows, name)
            self.moved()

    def _attempt(self, records: Sequence[TopicRecord]) -> str:
        name = self.mender.table.name
        try:
            place(self.mender.client, self.mender.scratch.make(name), RecordBatch(records).table())
        except TROUBLE as error:
            if not refuses_rows(error):
                raise
            return str(error)
        finally:
            self.moved()
        return ""


def slices(token: str, batch: RecordBatch, time: str) -> Iterator[tuple[str, pa.Table]]:
    """Yield the inserts that `batch` needs: its token and its rows, some weeks each.

    The same records always give the same. Only a single record can need more than one.
    """
    if not batch.rows:
        return
    table = batch.table()
    groups = weeks_apart(weeks_of(table.column(time)))
    if len(groups) == 1:
        yield token, table
        return
    weeks = week_numbers(table.column(time))
    for number, group in enumerate(groups, 1):
        name = f"{token}/{number}of{len(groups)}"
        yield name, table.filter(pa.array(np.isin(weeks, sorted(group))))


def _mark(places: Collection[RecordPlace]) -> str:
    """Return what a claim's token has behind it when some of its records are refused."""
    return f"-{hashlib.blake2b(_text(places), digest_size=8).hexdigest()}" if places else ""


def _text(places: Iterable[RecordPlace]) -> bytes:
    return ";".join(f"{partition}:{at}" for partition, at in sorted(places)).encode()
