"""What was to be sent: a view of `notifications`."""

from __future__ import annotations

from sinks.table import Migration, Table

_CREATE = """CREATE VIEW IF NOT EXISTS notices {cluster} AS
SELECT key, alert, receiver, level, purpose, fallback_of, exercise, at, record AS notice,
    kafka_partition, kafka_offset
FROM notifications WHERE what = 'notice'"""

TABLE = Table("notices", (Migration(31, "create notices", (_CREATE,)),))
