"""The SQL of the desk: typed arguments in, records out, values always bound, never spelled out.

Tables that keep the newest row of each id do so only once ClickHouse has merged them; each query
therefore picks the newest by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from clickhouse_connect.driver.client import Client

from citybrain.alerts.records import Alert, AlertChange
from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.floor.clock import from_millis
from citybrain.floor.reason import Reason
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.workflow.scope import Scope, ScopeColumns, Sealed
from dashboards.alert_queries import ALERTS, OPEN

CHANGES = ScopeColumns(
    "JSONExtract(change, 'after', 'episode', 'departments', 'Array(String)')",
    "JSONExtractString(change, 'after', 'episode', 'area')",
)
"""Whom a row of view ``alert_changes`` concerns."""
EVENTS = ScopeColumns("[toString(department)]", "toString(area)")
"""Whom a row of table ``events`` concerns."""
AROUND = timedelta(days=8)
"""How long before the beginning of an alert, and after it was told last, its events are sought."""
_EXACT = {
    "rule": "rule = ?",
    "theme": "theme = ?",
    "origin": "origin = ?",
    "area": "area = ?",
    "street": "startsWith(area, ?)",
    "district": "startsWith(area, ?)",
}
_ALERT = msgspec.json.Decoder(Alert)
_CHANGE = msgspec.json.Decoder(AlertChange)
_SILENCE = msgspec.json.Decoder(Silence)
_NOTICE = msgspec.json.Decoder(Notice)
_RECEIPT = msgspec.json.Decoder(DeliveryReceipt)


def closed_alerts(client: Client, scope: Scope, limit: int) -> list[Alert]:
    """Return the alerts that were closed last, newest first."""
    seen, values = scope.condition(ALERTS)
    sql = f"""
        SELECT alert FROM alerts FINAL WHERE state NOT IN {{open:Array(String)}} AND {seen}
        ORDER BY updated_at DESC LIMIT {{limit:UInt32}}"""  # noqa: S608 the condition binds its values
    given = {"open": list(OPEN), "limit": limit, **values}
    return [_ALERT.decode(row[0]) for row in client.query(sql, parameters=given).result_rows]


def changes(client: Client, alert_id: str, limit: int) -> list[AlertChange]:
    """Return the last steps of an alert's life, oldest first."""
    sql = """
        SELECT change FROM alert_changes WHERE alert = {id:String}
        ORDER BY version DESC, kafka_offset DESC LIMIT 1 BY version, what LIMIT {limit:UInt32}"""
    rows = client.query(sql, parameters={"id": alert_id, "limit": limit}).result_rows
    return [_CHANGE.decode(row[0]) for row in reversed(rows)]


def sent(client: Client, alert_id: str, limit: int) -> tuple[list[Notice], list[DeliveryReceipt]]:
    """Return what was sent of an alert and what became of it, oldest first."""
    sql = """
        SELECT notice FROM notices WHERE alert = {id:String}
        ORDER BY at LIMIT 1 BY key LIMIT {limit:UInt32}"""
    notices = [_NOTICE.decode(row[0]) for row in _rows(client, sql, id=alert_id, limit=limit)]
    sql = """
        SELECT receipt FROM receipts WHERE key IN {keys:Array(String)}
        ORDER BY at LIMIT 1 BY key, attempt, outcome"""
    keys = [notice.key for notice in notices]
    return notices, [_RECEIPT.decode(row[0]) for row in _rows(client, sql, keys=keys)]


def silences(client: Client) -> Sealed[Silence]:
    """Return the newest version of every silence."""
    sql = "SELECT silence FROM silences ORDER BY version DESC LIMIT 1 BY id"
    return Sealed([_SILENCE.decode(row[0]) for row in _rows(client, sql)])


def rule_titles(client: Client, rules: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return what the rules were called last, in both languages; those that never fired are not."""
    sql = """
        SELECT rule, argMax(title_zh, updated_at), argMax(title_en, updated_at) FROM alerts
        WHERE rule IN {rules:Array(String)} GROUP BY rule"""
    rows = _rows(client, sql, rules=list(rules))
    return {str(rule): (str(zh), str(en)) for rule, zh, en in rows}


class RelatedEvent(NamedTuple):
    """One event behind an alert: when (aware), of which kind and feed, where, and what it says."""

    at: datetime
    kind: str
    feed: str
    area: str
    text: str


def related_events(client: Client, alert: Alert, scope: Scope) -> list[RelatedEvent]:
    """Return the events behind `alert` that `scope` may see, as they stand now, newest first.

    Nothing of whom they are about: `subject` and attributes stay in the store.
    """
    episode = alert.episode
    seen, values = scope.condition(EVENTS)
    given = {
        "ids": list(episode.evidence.events),
        "start": episode.started_at - AROUND,
        "end": episode.told_at + AROUND,
        **values,
    }
    sql = f"""
        SELECT at, kind, feed, area, text FROM (
            SELECT toUnixTimestamp64Milli(occurred_at) AS at, kind, feed, area, text FROM events
            WHERE event_id IN {{ids:Array(UUID)}} AND sign > 0 AND {seen} AND
                occurred_at BETWEEN {{start:DateTime64(3, 'UTC')}} AND {{end:DateTime64(3, 'UTC')}}
            ORDER BY received_at DESC LIMIT 1 BY event_id)
        ORDER BY at DESC"""  # noqa: S608 the condition binds its values
    rows = _rows(client, sql, **given) if given["ids"] else []
    return [RelatedEvent(from_millis(at), *words) for at, *words in rows]


class Outcome(NamedTuple):
    """What became of a command: ``accepted`` or ``refused``, and why."""

    outcome: str
    reason: Reason


def outcomes(client: Client, ids: Sequence[str], user: str) -> dict[str, Outcome]:
    """Return, of those of the commands `ids` of `user` that were decided, what became of them."""
    sql = """
        SELECT id, outcome, reason, arguments FROM audit
        WHERE id IN {ids:Array(String)} AND user = {user:String}"""
    rows = _rows(client, sql, ids=list(ids), user=user)
    return {
        str(name): Outcome(outcome, Reason(reason, dict(arguments)))
        for name, outcome, reason, arguments in rows
    }


def candidates(
    client: Client, start: datetime, matchers: Sequence[Matcher], scope: Scope
) -> Iterator[Alert]:
    """Yield the alerts opened after `start` that `matchers` may match, of those that `scope` sees.

    Exact matchers on columns are looked up by the store; the caller matches the rest.
    """
    seen, values = scope.condition(ALERTS)
    conditions = ["opened_at >= {start:DateTime64(3, 'UTC')}", seen]
    values["start"] = start
    for number, matcher in enumerate(matchers):
        column = _EXACT.get(matcher.name)
        if column and matcher.op == "=":
            conditions.append(column.replace("?", f"{{value{number}:String}}"))
            values[f"value{number}"] = matcher.value
    sql = f"SELECT alert FROM alerts FINAL WHERE {' AND '.join(conditions)}"  # noqa: S608 bound
    with client.query_row_block_stream(sql, parameters=values) as blocks:
        for block in blocks:
            yield from (_ALERT.decode(row[0]) for row in block)


def _rows(client: Client, sql: str, **parameters: Any) -> Sequence[Sequence[Any]]:
    return client.query(sql, parameters=parameters).result_rows
