"""What the rollup tables share: columns, engine, and the views that cascade through them."""
# ruff: noqa: S608  what is put into SQL here is constants and names of this package

from __future__ import annotations

from sinks.table import DEDUPLICATED, Migration, Rollup, Table

_KEY = "at, theme, kind, department, feed, area, origin"
_COLUMNS = """
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    theme LowCardinality(String),
    kind LowCardinality(String),
    department LowCardinality(String),
    feed LowCardinality(String),
    area LowCardinality(String),
    origin LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    `values` SimpleAggregateFunction(sum, UInt64),
    sum SimpleAggregateFunction(sum, Float64),
    min SimpleAggregateFunction(min, Nullable(Float64)),
    max SimpleAggregateFunction(max, Nullable(Float64)),
    minor SimpleAggregateFunction(sum, UInt64),
    moderate SimpleAggregateFunction(sum, UInt64),
    severe SimpleAggregateFunction(sum, UInt64),
    extreme SimpleAggregateFunction(sum, UInt64),
    last_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    last_occurred_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))"""

_MINUTE = "toDateTime(toStartOfMinute({t}), 'UTC')"


def _of_events(measures: str) -> str:
    return f"""
SELECT
    {_MINUTE.replace("{t}", "s.occurred_at")} AS at, s.theme AS theme, s.kind AS kind,
    s.department AS department, s.feed AS feed, substring(s.area, 1, 9) AS area, s.origin AS origin,
    {measures},
    max(s.received_at) AS last_at, max(s.occurred_at) AS last_occurred_at
FROM events AS s {{where}}
GROUP BY {_KEY}"""


BEFORE_VERSIONS = _of_events(
    """count() AS events, count(s.value) AS `values`, sum(ifNull(s.value, 0)) AS sum,
    min(s.value) AS min, max(s.value) AS max, countIf(s.severity = 1) AS minor, \
countIf(s.severity = 2) AS moderate,
    countIf(s.severity >= 3) AS severe, countIf(s.severity = 4) AS extreme"""
)
"""The SELECT with which the view is first made: the table of events has no `sign` yet."""
_SIGNED = _of_events(
    """toUInt64(sum(s.sign)) AS events, toUInt64(sumIf(s.sign, isNotNull(s.value))) AS `values`,
    sum(s.sign * ifNull(s.value, 0)) AS sum,
    minIf(s.value, s.sign > 0) AS min, maxIf(s.value, s.sign > 0) AS max,
    toUInt64(sumIf(s.sign, s.severity = 1)) AS minor,
    toUInt64(sumIf(s.sign, s.severity = 2)) AS moderate,
    toUInt64(sumIf(s.sign, s.severity >= 3)) AS severe,
    toUInt64(sumIf(s.sign, s.severity = 4)) AS extreme"""
)
"""A row that takes one back (`sign` -1) is taken off, modulo 2^64: the sum with the row that it
takes back is right. Least and greatest are not taken back. Severities are CAP's words; `severe`
counts all from there up, so what is no more than information is the rest of `events`."""

OF_EVENTS = Rollup("events", _SIGNED, time="occurred_at", bucket=_MINUTE, bucket_s=60)
"""The finest rollup, the only view that sees every event."""


def coarser(source: str, bucket: str, bucket_s: int) -> Rollup:
    """Return the rollup that sums rollup `source` up into `bucket`, an expression over ``{t}``."""
    select = f"""
SELECT
    {bucket.replace("{t}", "s.at")} AS at, s.theme AS theme, s.kind AS kind,
    s.department AS department, s.feed AS feed, s.area AS area, s.origin AS origin,
    sum(s.events) AS events, sum(s.`values`) AS `values`, sum(s.sum) AS sum,
    min(s.min) AS min, max(s.max) AS max, sum(s.minor) AS minor, sum(s.moderate) AS moderate,
    sum(s.severe) AS severe, sum(s.extreme) AS extreme,
    max(s.last_at) AS last_at, max(s.last_occurred_at) AS last_occurred_at
FROM {source} AS s {{where}}
GROUP BY {_KEY}"""
    return Rollup(source, select, time="at", bucket=bucket, bucket_s=bucket_s)


def rollup_table(
    number: int, name: str, rollup: Rollup, partition: str, *later: Migration, first: str = ""
) -> Table:
    """Return the table `name` with its view, created by migration `number`.

    Args:
        number: the migration's number.
        name: the table's name; its view is ``<name>_view``.
        rollup: what it is made from.
        partition: expression over ``at``.
        later: further migrations.
        first: the SELECT that its view is made with, where a later migration changes it.
    """
    create = f"""CREATE TABLE IF NOT EXISTS {name} {{cluster}} ({_COLUMNS}
) ENGINE = {{engine}}AggregatingMergeTree PARTITION BY {partition} ORDER BY ({_KEY})
{DEDUPLICATED}"""
    return Table(
        name,
        (Migration(number, f"create {name}", (create, view(name, rollup, first))), *later),
        expires="at",
        rollup=rollup,
    )


def view(name: str, rollup: Rollup, first: str = "") -> str:
    """Return the DDL of the materialized view that fills table `name`; see `rollup_table`."""
    select = (first or rollup.select).replace("{where}", "")
    return f"CREATE MATERIALIZED VIEW IF NOT EXISTS {name}_view {{cluster}} TO {name} AS{select}"


def changed_view(name: str, rollup: Rollup) -> str:
    """Return the DDL that makes the view of table `name` fill it as `rollup` says, from now on."""
    select = rollup.select.replace("{where}", "")
    return f"ALTER TABLE {name}_view {{cluster}} MODIFY QUERY{select}"
