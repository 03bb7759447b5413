"""The newest state of each alert; filled from `alert_steps` (ask with FINAL)."""

from __future__ import annotations

from sinks.table import DEDUPLICATED, Migration, Table
from sinks.tables.alert_steps import ALERT_COLUMNS

_NAMES = ", ".join(line.split()[0] for line in ALERT_COLUMNS.strip().splitlines())

_CREATE = f"""CREATE TABLE IF NOT EXISTS alerts {{cluster}} ({ALERT_COLUMNS},
    alert String CODEC(ZSTD(3)),
    kafka_offset UInt64
) ENGINE = {{engine}}ReplacingMergeTree(version) ORDER BY id
{DEDUPLICATED.replace(", ttl_only_drop_parts = 1", "")}"""

_VIEW = f"""CREATE MATERIALIZED VIEW IF NOT EXISTS alerts_view {{cluster}} TO alerts AS
SELECT {_NAMES}, alert, kafka_offset FROM alert_steps WHERE record = 'change'"""  # noqa: S608

TABLE = Table("alerts", (Migration(21, "create alerts", (_CREATE, _VIEW)),), expires="updated_at")
