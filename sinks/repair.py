"""Count what a claim left in the store, and mend what is not whole.

A repeated insert under the same token is complete but for one gap: a store without replication
notes the token before it keeps the rows, so one that is killed in between has the token and not
the rows, and takes them for there ever after; the same holds for each rollup by itself. So after
an insert whose end is not certain the rows are counted, and each rollup is held against a recount
of what it sums up.

Mending goes past the views, or they would count a second time: the right rows are made in a scratch
table, the wrong ones deleted, and the scratch table's partitions attached. Killed in the middle, it
is found by the next count and done again.

Only buckets of the claim's own feeds are touched. A feed's records lie in one partition, so nobody
but the owner of that partition writes into them meanwhile.
"""
# ruff: noqa: S608  names and expressions come from this package; values are bound parameters

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import structlog
from clickhouse_connect.driver.client import Client

from sinks.insert import place
from sinks.migrations import Dialect
from sinks.record_batch import OffsetRange
from sinks.retention import days_of
from sinks.table import Rollup, Table, TopicSource, rollups_of

log = structlog.get_logger(__name__)

_AT_ONCE = {"lightweight_deletes_sync": 2, "mutations_sync": 2}
_EPOCH = datetime.fromtimestamp(0, UTC)
_LOW = "{low:DateTime64(3, 'UTC')}"
_HIGH = "{high:DateTime64(3, 'UTC')}"
_NEAR = f"feed IN {{feeds:Array(String)}} AND at BETWEEN {_LOW} AND {_HIGH}"
_WRONG = (
    "(toString(feed), toUnixTimestamp(at)) IN"
    " (SELECT arrayJoin(arrayZip({wrong_feeds:Array(String)}, {wrong_at:Array(UInt32)})))"
)


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
    """

    client: Client
    tables: Mapping[str, Table]
    table: Table
    retention_days: Mapping[str, int]
    dialect: Dialect
    whole_days: Mapping[str, int] = field(default_factory=dict)

    def mend(self, rows: pa.Table, ranges: Iterable[OffsetRange], now: datetime) -> list[str]:
        """Make sure that `rows`, and nothing else, are what the store has of `ranges`.

        Args:
            rows: all rows of the ranges, as `Batch.table` gives them.
            ranges: one range a partition.
            now: the present instant; what is near its expiry is let be.

        Returns:
            The tables that had to be mended.
        """
        if not self.source.counted or not rows.num_rows:
            return []
        mended = [self.table.name] if self._mend_rows(rows, ranges, now) else []
        rollups = rollups_of(self.tables, self.table.name)
        mended += [table.name for table in rollups if self._mend_rollup(table, rows, now)]
        for name in mended:
            log.warning("table_mended", table=name)
        return mended

    @property
    def source(self) -> TopicSource:
        """What fills the topic's table."""
        assert self.table.source is not None  # noqa: S101  a topic's table has one
        return self.table.source

    def _mend_rows(self, rows: pa.Table, ranges: Iterable[OffsetRange], now: datetime) -> bool:
        times = rows.column(self.source.time)
        since = pa.scalar(self._horizon(self.table, now), times.type)
        rows = rows.filter(pc.greater_equal(times, since))
        if not rows.num_rows:
            return False
        low, high = _bounds(rows.column(self.source.time))
        span = {"low": max(low, since.as_py()), "high": high}
        places = " OR ".join(
            f"(kafka_partition = {p.partition} AND kafka_offset BETWEEN {p.first} AND {p.last})"
            for p in ranges
        )
        where = f"({places}) AND {self.source.time} BETWEEN {_LOW} AND {_HIGH}"
        counted = self.client.query(f"SELECT count() FROM {self.table.name} WHERE {where}", span)
        if counted.result_rows[0][0] == rows.num_rows:
            return False
        scratch = self._scratch(self.table.name)
        place(self.client, scratch, rows)
        self._replace(self.table.name, scratch, where, span)
        return True

    def _mend_rollup(self, table: Table, rows: pa.Table, now: datetime) -> bool:
        rollup = table.rollup
        span = self._span(table, rollup, rows, now) if rollup else None
        if rollup is None or span is None:
            return False
        recount = self._recount(rollup)
        wrong = self._wrong(table, recount, span)
        if not wrong:
            return False
        scratch = self._scratch(table.name)
        span["wrong_feeds"], span["wrong_at"] = map(list, zip(*wrong, strict=True))
        self._command(f"INSERT INTO {scratch} SELECT * FROM ({recount}) WHERE {_WRONG}", span)
        self._replace(table.name, scratch, f"{_NEAR} AND {_WRONG}", span)
        return True

    def _recount(self, rollup: Rollup) -> str:
        where = (
            f"WHERE s.feed IN {{feeds:Array(String)}} AND s.{rollup.time} >= {_LOW}"
            f" AND s.{rollup.time} < {_HIGH} + INTERVAL {rollup.bucket_s} SECOND"
        )
        return self.dialect.render(rollup.select.replace("{where}", where))

    def _span(
        self, table: Table, rollup: Rollup, rows: pa.Table, now: datetime
    ) -> dict[str, Any] | None:
        """Return the first and last bucket that `rows` touch and may be recounted; their feeds."""
        source = self.tables[rollup.source]
        since = max(self._horizon(table, now), self._horizon(source, now, self.whole_days))
        low, high = _bounds(rows.column(self.source.time))
        bucket = self.dialect.render(rollup.bucket)
        buckets = [bucket.replace("{t}", f"{{{t}:DateTime64(3, 'UTC')}}") for t in ("low", "high")]
        given = {"low": low, "high": high}
        first, last = self.client.query(f"SELECT {', '.join(buckets)}", given).result_rows[0]
        first = max(first.replace(tzinfo=UTC), since)
        feeds = pc.unique(rows.column("feed").cast(pa.utf8())).to_pylist()
        span = {"low": first, "high": last.replace(tzinfo=UTC), "feeds": feeds}
        return span if span["low"] <= span["high"] else None

    def _wrong(self, table: Table, recount: str, span: dict[str, Any]) -> list[tuple[str, int]]:
        sql = (
            f"SELECT feed, toUnixTimestamp(at) FROM (SELECT feed, at, toInt64(events) AS n"
            f" FROM ({recount}) UNION ALL SELECT feed, at, -toInt64(events) AS n FROM {table.name})"
            f" WHERE {_NEAR} GROUP BY feed, at HAVING sum(n) != 0"
        )
        return [(str(feed), int(at)) for feed, at in self.client.query(sql, span).result_rows]

    def _horizon(
        self, table: Table, now: datetime, whole_days: Mapping[str, int] | None = None
    ) -> datetime:
        """Return the instant from which on rows of `table` (with `whole_days`: all) are there."""
        days = days_of(table, {**self.retention_days, **(whole_days or {})})
        return _EPOCH if days is None else now - timedelta(days=days) + timedelta(hours=1)

    def _scratch(self, name: str) -> str:
        scratch = f"{name}_mend_{uuid.uuid4().hex[:8]}"
        self._command(f"CREATE TABLE {scratch} AS {name}", {})
        return scratch

    def _replace(self, name: str, scratch: str, where: str, span: dict[str, Any]) -> None:
        self._command(f"DELETE FROM {name} WHERE {where}", span)
        parts = self.client.query(f"SELECT DISTINCT _partition_id FROM {scratch}").result_rows
        for (part,) in parts:
            self._command(f"ALTER TABLE {name} ATTACH PARTITION ID '{part}' FROM {scratch}", {})
        self._command(f"DROP TABLE {scratch} SYNC", {})

    def _command(self, sql: str, parameters: dict[str, Any]) -> None:
        self.client.command(sql, parameters=parameters, settings=_AT_ONCE)


def sweep(client: Client) -> None:
    """Drop the scratch tables that a sink left behind when it was killed."""
    old = (
        "SELECT name FROM system.tables WHERE database = currentDatabase()"
        " AND match(name, '_mend_[0-9a-f]{8}$')"
        " AND metadata_modification_time < now() - INTERVAL 1 HOUR"
    )
    for (name,) in client.query(old).result_rows:
        client.command(f"DROP TABLE IF EXISTS {name} SYNC")


def _bounds(times: pa.ChunkedArray) -> tuple[datetime, datetime]:
    return pc.min(times).as_py(), pc.max(times).as_py()
