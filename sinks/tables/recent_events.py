"""The newest events, for rolling lists, kept for a day.

Sampled where many come at once: of each insert at most 5 of a feed and 300 in all, so that a
list sees every feed and the store does not write every event twice. Nothing is counted from it.
"""

from __future__ import annotations

from sinks.table import DEDUPLICATED, Migration, Table

_CREATE = f"""CREATE TABLE IF NOT EXISTS recent_events {{cluster}} (
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    theme LowCardinality(String),
    kind LowCardinality(String),
    department LowCardinality(String),
    feed LowCardinality(String),
    area LowCardinality(String),
    severity UInt8,
    value Nullable(Float64),
    subject String CODEC(ZSTD(1)),
    text String CODEC(ZSTD(1)),
    origin LowCardinality(String),
    event_id UUID CODEC(NONE),
    lon Nullable(Float64),
    lat Nullable(Float64)
) ENGINE = {{engine}}MergeTree PARTITION BY toDate(received_at) ORDER BY received_at
{DEDUPLICATED}"""

_SELECT = """
SELECT
    received_at, occurred_at, theme, kind, department, feed, area, severity, value, subject, text,
    origin, event_id, lon, lat
FROM events {where}LIMIT 5 BY feed LIMIT 300"""
_VIEW = (
    "CREATE MATERIALIZED VIEW IF NOT EXISTS recent_events_view {cluster} TO recent_events AS"
    + _SELECT.replace("{where}", "")
)
_COUNTED = "ALTER TABLE recent_events_view {cluster} MODIFY QUERY" + _SELECT.replace(
    "{where}", "WHERE sign > 0 "
)

TABLE = Table(
    "recent_events",
    (
        Migration(6, "create recent_events", (_CREATE, _VIEW)),
        Migration(65, "leave out of recent_events what takes back", (_COUNTED,)),
    ),
    expires="received_at",
    keep_days=1,
)
