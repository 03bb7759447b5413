"""The SQL of alerts that more than the desk asks: typed arguments in, records out, values bound.

Table ``alerts`` keeps the newest row of each id only once ClickHouse has merged it; each query
therefore picks the newest by itself.
"""

from __future__ import annotations

import msgspec
from clickhouse_connect.driver.client import Client

from citybrain.alerts.records import Alert
from citybrain.workflow.scope import Scope, ScopeColumns

ALERTS = ScopeColumns(
    "JSONExtract(alert, 'episode', 'departments', 'Array(String)')",
    "JSONExtractString(alert, 'episode', 'area')",
)
"""Whom a row of table ``alerts`` concerns."""
OPEN = ("pending", "firing", "acknowledged")
_ALERT = msgspec.json.Decoder(Alert)


def alert(client: Client, alert_id: str, scope: Scope) -> Alert | None:
    """Return one alert as the store has it; None where there is none that `scope` may see."""
    seen, values = scope.condition(ALERTS)
    sql = f"""
        SELECT alert FROM alerts WHERE id = {{id:String}} AND {seen}
        ORDER BY version DESC LIMIT 1"""  # noqa: S608 the condition binds its values
    rows = client.query(sql, parameters={"id": alert_id, **values}).result_rows
    return _ALERT.decode(rows[0][0]) if rows else None
