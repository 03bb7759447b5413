"""Events by UTC minute, theme and feed alone: a few dozen rows a minute, whatever the load.

What the screens compare over days (the trend, the same time on the days before) would read
thousands of rows a minute from `events_minute`, which holds every kind and street.
"""

from __future__ import annotations

from sinks.rollup import view
from sinks.table import DEDUPLICATED, Migration, Rollup, Table

_CREATE = f"""CREATE TABLE IF NOT EXISTS theme_minutes {{cluster}} (
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    theme LowCardinality(String),
    feed LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    severe SimpleAggregateFunction(sum, UInt64)
) ENGINE = {{engine}}AggregatingMergeTree PARTITION BY toMonday(at) ORDER BY (at, theme, feed)
{DEDUPLICATED}"""

_MINUTE = "toDateTime(toStartOfMinute({t}), 'UTC')"
_SELECT = f"""
SELECT
    {_MINUTE.replace("{t}", "s.at")} AS at, s.theme AS theme, s.feed AS feed,
    sum(s.events) AS events, sum(s.severe) AS severe
FROM events_minute AS s {{where}}
GROUP BY at, theme, feed"""  # noqa: S608  constants only

_ROLLUP = Rollup("events_minute", _SELECT, time="at", bucket=_MINUTE, bucket_s=60)

TABLE = Table(
    "theme_minutes",
    (Migration(11, "create theme_minutes", (_CREATE, view("theme_minutes", _ROLLUP))),),
    expires="at",
    keep_days=40,
    rollup=_ROLLUP,
)
