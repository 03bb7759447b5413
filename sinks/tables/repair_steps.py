"""What people asked to be repaired, and what became of it: a row a feed and step."""

from __future__ import annotations

from sinks.table import Migration, Table

_CREATE = """CREATE TABLE IF NOT EXISTS repair_steps {cluster} (
    request UUID,
    feed LowCardinality(String),
    since DateTime64(3, 'UTC'),
    until DateTime64(3, 'UTC'),
    step LowCardinality(String),
    tables Array(String),
    buckets UInt64,
    events UInt64,
    words String,
    at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = {engine}MergeTree PARTITION BY toYYYYMM(at) ORDER BY at
SETTINGS ttl_only_drop_parts = 1"""

TABLE = Table(
    "repair_steps",
    (Migration(40, "create repair_steps", (_CREATE,)),),
    expires="at",
    keep_days=40,
)
