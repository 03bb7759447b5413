"""What became of dead letters: replayed or discarded, when and by whom (the newest mark counts)."""

from __future__ import annotations

import uuid

import msgspec
import pyarrow as pa

from citybrain.floor.dead_letters import LetterMarks
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import INSTANT, WORD
from citybrain.floor.topics import LETTER_MARKS
from sinks.table import KAFKA_COLUMNS, Migration, Table, TopicSource

_CREATE = f"""CREATE TABLE IF NOT EXISTS letter_marks {{cluster}} (
    letter_id UUID,
    feed LowCardinality(String),
    mark LowCardinality(String),
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    by LowCardinality(String),{KAFKA_COLUMNS}
) ENGINE = {{engine}}ReplacingMergeTree(at)
ORDER BY letter_id
SETTINGS {{window}} = 10000"""

_SCHEMA = pa.schema(
    [
        ("letter_id", pa.utf8()),
        ("feed", WORD),
        ("mark", WORD),
        ("at", INSTANT),
        ("by", WORD),
    ]
)


def rows(value: bytes) -> pa.Table:
    """Return a row for each letter that one record marks.

    Raises:
        EnvelopeError: it marks no letters.
    """
    try:
        marks = msgspec.json.decode(value, type=LetterMarks)
        told = {"feed": marks.feed, "mark": marks.mark, "at": marks.at, "by": marks.by}
        ids = [str(uuid.UUID(one)) for one in marks.letter_ids]
        return pa.Table.from_pylist([{"letter_id": one, **told} for one in ids], schema=_SCHEMA)
    except (msgspec.DecodeError, pa.ArrowException, ValueError, OverflowError) as error:
        raise EnvelopeError(f"no marks of dead letters: {error}") from error


TABLE = Table(
    "letter_marks",
    (Migration(55, "create letter_marks", (_CREATE,)),),
    expires="at",
    source=TopicSource(LETTER_MARKS, rows, flush_s=0.5, time="at", counted=False),
)
