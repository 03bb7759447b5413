"""Silences, every version: a view of `alert_steps`."""

from __future__ import annotations

from sinks.table import Migration, Table

_CREATE = """CREATE VIEW IF NOT EXISTS silences {cluster} AS
SELECT id, version, at, by, whole AS silence, kafka_partition, kafka_offset
FROM alert_steps WHERE record = 'silence'"""

TABLE = Table("silences", (Migration(23, "create silences", (_CREATE,)),))
