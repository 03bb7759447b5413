"""The SQL of the hand-over: what happened since an instant, within a scope."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from clickhouse_connect.driver.client import Client

from citybrain.alerts.records import Alert, AlertChange
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards.alert_queries import ALERTS
from dashboards.desk.handover import DEEDS, REMARKS, SERIOUS, ShiftSummary
from dashboards.desk.queries import CHANGES

_ALERT = msgspec.json.Decoder(Alert)
_CHANGE = msgspec.json.Decoder(AlertChange)


def past(client: Client, start: datetime, scope: Scope) -> ShiftSummary:
    """Return what happened after `start` to alerts that `scope` sees."""
    notices, failed = _sends(client, start) if scope == WHOLE_CITY else (None, None)
    return ShiftSummary(
        opened=_opened(client, start, scope),
        steps=_steps(client, start, scope),
        serious=_serious(client, start, scope),
        deeds=_deeds(client, start, scope),
        notices=notices,
        failed=failed,
    )


def _opened(client: Client, start: datetime, scope: Scope) -> int:
    seen, values = scope.condition(ALERTS)
    sql = f"""
        SELECT uniqExact(id) FROM alerts
        WHERE opened_at >= {{start:DateTime64(3, 'UTC')}} AND {seen}"""  # noqa: S608 values are bound
    return int(_rows(client, sql, start=start, **values)[0][0])


def _steps(client: Client, start: datetime, scope: Scope) -> dict[str, int]:
    seen, values = scope.condition(CHANGES)
    sql = f"""
        SELECT what, uniqExact(alert, version) FROM alert_changes
        WHERE at >= {{start:DateTime64(3, 'UTC')}} AND {seen} GROUP BY what"""  # noqa: S608 bound
    return {str(row[0]): int(row[1]) for row in _rows(client, sql, start=start, **values)}


def _serious(client: Client, start: datetime, scope: Scope) -> list[Alert]:
    seen, values = scope.condition(ALERTS)
    sql = f"""
        SELECT alert FROM alerts FINAL
        WHERE opened_at >= {{start:DateTime64(3, 'UTC')}} AND level IN ('orange', 'red') AND {seen}
        ORDER BY level = 'red' DESC, opened_at DESC LIMIT {{limit:UInt32}}"""  # noqa: S608 bound
    rows = _rows(client, sql, start=start, limit=SERIOUS, **values)
    return [_ALERT.decode(row[0]) for row in rows]


def _deeds(client: Client, start: datetime, scope: Scope) -> list[AlertChange]:
    seen, values = scope.condition(CHANGES)
    sql = f"""
        SELECT change FROM alert_changes
        WHERE at >= {{start:DateTime64(3, 'UTC')}} AND what IN {{deeds:Array(String)}} AND {seen}
        ORDER BY at DESC LIMIT 1 BY alert, version, what LIMIT {{limit:UInt32}}"""  # noqa: S608 bound
    rows = _rows(client, sql, start=start, deeds=sorted(DEEDS), limit=REMARKS, **values)
    return [_CHANGE.decode(row[0]) for row in rows]


def _sends(client: Client, start: datetime) -> tuple[int, int]:
    sql = """
        SELECT uniqExactIf(key, outcome = 'delivered'), uniqExactIf(key, outcome = 'given_up')
        FROM receipts WHERE at >= {start:DateTime64(3, 'UTC')}"""
    row = _rows(client, sql, start=start)[0]
    return int(row[0]), int(row[1])


def _rows(client: Client, sql: str, **parameters: Any) -> Sequence[Sequence[Any]]:
    return client.query(sql, parameters=parameters).result_rows
