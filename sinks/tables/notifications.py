"""What was to be sent and what became of each attempt: one row a record of city.notifications.

People ask by the views `notices` and `receipts`. A record that is inserted twice merges away.
"""

from __future__ import annotations

from citybrain.floor.topics import NOTIFICATIONS
from citybrain.notices.records import DeliveryReceipt, Notice
from sinks.record_columns import (
    INSTANT_COLUMN,
    WORD_COLUMN,
    RecordColumn,
    RecordReading,
    RecordRows,
    column_list,
)
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource

_COLUMNS = (
    RecordColumn("what", WORD_COLUMN),
    RecordColumn("key", "String", "ZSTD(1)"),
    RecordColumn("alert", "String", "ZSTD(1)"),
    RecordColumn("receiver", WORD_COLUMN),
    RecordColumn("level", WORD_COLUMN),
    RecordColumn("purpose", WORD_COLUMN),
    RecordColumn("fallback_of", "String", "ZSTD(1)"),
    RecordColumn("exercise", "Bool"),
    RecordColumn("attempt", "UInt16"),
    RecordColumn("outcome", WORD_COLUMN),
    RecordColumn("started_at", INSTANT_COLUMN, "Delta, ZSTD(1)"),
    RecordColumn("at", INSTANT_COLUMN, "Delta, ZSTD(1)"),
    RecordColumn("record", "String", "ZSTD(3)"),
)
_SHARED = ("key", "receiver", "at")
_NOTICE = RecordReading(
    Notice,
    {
        "what": lambda _: "notice",
        "started_at": "at",
        **{
            name: name
            for name in (*_SHARED, "alert", "level", "purpose", "fallback_of", "exercise")
        },
    },
)


def _alert_of(receipt: DeliveryReceipt) -> str:
    """Return whose alert it was; an earlier version said so in the key alone."""
    return receipt.key.split(":", 1)[0] if receipt.alert is None else receipt.alert


_RECEIPT = RecordReading(
    DeliveryReceipt,
    {
        "what": lambda _: "receipt",
        "alert": _alert_of,
        **{name: name for name in (*_SHARED, "attempt", "outcome", "started_at")},
    },
)

_CREATE = f"""CREATE TABLE IF NOT EXISTS notifications {{cluster}} (\
{column_list(_COLUMNS)},{KAFKA_COLUMNS},
    INDEX by_key key TYPE bloom_filter GRANULARITY 1
) ENGINE = {{engine}}ReplacingMergeTree
PARTITION BY toMonday(at) ORDER BY (alert, key, what, attempt, outcome, at)
{DEDUPLICATED}"""

_NOTICES = """CREATE VIEW IF NOT EXISTS notices {cluster} AS
SELECT key, alert, receiver, level, purpose, fallback_of, exercise, at, record AS notice,
    kafka_partition, kafka_offset
FROM notifications WHERE what = 'notice'"""

_RECEIPTS = """CREATE VIEW IF NOT EXISTS receipts {cluster} AS
SELECT key, alert, receiver, attempt, outcome, started_at, at, record AS receipt,
    kafka_partition, kafka_offset
FROM notifications WHERE what = 'receipt'"""

rows = RecordRows("a notice or receipt", _COLUMNS, (_NOTICE, _RECEIPT))

TABLE = Table(
    "notifications",
    (Migration(30, "create notifications", (_CREATE,)),),
    expires="at",
    source=TopicSource(NOTIFICATIONS, rows, flush_s=0.5, time="at", counted=False),
    derived=(
        Table("notices", (Migration(31, "create notices", (_NOTICES,)),)),
        Table("receipts", (Migration(32, "create receipts", (_RECEIPTS,)),)),
    ),
)
