"""The health of every feed, one row a second each."""

from __future__ import annotations

import pyarrow as pa

from citybrain.floor.errors import EnvelopeError
from citybrain.floor.results import HEALTH_SCHEMA, decode_table
from citybrain.floor.topics import FEED_HEALTH
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource, conform

_CREATE = f"""CREATE TABLE IF NOT EXISTS feed_health {{cluster}} (
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    feed LowCardinality(String),
    department LowCardinality(String),
    state LowCardinality(String),
    watermark Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    last_seen_at Nullable(DateTime64(3, 'UTC')) CODEC(ZSTD(1)),
    rate Float64 CODEC(ZSTD(1)),
    accepted UInt64 CODEC(Delta, ZSTD(1)),
    rejected UInt64 CODEC(Delta, ZSTD(1)),
    late UInt64 CODEC(Delta, ZSTD(1)),
    event_lag_ms Nullable(Int64) CODEC(ZSTD(1)),
    backlog UInt64 CODEC(Delta, ZSTD(1)),
    origin LowCardinality(String),{KAFKA_COLUMNS}
) ENGINE = {{engine}}MergeTree PARTITION BY toDate(at) ORDER BY (feed, at)
{DEDUPLICATED}"""

_CLOCK = (
    "ALTER TABLE feed_health {cluster} ADD COLUMN IF NOT EXISTS"
    " clock_shift_ms Nullable(Int64) CODEC(ZSTD(1))"
)


def rows(value: bytes) -> pa.Table:
    """Return the health of the feeds in one record.

    Raises:
        EnvelopeError: it is no Arrow IPC stream of feed health.
    """
    try:
        return conform(decode_table(value), HEALTH_SCHEMA)
    except (pa.ArrowException, OSError) as error:
        raise EnvelopeError(f"not a table of feed health: {error}") from error


TABLE = Table(
    "feed_health",
    (
        Migration(8, "create feed_health", (_CREATE,)),
        Migration(45, "add clock_shift_ms to feed_health", (_CLOCK,)),
    ),
    expires="at",
    keep_days=7,
    source=TopicSource(FEED_HEALTH, rows, flush_s=2.0, time="at", unseen_s=10.0),
)
