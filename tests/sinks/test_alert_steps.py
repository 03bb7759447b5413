"""City.alerts in the store: the history, the newest state, the silences, and what they hid."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client

from citybrain.alerts import lifecycle
from citybrain.alerts.records import Alert, AlertChange, Mute
from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.alerts.workflow import ALERTS
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.settings import Settings
from citybrain.floor.text import Text
from sinks.insert import insert
from sinks.record_batch import RecordBatch
from sinks.table import find_tables
from sinks.tables.alert_steps import rows
from sinks.topic_reader import make_record
from tests.citybrain.alerts.sample import NOON, at, command, episode
from tests.sinks.stored import prepared

HIDDEN = """
SELECT DISTINCT alert FROM alert_changes
WHERE what = 'muted' AND arrayExists(
    mute -> JSONExtractString(mute, 'by') = {silence:String},
    JSONExtractArrayRaw(change, 'after', 'mutes'))
ORDER BY alert"""
"""What a silence hid; the query of docs/alerts.md."""

SILENCE = Silence(
    id="s1",
    matchers=(Matcher("rule", "=", "gas_leak"),),
    starts_at=NOON,
    ends_at=at(60),
    creator="duty_1",
    reason="检修",
    created_at=NOON,
)
FIRED = lifecycle.told(None, episode(level="red", lon=106.8), NOON, "city.episodes/0/0")[0]
QUIET = lifecycle.automatic_step(
    FIRED.after,
    "muted",
    at(1),
    {},
    mutes=(
        Mute(kind="inhibition", by="a9", reason=Text("", "")),
        Mute(kind="silence", by="s1", reason=Text("", "")),
    ),
)
DONE = ALERTS.commanded(QUIET.after, command("resolve", minutes=2), "city.commands/0/0")


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    with prepared(store_settings) as client:
        yield client


def put(client: Client, *records: AlertChange | Silence, token: str) -> None:
    """Insert as the sink does."""
    source = find_tables()["alert_steps"].source
    assert source is not None
    values = [msgspec.json.encode(record) for record in records]
    batch = RecordBatch(
        make_record(source, 0, offset, value) for offset, value in enumerate(values)
    )
    insert(client, "alert_steps", batch.table(), token)


def test_rows_of_a_change_hold_what_alerts_are_asked_by() -> None:
    row = rows(msgspec.json.encode(QUIET)).to_pylist()[0]

    names = ("record", "what", "id", "version", "state", "level", "muted", "incident", "lon")
    assert {name: row[name] for name in names} == {
        "record": "change",
        "what": "muted",
        "id": "a1",
        "version": 2,
        "state": "firing",
        "level": "red",
        "muted": "inhibition",
        "incident": "a1",
        "lon": 106.8,
    }
    assert msgspec.json.decode(row["alert"], type=Alert) == QUIET.after
    assert msgspec.json.decode(row["whole"], type=AlertChange) == QUIET


@pytest.mark.parametrize("value", [b"", b"{}", b'{"type":"change"}', b"\xff"])
def test_rows_of_something_else_are_refused(value: bytes) -> None:
    with pytest.raises(EnvelopeError, match="not a step of an alert or silence: "):
        rows(value)


def test_store_when_records_come_twice_then_each_table_shows_them_once(client: Client) -> None:
    put(client, FIRED, QUIET, SILENCE, DONE, token="one")
    put(client, FIRED, QUIET, SILENCE, DONE, token="again, as after a long outage")

    def ask(sql: str, **values: Any) -> list[Any]:
        return [tuple(row) for row in client.query(sql, parameters=values).result_rows]

    newest = ask("SELECT id, version, state, owner FROM alerts FINAL")
    steps = ask("SELECT version, what FROM alert_changes ORDER BY version LIMIT 1 BY version")
    assert newest == [("a1", 3, "resolved", "duty_1")]
    assert steps == [(1, "fired"), (2, "muted"), (3, "resolved")]
    assert ask("SELECT id, version FROM silences LIMIT 1 BY id") == [("s1", 1)]
    assert ask(HIDDEN, silence="s1") == [("a1",)]
    assert ask(HIDDEN, silence="s2") == []

    client.command("OPTIMIZE TABLE alert_steps FINAL")
    assert ask("SELECT count() FROM alert_steps") == [(4,)]
