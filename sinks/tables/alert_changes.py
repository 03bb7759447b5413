"""The history of alerts: a view of `alert_steps`."""

from __future__ import annotations

from sinks.table import Migration, Table

_CREATE = """CREATE VIEW IF NOT EXISTS alert_changes {cluster} AS
SELECT id AS alert, version, what, at, by, cause, whole AS change, rule, level, state, muted,
    kafka_partition, kafka_offset
FROM alert_steps WHERE record = 'change'"""

TABLE = Table("alert_changes", (Migration(22, "create alert_changes", (_CREATE,)),))
