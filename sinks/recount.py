"""Count a rollup anew: the SELECT of its view over a span, from whatever table still has the rows.

A rollup follows from the one before it, which may keep its rows for a shorter time. So the SELECTs
of the views in between are put into each other, down to a table that has all of the span.

What is wrong is made good by what is *missing*, not by deleting and making anew: by a row that
holds the difference, which adds up with the rows that are there. A delete is a mutation, and those
wait until there is nothing to merge; after a backfill that takes minutes. Whole numbers that are
too large get their difference modulo 2^64, as sums of `UInt64` have it.
"""
# ruff: noqa: S608  names and expressions come from this package; values are bound parameters

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
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

    def halves(self) -> tuple[BucketSpan, BucketSpan]:
        """Return it in two, each bucket in one of them; it holds more than one."""
        middle = self.low + (self.high - self.low) / 2
        return replace(self, high=middle), replace(self, low=middle + timedelta(milliseconds=1))


@dataclass(frozen=True)
class RollupColumns:
    """The columns of a rollup, by what a merge makes of them.

    Attributes:
        keys: what tells rows apart; ``feed`` and ``at`` are among them.
        counts: sums of whole numbers.
        sums: other sums.
        least: of which the least stays.
        most: of which the greatest stays.
    """

    keys: tuple[str, ...]
    counts: tuple[str, ...]
    sums: tuple[str, ...]
    least: tuple[str, ...]
    most: tuple[str, ...]

    @classmethod
    def of(cls, types: Mapping[str, str]) -> RollupColumns:
        """Return what the ClickHouse `types` of the columns, by name, say."""
        whole = "SimpleAggregateFunction(sum, UInt64)"

        def named(start: str) -> tuple[str, ...]:
            return tuple(f"`{one}`" for one, kind in types.items() if kind.startswith(start))

        counts, sums = named(whole), named("SimpleAggregateFunction(sum")
        least, most = (named(f"SimpleAggregateFunction({word}") for word in ("min", "max"))
        keys = tuple(f"`{one}`" for one, kind in types.items() if "AggregateFunction" not in kind)
        others = tuple(name for name in sums if name not in counts)
        return cls(keys, counts, others, least, most)

    @property
    def names(self) -> str:
        """All of them, for an INSERT."""
        every = (*self.keys, *self.counts, *self.sums, *self.least, *self.most)
        return ", ".join(every)


def recount(dialect: Dialect, tables: Mapping[str, Table], table: Table, base: str) -> str:
    """Return the SELECT of what rollup `table` should hold in a span, counted from table `base`."""
    rollup = rollup_of(table)
    return dialect.render(_recount(tables, rollup, base, rollup.bucket_s))


def difference(columns: RollupColumns, name: str, recounted: str) -> str:
    """Return the SELECT of the rows that rollup `name` lacks in a span to be as `recounted`."""
    counts = [
        *(f"toUInt64(sum(sign * toInt64({one}))) AS {one}" for one in columns.counts),
        *(f"sum(sign * {one}) AS {one}" for one in columns.sums),
        *(f"min({one}) AS {one}" for one in columns.least),
        *(f"max({one}) AS {one}" for one in columns.most),
    ]
    keys = ", ".join(columns.keys)
    return (
        f"SELECT {keys}, {', '.join(f'b.{one} AS {one}' for one in _values(columns))} FROM ("
        f"SELECT {keys}, {', '.join(counts)} FROM ({_signed(columns, name, recounted)}) AS a"
        f" GROUP BY {keys}) AS b WHERE {' OR '.join(f'b.{one} != 0' for one in columns.counts)}"
    )


def wrong(columns: RollupColumns, name: str, recounted: str) -> str:
    """Return the SELECT of a row about what differs: see `sinks.repair.WrongBuckets`."""
    return (
        f"SELECT sum(lacking), count(), sum(off), min(at), max(at) FROM (SELECT feed, at,"
        f" count() AS lacking, sum(abs(toInt64({columns.counts[0]}))) AS off"
        f" FROM ({difference(columns, name, recounted)}) GROUP BY feed, at)"
    )


def rollup_of(table: Table) -> Rollup:
    """Return how `table`, which is a rollup, follows from its source."""
    assert table.rollup is not None  # noqa: S101  the caller took it from `rollups_of`
    return table.rollup


def _values(columns: RollupColumns) -> tuple[str, ...]:
    return (*columns.counts, *columns.sums, *columns.least, *columns.most)


def _signed(columns: RollupColumns, name: str, recounted: str) -> str:
    what = ", ".join((*columns.keys, *_values(columns)))
    return (
        f"SELECT {what}, 1 AS sign FROM ({recounted}) WHERE {NEAR}"
        f" UNION ALL SELECT {what}, -1 AS sign FROM {name} WHERE {NEAR}"
    )


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
