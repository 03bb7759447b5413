"""Count what is in the store, and mend what is not whole: piece by piece, each of them short.

A repeated insert under the same token is complete but for one gap: a store without replication
notes the token before it keeps the rows, so one that is killed in between has the token and not
the rows, and takes them for there ever after; the same holds for each rollup by itself. So after
an insert whose end is not certain the rows are counted, and each rollup is held against a recount
of what it sums up.

Mending goes past the views, or they would count a second time: what is missing (rows; of a rollup
the difference, see `sinks.recount`) is made in a scratch table, whose partitions are then attached.
Nothing that is right is taken away meanwhile. Killed in the middle, it is found by the next count
and done again. Only rows that are there twice, or should not be there, are deleted; that is rare.

**Who excludes whom.** A piece is some weeks of one table, counted, made and put in place in one
*turn*. While it has the turn nobody else of this process inserts into the topic's tables, so the
count stays true until the piece is in place; between two turns whatever waits goes first. Other
processes own other partitions: a feed's records lie in one partition, and only buckets of feeds of
the own partitions are touched. No list of rows or buckets goes over the wire: a piece is the span
between its first wrong bucket and its last.
"""
# ruff: noqa: S608  names and expressions come from this package; values are bound parameters

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import structlog
from clickhouse_connect.driver.client import Client

from citybrain.floor.errors import StoreError
from sinks import recount
from sinks.claim_bounds import week_numbers, weeks_of
from sinks.insert import place
from sinks.migrations import Dialect
from sinks.record_batch import OffsetRange, RecordBatch
from sinks.recount import HIGH, LOW, BucketSpan, RollupColumns
from sinks.retention import days_of
from sinks.scratch import Scratch
from sinks.table import Table, TopicSource, rollups_of

log = structlog.get_logger(__name__)

PIECE_WEEKS = 16
PIECE_ROWS = 500_000
"""Rows of a rollup that are put right in one turn at the most, unless one bucket has more."""
PIECE_FEEDS = 50
_EPOCH = datetime.fromtimestamp(0, UTC)

_AT_ONCE = {"lightweight_deletes_sync": 2}
PLACE = ("kafka_partition", "kafka_offset", "kafka_row")

Turn = Callable[[], AbstractContextManager[object]]
"""Gives the right to be the only one who changes the topic's tables, for a short while."""


class NotOurs(Exception):
    """A turn was not given: a partition went to another sink."""


class WrongBuckets(NamedTuple):
    """What is wrong in a span of a rollup.

    Attributes:
        rows: how many rows it lacks.
        buckets: how many (feed, bucket) differ.
        events: by how many events they are off, all together.
        first: the first wrong bucket.
        last: the last.
    """

    rows: int
    buckets: int
    events: int
    first: datetime
    last: datetime


@dataclass(frozen=True)
class Repairer:
    """Verifies and mends one topic's table and what follows from it. Blocks.

    Attributes:
        client: the store.
        tables: every table, by name.
        table: the topic's table.
        retention_days: table → days after which all of its rows are gone; missing: never.
        dialect: what DDL templates are filled with.
        whole_days: table → days for which all of its rows are there, where that is less: rows of
            one table may be kept for different times, and only what is whole can be recounted.
        owner: whose scratch tables it uses.
        turn: taken for each piece.
        known: the rollups' columns, once they were asked for.
    """

    client: Client
    tables: Mapping[str, Table]
    table: Table
    retention_days: Mapping[str, int]
    dialect: Dialect
    whole_days: Mapping[str, int] = field(default_factory=dict)
    owner: str = "repair"
    turn: Turn = nullcontext
    known: dict[str, RollupColumns] = field(default_factory=dict)

    @property
    def source(self) -> TopicSource:
        """What fills the topic's table."""
        assert self.table.source is not None  # noqa: S101  a topic's table has one
        return self.table.source

    @property
    def scratch(self) -> Scratch:
        """Where right rows are made."""
        return Scratch(self.client, self.owner)

    def mend(self, good: RecordBatch, whole: RecordBatch, now: datetime) -> list[str]:
        """Make sure that the rows of `good`, and nothing else, are what the store has of `whole`.

        Args:
            good: the records that are to be there.
            whole: all records of those ranges, also those that are refused.
            now: the present instant; what is near its expiry is let be.

        Returns:
            The tables that had to be mended.
        """
        if not self.source.counted or not whole.rows:
            return []
        every = self._kept(whole.table(), now)
        rows = self._kept(good.table(), now) if good.rows else every.slice(0, 0)
        mended: dict[str, None] = {}
        for weeks in _groups(every.column(self.source.time)):
            piece = _of_weeks(every, self.source.time, weeks)
            low, high = _bounds(piece.column(self.source.time))
            wanted = _of_weeks(rows, self.source.time, weeks)
            if self._mend_rows(wanted, whole.ranges, low, high):
                mended[self.table.name] = None
            feeds = pc.unique(piece.column("feed").cast(pa.utf8())).to_pylist()
            mended |= dict.fromkeys(self.mend_rollups(low, high, feeds, now))
        for name in mended:
            log.warning("table_mended", table=name)
        return list(mended)

    def mend_rollups(
        self, low: datetime, high: datetime, feeds: Iterable[str], now: datetime
    ) -> list[str]:
        """Make sure that all rollups of `feeds` are right from `low` to `high`.

        Returns:
            The tables that had to be mended.
        """
        mended = []
        for table in rollups_of(self.tables, self.table.name):
            spans = self.spans(table, low, high, feeds, now)
            if [found for span in spans if (found := self.mend_span(table, span))]:
                mended.append(table.name)
        return mended

    def spans(
        self, table: Table, low: datetime, high: datetime, feeds: Iterable[str], now: datetime
    ) -> Iterator[BucketSpan]:
        """Yield the buckets of rollup `table` from `low` to `high` that a recount holds for.

        None that may have lost rows to retention: of the topic's table, or of its own.
        """
        whole = self._horizon(self.table, now, self.whole_days)
        kept = max(self._horizon(table, now), whole)
        rollup = recount.rollup_of(table)
        bucket = self.dialect.render(rollup.bucket)
        ends = [bucket.replace("{t}", f"{{{t}:DateTime64(3, 'UTC')}}") for t in ("low", "high")]
        given = {"low": low, "high": high}
        first, last = self.client.query(f"SELECT {', '.join(ends)}", given).result_rows[0]
        first, last = max(first.replace(tzinfo=UTC), kept), last.replace(tzinfo=UTC)
        named = list(feeds)
        for at in range(0, len(named) if first <= last else 0, PIECE_FEEDS):
            yield BucketSpan(first, last, tuple(named[at : at + PIECE_FEEDS]))

    def wrong(self, table: Table, span: BucketSpan) -> WrongBuckets | None:
        """Return what differs between rollup `table` and a recount; None: nothing."""
        sql = recount.wrong(self._columns(table), table.name, self._recounted(table))
        rows, buckets, events, first, last = self.client.query(sql, span.bound).result_rows[0]
        if not rows:
            return None
        ends = first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)
        return WrongBuckets(int(rows), int(buckets), int(events), *ends)

    def mend_span(self, table: Table, span: BucketSpan) -> WrongBuckets | None:
        """Make a span of rollup `table` right; return what was wrong."""
        with self.turn():
            found = self.wrong(table, span)
            if found is None:
                return None
            narrow = BucketSpan(found.first, found.last, span.feeds)
            if found.rows <= PIECE_ROWS or found.first == found.last:
                self._add_what_lacks(table, narrow)
                return found
        for half in narrow.halves():
            self.mend_span(table, half)
        return found

    def _add_what_lacks(self, table: Table, span: BucketSpan) -> None:
        columns = self._columns(table)
        select = recount.difference(columns, table.name, self._recounted(table))
        self.scratch.make(table.name)
        self.scratch.fill(table.name, columns.names, select, span.bound)
        self.scratch.attach(table.name)

    def _recounted(self, table: Table) -> str:
        return recount.recount(self.dialect, self.tables, table, self.table.name)

    def _columns(self, table: Table) -> RollupColumns:
        if table.name not in self.known:
            sql = (
                "SELECT name, type FROM system.columns"
                " WHERE database = currentDatabase() AND table = {table:String} ORDER BY position"
            )
            found = self.client.query(sql, {"table": table.name}).result_rows
            if not found:
                raise StoreError(
                    f"store: no table {table.name}; start a sink anew, it makes what is missing"
                )
            types = {str(name): str(kind) for name, kind in found}
            self.known[table.name] = RollupColumns.of(types)
        return self.known[table.name]

    def _kept(self, rows: pa.Table, now: datetime) -> pa.Table:
        """Return the rows that have not expired."""
        times = rows.column(self.source.time)
        since = pa.scalar(self._horizon(self.table, now), times.type)
        return rows.filter(pc.greater_equal(times, since))

    def _mend_rows(
        self, rows: pa.Table, ranges: Sequence[OffsetRange], low: datetime, high: datetime
    ) -> bool:
        where, bound = _places(ranges)
        where = f"({where}) AND {self.source.time} BETWEEN {LOW} AND {HIGH}"
        bound |= {"low": low, "high": high}
        held = self._held(where, bound)
        spare = (
            held.filter(pl.col("n") > 1).height
            + held.join(_where_from(rows), on=PLACE, how="anti").height
        )
        if spare:
            self._delete(where, bound)
            held = held.clear()
        missing = _where_from(rows).with_row_index().join(held, on=PLACE, how="anti")
        if missing.height:
            lacking = rows.take(missing["index"].to_arrow())
            with self.turn():
                place(self.client, self.scratch.make(self.table.name), lacking)
                self.scratch.attach(self.table.name)
        return bool(spare or missing.height)

    def _held(self, where: str, bound: dict[str, Any]) -> pl.DataFrame:
        """Return the places of rows that are there, and how often."""
        columns = ", ".join(PLACE)
        sql = f"SELECT {columns}, count() AS n FROM {self.table.name} WHERE {where} GROUP BY ALL"
        found = self.client.query_arrow(sql, bound)
        return pl.DataFrame(pl.from_arrow(found)).cast(dict.fromkeys(PLACE, pl.UInt64))

    def _delete(self, where: str, bound: dict[str, Any]) -> None:
        """Delete rows; nobody else writes rows of these places, so this needs no turn."""
        sql = f"SELECT DISTINCT _partition_id FROM {self.table.name} WHERE {where}"
        for (part,) in self.client.query(sql, bound).result_rows:
            sql = f"DELETE FROM {self.table.name} IN PARTITION ID '{part}' WHERE {where}"
            self.client.command(sql, parameters=bound, settings=_AT_ONCE)

    def _horizon(
        self, table: Table, now: datetime, whole_days: Mapping[str, int] | None = None
    ) -> datetime:
        """Return the instant from which on rows of `table` (with `whole_days`: all) are there."""
        days = days_of(table, {**self.retention_days, **(whole_days or {})})
        return _EPOCH if days is None else now - timedelta(days=days) + timedelta(hours=1)


def _where_from(rows: pa.Table) -> pl.DataFrame:
    found = pl.DataFrame(pl.from_arrow(rows.select(PLACE)))
    return found.cast(dict.fromkeys(PLACE, pl.UInt64))


def _groups(times: pa.ChunkedArray) -> list[list[int]]:
    """Return the weeks of `times`, some that follow each other at a time."""
    found = sorted(weeks_of(times))
    return [found[at : at + PIECE_WEEKS] for at in range(0, len(found), PIECE_WEEKS)]


def _of_weeks(rows: pa.Table, time: str, weeks: Sequence[int]) -> pa.Table:
    return rows.filter(pa.array(np.isin(week_numbers(rows.column(time)), weeks)))


def _places(ranges: Iterable[OffsetRange]) -> tuple[str, dict[str, Any]]:
    words, bound = [], dict[str, Any]()
    for at, part in enumerate(ranges):
        words.append(
            f"(kafka_partition = {{p{at}:UInt16}}"
            f" AND kafka_offset BETWEEN {{f{at}:UInt64}} AND {{l{at}:UInt64}})"
        )
        bound |= {f"p{at}": part.partition, f"f{at}": part.first, f"l{at}": part.last}
    return " OR ".join(words), bound


def _bounds(times: pa.ChunkedArray) -> tuple[datetime, datetime]:
    return pc.min(times).as_py(), pc.max(times).as_py()
