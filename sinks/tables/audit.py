"""Who did what, and what was refused: one row a record of city.audit.

A row carries the SHA-256 of its record's bytes and its place on the topic: a row that was changed,
taken out or put in shows when the table is held against the topic.
"""

from __future__ import annotations

import hashlib

from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.topics import AUDIT
from sinks.record_columns import (
    INSTANT_COLUMN,
    WORD_COLUMN,
    RecordColumn,
    RecordReading,
    RecordRows,
    json_text,
)
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource

_CREATE = f"""CREATE TABLE IF NOT EXISTS audit {{cluster}} (
    id String CODEC(ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    user LowCardinality(String),
    role LowCardinality(String),
    action LowCardinality(String),
    target String CODEC(ZSTD(1)),
    outcome LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    address String CODEC(ZSTD(1)),
    details String CODEC(ZSTD(1)),
    sha256 String CODEC(ZSTD(1)),{KAFKA_COLUMNS}
) ENGINE = {{engine}}MergeTree PARTITION BY toYYYYMM(at) ORDER BY (at, id)
{DEDUPLICATED}"""

_ARGUMENTS = """ALTER TABLE audit {cluster}
    ADD COLUMN IF NOT EXISTS arguments Map(String, String) CODEC(ZSTD(1)) AFTER reason"""

_COLUMNS = (
    RecordColumn("id", "String"),
    RecordColumn("at", INSTANT_COLUMN),
    RecordColumn("user", WORD_COLUMN),
    RecordColumn("role", WORD_COLUMN),
    RecordColumn("action", WORD_COLUMN),
    RecordColumn("target", "String"),
    RecordColumn("outcome", WORD_COLUMN),
    RecordColumn("reason", "String"),
    RecordColumn("arguments", "Map(String, String)"),
    RecordColumn("address", "String"),
    RecordColumn("details", "String"),
    RecordColumn("sha256", "String"),
)
NAMES = tuple(column.name for column in _COLUMNS)
_ENTRY = RecordReading(
    AuditEntry,
    {
        **{name: name for name in NAMES if name != "sha256"},
        "arguments": lambda entry: list(entry.arguments.items()),
        "details": json_text("details"),
    },
)


def _sha256(value: bytes) -> str:
    return hashlib.sha256(value).hexdigest()


rows = RecordRows("an entry of the audit log", _COLUMNS, (_ENTRY,), _sha256)

TABLE = Table(
    "audit",
    (
        Migration(24, "create audit", (_CREATE,)),
        Migration(33, "arguments of reasons in audit", (_ARGUMENTS,)),
    ),
    source=TopicSource(AUDIT, rows, flush_s=0.15, time="at", steady_s=2.0),
)
