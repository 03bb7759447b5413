"""What a store of the version before holds is in `kind_minutes` as if it had always been there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor.settings import Settings
from citybrain.floor.store import connect
from sinks.insert import insert
from sinks.migrations import Dialect, migrate
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.table import find_tables
from tests.sinks.sample import ZONE
from tests.sinks.test_rollup import MIDNIGHT, Event, table

pytestmark = pytest.mark.services

DATABASE = "before_kind_minutes"
DIALECT = Dialect(ZONE)
TABLES = find_tables()
BEFORE = {name: one for name, one in TABLES.items() if name != "kind_minutes"}
NUMBERS = [50, 51, 66]
WHOLE = TABLES["kind_minutes"]
UNMEASURED = TABLES | {"kind_minutes": replace(WHOLE, migrations=WHOLE.migrations[:2])}
FIRST = MIDNIGHT + timedelta(hours=12)
EVENTS = [
    Event(12 * 3_600_000 + at_ms, 0, kind, "150302001", origin, severity, value)
    for at_ms, kind, origin, severity, value in (
        (0, "accident", "live", 4, None),
        (1000, "accident", "live", 1, None),
        (1000, "accident", "exercise", 1, None),
        (61_000, "speed", "simulated", 0, 30.5),
        (62_000, "speed", "simulated", 0, 50.0),
    )
]


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    """Return a store as the version before made it, with events in it."""
    with connect(replace(store_settings, database="default")) as client:
        client.command(f"CREATE DATABASE {DATABASE}")
    with connect(replace(store_settings, database=DATABASE)) as client:
        migrate(client, BEFORE, DIALECT)
        for name, source in (("theme_minutes", "events_minute"), ("theme_minutes_view", "events")):
            kind = "TABLE" if name == "theme_minutes" else "MATERIALIZED VIEW"
            made = "ENGINE = MergeTree ORDER BY at" if kind == "TABLE" else "TO theme_minutes"
            column = "at" if kind == "TABLE" else "occurred_at AS at"
            of = f"AS SELECT {column} FROM {source}"  # noqa: S608  names of this test
            client.command(f"CREATE {kind} {name} {made} {of}")
        rows = RecordBatch([TopicRecord(0, 0, table("a", EVENTS))]).table()
        insert(client, "events", rows, "a")
        yield client
        client.command(f"DROP DATABASE {DATABASE}")


def held(client: Client) -> list[tuple[object, ...]]:
    sql = """SELECT at, kind, feed, origin, events, severe, `values`, sum, min, max
        FROM kind_minutes FINAL ORDER BY at, kind, origin, feed"""
    return [(row[0].replace(tzinfo=UTC), *row[1:]) for row in client.query(sql).result_rows]


def test_migrate_when_there_are_events_from_before_then_each_counts_once(client: Client) -> None:
    assert [step.number for step in migrate(client, TABLES, DIALECT)] == NUMBERS
    old = [
        (FIRST, "accident", "a", "exercise", 1, 0, 0, 0.0, None, None),
        (FIRST, "accident", "a", "live", 2, 1, 0, 0.0, None, None),
        (FIRST + timedelta(minutes=1), "speed", "a", "simulated", 2, 0, 2, 80.5, 30.5, 50.0),
    ]
    assert held(client) == old
    named = "SELECT name FROM system.tables WHERE database = currentDatabase()"
    names = {str(name) for (name,) in client.query(named).result_rows}
    assert not {name for name in names if name.startswith("theme_minutes")}


def test_migrate_when_a_crash_made_it_run_again_then_nothing_counts_twice(client: Client) -> None:
    migrate(client, UNMEASURED, DIALECT)
    client.command("DELETE FROM schema_migrations WHERE number IN (50, 51)")
    assert [step.number for step in migrate(client, TABLES, DIALECT)] == NUMBERS
    once = held(client)
    client.command("DELETE FROM schema_migrations WHERE number = 66")
    assert [step.number for step in migrate(client, TABLES, DIALECT)] == [66]
    assert held(client) == once
    assert [row[4] for row in once] == [1, 2, 2]


def test_migrate_when_the_table_has_no_measures_then_they_are_filled_in(client: Client) -> None:
    migrate(client, UNMEASURED, DIALECT)
    assert [step.number for step in migrate(client, TABLES, DIALECT)] == [66]
    assert [row[4:] for row in held(client) if row[1] == "speed"] == [(2, 0, 2, 80.5, 30.5, 50.0)]
    more = RecordBatch([TopicRecord(0, 1, table("b", EVENTS[-1:]))]).table()
    insert(client, "events", more, "b")
    assert [row[4:] for row in held(client) if row[2] == "b"] == [(1, 0, 1, 50.0, 50.0, 50.0)]


def test_migrate_when_events_come_afterwards_then_they_are_added(client: Client) -> None:
    migrate(client, TABLES, DIALECT)
    more = RecordBatch([TopicRecord(0, 1, table("b", EVENTS[:1]))]).table()
    insert(client, "events", more, "b")
    assert [row[2:5] for row in held(client) if row[2] == "b"] == [("b", "live", 1)]
