"""Who did what, and what was refused: one row a record of city.audit.

A row carries the SHA-256 of its record's bytes and its place on the topic: a row that was changed,
taken out or put in shows when the table is held against the topic.
"""

from __future__ import annotations

import hashlib

import msgspec
import pyarrow as pa

from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import INSTANT, WORD
from citybrain.floor.topics import AUDIT
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

_SCHEMA = pa.schema(
    [
        ("id", pa.utf8()),
        ("at", INSTANT),
        ("user", WORD),
        ("role", WORD),
        ("action", WORD),
        ("target", pa.utf8()),
        ("outcome", WORD),
        ("reason", pa.utf8()),
        ("arguments", pa.map_(pa.utf8(), pa.utf8())),
        ("address", pa.utf8()),
        ("details", pa.utf8()),
        ("sha256", pa.utf8()),
    ]
)


NAMES = tuple(_SCHEMA.names)


def rows(value: bytes) -> pa.Table:
    """Return the entry in one record, a row.

    Raises:
        EnvelopeError: it is no entry of the audit log.
    """
    try:
        entry = msgspec.structs.asdict(msgspec.json.decode(value, type=AuditEntry))
        entry["details"] = msgspec.json.encode(entry["details"]).decode()
        entry["arguments"] = list(entry["arguments"].items())
        entry["sha256"] = hashlib.sha256(value).hexdigest()
        kept = {name: entry[name] for name in _SCHEMA.names}
        return pa.Table.from_pylist([kept], schema=_SCHEMA)
    except (msgspec.DecodeError, pa.ArrowException, ValueError, OverflowError) as error:
        raise EnvelopeError(f"not an entry of the audit log: {error}") from error


TABLE = Table(
    "audit",
    (
        Migration(24, "create audit", (_CREATE,)),
        Migration(33, "arguments of reasons in audit", (_ARGUMENTS,)),
    ),
    source=TopicSource(AUDIT, rows, flush_s=0.15, time="at"),
)
