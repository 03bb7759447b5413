"""Who claimed which records, and what was settled since; see `sinks.claim_ledger`."""

from __future__ import annotations

from sinks.table import Migration, Table

_CREATE = """CREATE TABLE IF NOT EXISTS sink_ledger {cluster} (
    topic LowCardinality(String),
    seq UInt64 CODEC(Delta, ZSTD(1)),
    kind LowCardinality(String),
    owner LowCardinality(String),
    claim_id String CODEC(ZSTD(1)),
    ranges Array(Tuple(UInt32, UInt64, UInt64)) CODEC(ZSTD(1)),
    rows UInt64,
    reached Map(UInt32, UInt64) CODEC(ZSTD(1)),
    written_at DateTime64(3, 'UTC') DEFAULT now64(3) CODEC(Delta, ZSTD(1))
) ENGINE = {engine}MergeTree
PARTITION BY (topic, intDiv(seq, 100000)) ORDER BY (topic, seq)
SETTINGS {window} = 100000"""

TABLE = Table("sink_ledger", (Migration(10, "create sink_ledger", (_CREATE,)),))
