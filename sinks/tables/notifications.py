"""What was to be sent and what became of each attempt: one row a record of city.notifications.

People ask by the views `notices` and `receipts`. A record that is inserted twice merges away.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pyarrow as pa

from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import INSTANT, WORD
from citybrain.floor.topics import NOTIFICATIONS
from citybrain.notices.records import DeliveryReceipt, Notice
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource

_CREATE = f"""CREATE TABLE IF NOT EXISTS notifications {{cluster}} (
    what LowCardinality(String),
    key String CODEC(ZSTD(1)),
    alert String CODEC(ZSTD(1)),
    receiver LowCardinality(String),
    level LowCardinality(String),
    purpose LowCardinality(String),
    fallback_of String CODEC(ZSTD(1)),
    exercise Bool,
    attempt UInt16,
    outcome LowCardinality(String),
    started_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    record String CODEC(ZSTD(3)),{KAFKA_COLUMNS},
    INDEX by_key key TYPE bloom_filter GRANULARITY 1
) ENGINE = {{engine}}ReplacingMergeTree
PARTITION BY toMonday(at) ORDER BY (alert, key, what, attempt, outcome, at)
{DEDUPLICATED}"""

_SCHEMA = pa.schema(
    [
        ("what", WORD),
        ("key", pa.utf8()),
        ("alert", pa.utf8()),
        ("receiver", WORD),
        ("level", WORD),
        ("purpose", WORD),
        ("fallback_of", pa.utf8()),
        ("exercise", pa.bool_()),
        ("attempt", pa.uint16()),
        ("outcome", WORD),
        ("started_at", INSTANT),
        ("at", INSTANT),
        ("record", pa.utf8()),
    ]
)
_DECODER = msgspec.json.Decoder(Notice | DeliveryReceipt)


def rows(value: bytes) -> pa.Table:
    """Return the notice or receipt in one record, a row.

    Raises:
        EnvelopeError: it is neither.
    """
    try:
        record = _DECODER.decode(value)
        columns = _notice(record) if isinstance(record, Notice) else _receipt(record)
        return pa.Table.from_pylist([columns | {"record": value.decode()}], schema=_SCHEMA)
    except (msgspec.DecodeError, pa.ArrowException, ValueError, OverflowError) as error:
        raise EnvelopeError(f"not a notice or receipt: {error}") from error


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "what": "notice",
        "key": notice.key,
        "alert": notice.alert,
        "receiver": notice.receiver,
        "level": notice.level,
        "purpose": notice.purpose,
        "fallback_of": notice.fallback_of,
        "exercise": notice.exercise,
        "attempt": 0,
        "outcome": "",
        "started_at": notice.at,
        "at": notice.at,
    }


def _receipt(receipt: DeliveryReceipt) -> dict[str, Any]:
    return {
        "what": "receipt",
        "key": receipt.key,
        "alert": receipt.key.partition(":")[0],
        "receiver": receipt.receiver,
        "level": "",
        "purpose": "",
        "fallback_of": "",
        "exercise": False,
        "attempt": receipt.attempt,
        "outcome": receipt.outcome,
        "started_at": receipt.started_at,
        "at": receipt.at,
    }


TABLE = Table(
    "notifications",
    (Migration(30, "create notifications", (_CREATE,)),),
    expires="at",
    source=TopicSource(NOTIFICATIONS, rows, flush_s=0.5, time="at", counted=False),
)
