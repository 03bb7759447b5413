"""Count a rollup anew: the SELECT of its view over a span, from whatever table still has the rows.

A rollup follows from the one before it, which may keep its rows for a shorter time. So the SELECTs
of the views in between are put into each other, down to a table that has all of the span.
"""
# ruff: noqa: S608  names and expressions come from this package; values are bound parameters

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sinks.migrations import Dialect
from sinks.table import Rollup, Table

LOW = "{low:DateTime64(3, 'UTC')}"
HIGH = "{high:DateTime64(3, 'UTC')}"
NEAR = f"feed IN {{feeds:Array(String)}} AND at BETWEEN {LOW} AND {HIGH}"
"""The buckets of a span, at `low` … `high` (both in it), of some feeds."""


@dataclass(frozen=True)
class BucketSpan:
    """Buckets of some feeds: those that begin at `low` … `high` (aware UTC, both in it)."""

    low: datetime
    high: datetime
    feeds: tuple[str, ...]

    @property
    def bound(self) -> dict[str, Any]:
        """The values of the parameters in `NEAR`."""
        return {"low": self.low, "high": self.high, "feeds": list(self.feeds)}


def sources(tables: Mapping[str, Table], table: Table) -> Iterator[Table]:
    """Yield the tables that rollup `table` follows from, the nearest first."""
    while table.rollup is not None:
        table = tables[table.rollup.source]
        yield table


def recount(dialect: Dialect, tables: Mapping[str, Table], table: Table, base: str) -> str:
    """Return the SELECT of what rollup `table` should hold in a span, counted from table `base`."""
    rollup = rollup_of(table)
    return dialect.render(_recount(tables, rollup, base, rollup.bucket_s))


def wrong(dialect: Dialect, tables: Mapping[str, Table], table: Table, base: str) -> str:
    """Return the SELECT of a row about what differs: how many buckets, events, the first, the last.

    The numbers of events are those that `table` has more or fewer, all buckets together.
    """
    counts = rollup_of(table).counts
    plus = ", ".join(f"toInt64(`{name}`) AS n{at}" for at, name in enumerate(counts))
    minus = ", ".join(f"-toInt64(`{name}`) AS n{at}" for at, name in enumerate(counts))
    sums = ", ".join(f"sum(n{at}) AS d{at}" for at in range(len(counts)))
    differs = " OR ".join(f"d{at} != 0" for at in range(len(counts)))
    return (
        "SELECT count(), sum(abs(d0)), min(at), max(at) FROM ("
        f"SELECT feed, at, {sums} FROM ("
        f"SELECT feed, at, {plus} FROM ({recount(dialect, tables, table, base)}) WHERE {NEAR}"
        f" UNION ALL SELECT feed, at, {minus} FROM {table.name} WHERE {NEAR})"
        f" GROUP BY feed, at HAVING {differs})"
    )


def rollup_of(table: Table) -> Rollup:
    """Return how `table`, which is a rollup, follows from its source."""
    assert table.rollup is not None  # noqa: S101  the caller took it from `rollups_of`
    return table.rollup


def _recount(tables: Mapping[str, Table], rollup: Rollup, base: str, bucket_s: int) -> str:
    if rollup.source == base:
        where = (
            f"WHERE s.feed IN {{feeds:Array(String)}} AND s.{rollup.time} >= {LOW}"
            f" AND s.{rollup.time} < {HIGH} + INTERVAL {bucket_s} SECOND"
        )
        return rollup.select.replace("{where}", where)
    inner = _recount(tables, rollup_of(tables[rollup.source]), base, bucket_s)
    named = f"FROM {rollup.source} AS s"
    return rollup.select.replace("{where}", "").replace(named, f"FROM ({inner}) AS s")
