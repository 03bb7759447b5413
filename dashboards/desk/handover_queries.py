"""The SQL of the hand-over: what happened since an instant, within a scope."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from clickhouse_connect.driver.client import Client

from citybrain.alerts.records import Alert, AlertChange
from citybrain.floor.origins import EXERCISE, ORIGINS, leading
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards.alert_queries import ALERTS
from dashboards.desk.handover import DEEDS, REMARKS, SERIOUS, ShiftSummary
from dashboards.desk.queries import CHANGES

_ALERT = msgspec.json.Decoder(Alert)
_CHANGE = msgspec.json.Decoder(AlertChange)


_ORIGIN = "JSONExtractString(change, 'after', 'episode', 'origin')"
_REAL = f"{_ORIGIN} != '{EXERCISE}'"
_SINCE = "{start:DateTime64(3, 'UTC')}"


def past(
    client: Client, start: datetime, scope: Scope, now_open: Iterable[str] = ()
) -> ShiftSummary:
    """Return what happened after `start` to alerts that `scope` sees.

    Args:
        client: the store.
        start: an instant.
        scope: who asks.
        now_open: origins of the alerts that are open; the numbers are of the first of these and of
            those that were opened since.
    """
    opened = _opened(client, start, scope)
    lead = leading([*now_open, *opened])
    real = lead != EXERCISE
    notices, failed = _sends(client, start) if scope == WHOLE_CITY else (None, None)
    return ShiftSummary(
        opened=opened.get(lead, 0) if real else 0,
        steps=_steps(client, start, scope, lead) if real else {},
        serious=_serious(client, start, scope),
        deeds=_deeds(client, start, scope),
        notices=notices,
        failed=failed,
        origin=lead,
    )


def _opened(client: Client, start: datetime, scope: Scope) -> dict[str, int]:
    seen, values = scope.condition(ALERTS)
    sql = f"""
        SELECT origin, uniqExact(id) FROM alerts
        WHERE opened_at >= {_SINCE} AND {seen} GROUP BY origin"""  # noqa: S608 values are bound
    return {str(row[0]): int(row[1]) for row in _rows(client, sql, start=start, **values)}


def _steps(client: Client, start: datetime, scope: Scope, origin: str) -> dict[str, int]:
    seen, values = scope.condition(CHANGES)
    sql = f"""
        SELECT what, uniqExact(alert, version) FROM alert_changes
        WHERE at >= {_SINCE} AND {_ORIGIN} = {{origin:String}} AND {seen}
        GROUP BY what"""  # noqa: S608 bound
    rows = _rows(client, sql, start=start, origin=origin, **values)
    return {str(row[0]): int(row[1]) for row in rows}


def _serious(client: Client, start: datetime, scope: Scope) -> list[Alert]:
    seen, values = scope.condition(ALERTS)
    sql = f"""
        SELECT alert FROM alerts FINAL
        WHERE opened_at >= {_SINCE} AND level IN ('orange', 'red') AND origin != '{EXERCISE}'
            AND {seen}
        ORDER BY indexOf({{origins:Array(String)}}, origin), level = 'red' DESC, opened_at DESC
        LIMIT {{limit:UInt32}}"""  # noqa: S608 bound
    rows = _rows(client, sql, start=start, origins=list(ORIGINS), limit=SERIOUS, **values)
    return [_ALERT.decode(row[0]) for row in rows]


def _deeds(client: Client, start: datetime, scope: Scope) -> list[AlertChange]:
    seen, values = scope.condition(CHANGES)
    sql = f"""
        SELECT change FROM alert_changes
        WHERE at >= {_SINCE} AND what IN {{deeds:Array(String)}} AND {_REAL} AND {seen}
        ORDER BY at DESC LIMIT 1 BY alert, version, what LIMIT {{limit:UInt32}}"""  # noqa: S608 bound
    rows = _rows(client, sql, start=start, deeds=sorted(DEEDS), limit=REMARKS, **values)
    return [_CHANGE.decode(row[0]) for row in rows]


def _sends(client: Client, start: datetime) -> tuple[int, int]:
    """Return how many notices arrived, and how many were given up; none of an exercise."""
    sql = f"""
        SELECT uniqExactIf(key, outcome = 'delivered'), uniqExactIf(key, outcome = 'given_up')
        FROM receipts WHERE at >= {_SINCE} AND key NOT IN (
            SELECT key FROM notices WHERE exercise AND at >= {_SINCE} - INTERVAL 1 DAY)
        """  # noqa: S608 a constant
    row = _rows(client, sql, start=start)[0]
    return int(row[0]), int(row[1])


def _rows(client: Client, sql: str, **parameters: Any) -> Sequence[Sequence[Any]]:
    return client.query(sql, parameters=parameters).result_rows
