"""Every event, one row each; order key and codecs as measured by `benchmarks/storage.py`."""

from __future__ import annotations

import pyarrow as pa

from citybrain.floor import events
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.topics import EVENTS
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource

_REQUIRED = [field.name for field in events.SCHEMA if not field.nullable]

_CREATE = f"""CREATE TABLE IF NOT EXISTS events {{cluster}} (
    event_id UUID CODEC(NONE),
    feed LowCardinality(String),
    department LowCardinality(String),
    theme LowCardinality(String),
    kind LowCardinality(String),
    occurred_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    area LowCardinality(String),
    lon Nullable(Float64) CODEC(ZSTD(1)),
    lat Nullable(Float64) CODEC(ZSTD(1)),
    severity UInt8,
    value Nullable(Float64) CODEC(ZSTD(1)),
    subject String CODEC(ZSTD(1)),
    text String CODEC(ZSTD(1)),
    attrs Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    origin LowCardinality(String),{KAFKA_COLUMNS}
) ENGINE = {{engine}}MergeTree
PARTITION BY toMonday(occurred_at) ORDER BY (theme, kind, occurred_at)
{DEDUPLICATED}"""


def rows(value: bytes) -> pa.Table:
    """Return the events of one envelope.

    Raises:
        EnvelopeError: it is no envelope, or a required column holds nulls.
    """
    table = events.decode(value).table
    for name in _REQUIRED:
        if table.column(name).null_count:
            raise EnvelopeError(f"not an envelope: column {name!r} holds nulls")
    return table


TABLE = Table(
    "events",
    (Migration(1, "create events", (_CREATE,)),),
    expires="occurred_at",
    source=TopicSource(EVENTS, rows, flush_s=0.15, time="occurred_at"),
)
