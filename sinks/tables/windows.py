"""Window results: of each window the newest revision counts (query with FINAL or argMax)."""

from __future__ import annotations

import pyarrow as pa

from citybrain.floor.errors import EnvelopeError
from citybrain.floor.results import WINDOW_SCHEMA, decode_table
from citybrain.floor.topics import WINDOWS
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource, conform

_CREATE = f"""CREATE TABLE IF NOT EXISTS windows {{cluster}} (
    size_s UInt32,
    starts_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    department LowCardinality(String),
    theme LowCardinality(String),
    kind LowCardinality(String),
    area LowCardinality(String),
    events UInt64,
    `values` UInt64,
    sum Float64,
    squares Float64,
    min Nullable(Float64),
    max Nullable(Float64),
    state LowCardinality(String),
    revision UInt32,
    watermark DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    updated_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),{KAFKA_COLUMNS}
) ENGINE = {{engine}}ReplacingMergeTree(revision)
PARTITION BY toMonday(starts_at) ORDER BY (size_s, starts_at, theme, kind, department, area)
{DEDUPLICATED}"""


def rows(value: bytes) -> pa.Table:
    """Return the results of one record.

    Raises:
        EnvelopeError: it is no Arrow IPC stream of window results.
    """
    try:
        return conform(decode_table(value), WINDOW_SCHEMA)
    except (pa.ArrowException, OSError) as error:
        raise EnvelopeError(f"not a table of window results: {error}") from error


TABLE = Table(
    "windows",
    (Migration(7, "create windows", (_CREATE,)),),
    expires="starts_at",
    source=TopicSource(WINDOWS, rows, flush_s=10.0, time="starts_at", counted=False),
)
