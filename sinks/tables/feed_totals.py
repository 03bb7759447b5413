"""What came from each feed, by UTC day: tiny, for freshness; sum or max over days when querying."""
# ruff: noqa: S608  constants of this module

from __future__ import annotations

from sinks.rollup import view
from sinks.table import DEDUPLICATED, Migration, Rollup, Table

_CREATE = f"""CREATE TABLE IF NOT EXISTS feed_totals {{cluster}} (
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    feed LowCardinality(String),
    department LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    last_received_at SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    first_occurred_at SimpleAggregateFunction(min, DateTime('UTC')),
    last_occurred_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
) ENGINE = {{engine}}AggregatingMergeTree ORDER BY (feed, department, at)
{DEDUPLICATED}"""

_DAY = "toDateTime(toStartOfDay({t}, 'UTC'), 'UTC')"
_SELECT = f"""
SELECT
    {_DAY.replace("{t}", "s.at")} AS at, s.feed AS feed, s.department AS department,
    sum(s.events) AS events, max(s.last_at) AS last_received_at,
    min(s.at) AS first_occurred_at, max(s.last_occurred_at) AS last_occurred_at
FROM events_hour AS s {{where}}
GROUP BY at, feed, department"""

_ROLLUP = Rollup("events_hour", _SELECT, time="at", bucket=_DAY, bucket_s=86_400)

TABLE = Table(
    "feed_totals",
    (Migration(5, "create feed_totals", (_CREATE, view("feed_totals", _ROLLUP))),),
    rollup=_ROLLUP,
)
