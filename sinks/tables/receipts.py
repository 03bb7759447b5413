"""What became of each attempt to send: a view of `notifications`."""

from __future__ import annotations

from sinks.table import Migration, Table

_CREATE = """CREATE VIEW IF NOT EXISTS receipts {cluster} AS
SELECT key, alert, receiver, attempt, outcome, started_at, at, record AS receipt,
    kafka_partition, kafka_offset
FROM notifications WHERE what = 'receipt'"""

TABLE = Table("receipts", (Migration(32, "create receipts", (_CREATE,)),))
