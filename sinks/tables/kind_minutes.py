"""Events by UTC minute, theme, kind, feed and origin: at most a few hundred rows a minute.

What the screens compare over days (the day's course, the same time on the days before) would read
thousands of rows a minute from `events_minute`, which holds every street. It has what decides
whether an event is counted at all: the kind (a matter or a reading), the origin (a drill's) and the
feed (whether it delivered on both days that are compared).
"""
# ruff: noqa: S608  constants of this module

from __future__ import annotations

from sinks.rollup import view
from sinks.table import DEDUPLICATED, Migration, Rollup, Table

_CREATE = f"""CREATE TABLE IF NOT EXISTS kind_minutes {{cluster}} (
    at DateTime('UTC') CODEC(Delta, ZSTD(1)),
    theme LowCardinality(String),
    kind LowCardinality(String),
    feed LowCardinality(String),
    origin LowCardinality(String),
    events SimpleAggregateFunction(sum, UInt64),
    severe SimpleAggregateFunction(sum, UInt64)
) ENGINE = {{engine}}AggregatingMergeTree PARTITION BY toMonday(at)
ORDER BY (at, theme, kind, feed, origin)
{DEDUPLICATED}"""

_MINUTE = "toDateTime(toStartOfMinute({t}), 'UTC')"
_SELECT = f"""
SELECT
    {_MINUTE.replace("{t}", "s.at")} AS at, s.theme AS theme, s.kind AS kind, s.feed AS feed,
    s.origin AS origin, sum(s.events) AS events, sum(s.severe) AS severe
FROM events_minute AS s {{where}}
GROUP BY at, theme, kind, feed, origin"""
_FILL = "INSERT INTO kind_minutes" + _SELECT.replace(
    "{where}", "WHERE (SELECT count() FROM kind_minutes) = 0"
)
"""What `events_minute` has from before this table was, once; it keeps rows for as many days."""

_ROLLUP = Rollup("events_minute", _SELECT, time="at", bucket=_MINUTE, bucket_s=60)

TABLE = Table(
    "kind_minutes",
    (
        Migration(50, "create kind_minutes", (_CREATE, _FILL, view("kind_minutes", _ROLLUP))),
        Migration(
            51,
            "drop theme_minutes, which kind_minutes replaces",
            (
                "DROP VIEW IF EXISTS theme_minutes_view {cluster}",
                "DROP TABLE IF EXISTS theme_minutes {cluster}",
            ),
        ),
    ),
    expires="at",
    keep_days=40,
    rollup=_ROLLUP,
)
