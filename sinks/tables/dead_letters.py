"""Rows that were refused, whole; the same row refused twice is one letter (query with FINAL)."""

from __future__ import annotations

import uuid

import msgspec
import pyarrow as pa

from citybrain.floor.dead_letters import decode_letters
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import INSTANT, WORD
from citybrain.floor.topics import DEAD_LETTERS
from sinks.table import KAFKA_COLUMNS, Migration, Table, TopicSource

_CREATE = f"""CREATE TABLE IF NOT EXISTS dead_letters {{cluster}} (
    letter_id UUID,
    feed LowCardinality(String),
    department LowCardinality(String),
    place String CODEC(ZSTD(1)),
    field LowCardinality(String),
    reason String CODEC(ZSTD(1)),
    raw String CODEC(ZSTD(3)),
    media_type LowCardinality(String),
    header String CODEC(ZSTD(1)),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    batch String CODEC(ZSTD(1)),
    version UInt16,{KAFKA_COLUMNS}
) ENGINE = {{engine}}ReplacingMergeTree
ORDER BY (feed, letter_id)
SETTINGS {{window}} = 10000"""

_SCHEMA = pa.schema(
    [
        ("letter_id", pa.utf8()),
        ("feed", WORD),
        ("department", WORD),
        ("place", pa.utf8()),
        ("field", WORD),
        ("reason", pa.utf8()),
        ("raw", pa.binary()),
        ("media_type", WORD),
        ("header", pa.utf8()),
        ("received_at", INSTANT),
        ("batch", pa.utf8()),
        ("version", pa.uint16()),
    ]
)


def rows(value: bytes) -> pa.Table:
    """Return the letters in one record, a row each.

    Raises:
        EnvelopeError: they are no dead letters.
    """
    try:
        letters = [msgspec.structs.asdict(letter) for letter in decode_letters(value)]
        for letter in letters:
            letter["letter_id"] = str(uuid.UUID(letter["letter_id"]))
        return pa.Table.from_pylist(letters, schema=_SCHEMA)
    except (msgspec.DecodeError, pa.ArrowException, ValueError, OverflowError) as error:
        raise EnvelopeError(f"not a dead letter: {error}") from error


TABLE = Table(
    "dead_letters",
    (Migration(9, "create dead_letters", (_CREATE,)),),
    expires="received_at",
    source=TopicSource(DEAD_LETTERS, rows, flush_s=0.5, time="received_at", counted=False),
)
