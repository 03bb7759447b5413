from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor import store
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from sinks.insert import insert
from sinks.migrations import Dialect, migrate
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.retention import apply_retention, check_names, clause, days_of
from sinks.table import Table, find_tables
from tests.sinks.sample import ZONE, city, table
from tests.waiting import eventually

TABLES = {
    "kept": Table("kept", ()),
    "b": Table("b", (), expires="at"),
    "a": Table("a", (), expires="received_at", keep_days=7),
}
EVENTS = {"events": find_tables()["events"]}


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    """A database with nothing but an empty table of events that are kept for ever."""
    with store.connect(store_settings) as client:
        for name in ("events", "schema_migrations"):
            client.command(f"DROP TABLE IF EXISTS {name} SYNC")
        migrate(client, EVENTS, Dialect(ZONE))
        yield client


def put(client: Client, name: str, at: datetime) -> None:
    insert(
        client, "events", RecordBatch([TopicRecord(0, 0, table("radar", [name], at))]).table(), name
    )


def subjects(client: Client) -> list[str]:
    rows = client.query("SELECT subject FROM events ORDER BY subject").result_rows
    return [str(subject) for (subject,) in rows]


def left(client: Client) -> list[str]:
    """Return what is left after a merge of everything."""
    recomputed(client)
    client.command("OPTIMIZE TABLE events FINAL")
    return subjects(client)


def recomputed(client: Client) -> None:
    """Wait until every part knows when it expires."""
    open_ = (
        "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND NOT is_done"
    )
    eventually(lambda: client.command(open_) == 0)


def apply(client: Client, **days: int) -> list[str]:
    return apply_retention(client, EVENTS, days, Dialect(ZONE))


def test_check_names_when_a_table_is_unknown_or_kept_for_ever_then_names_those_that_expire() -> (
    None
):
    folder = Path("cities/none")

    faults = check_names(city(folder, a=1, bb=2, kept=3), TABLES)

    assert [str(fault) for fault in faults] == [
        "cities/none/city.yaml: retention_days.bb: unknown table 'bb'; use one of a, b",
        "cities/none/city.yaml: retention_days.kept: unknown table 'kept'; use one of a, b",
    ]


def test_check_names_when_all_expire_then_finds_no_fault() -> None:
    assert check_names(city(a=1, b=2), TABLES) == []


@pytest.mark.parametrize(
    ("name", "days"),
    [
        pytest.param("kept", None, id="never-expires"),
        pytest.param("b", None, id="nobody-says"),
        pytest.param("a", 3, id="the-city-says"),
    ],
)
def test_days_of_when_the_city_says_or_not(name: str, days: int | None) -> None:
    assert days_of(TABLES[name], {"a": 3, "kept": 5}) == days


def test_days_of_when_the_city_is_silent_then_the_table_decides() -> None:
    assert days_of(TABLES["a"], {}) == 7


def test_clause_reads_as_the_store_writes_it() -> None:
    assert clause(TABLES["a"], 7) == "toDateTime(received_at) + toIntervalDay(7)"


def test_apply_retention_when_applied_again_then_does_nothing(client: Client) -> None:
    done = ["ALTER TABLE events  MODIFY TTL toDateTime(occurred_at) + toIntervalDay(30)"]

    assert apply(client, events=30) == done
    assert apply(client, events=30) == []


def test_apply_retention_when_the_days_change_then_follows(client: Client) -> None:
    apply(client, events=30)

    assert apply(client, events=3) == [
        "ALTER TABLE events  MODIFY TTL toDateTime(occurred_at) + toIntervalDay(3)"
    ]
    assert apply(client) == ["ALTER TABLE events  REMOVE TTL"]
    assert apply(client) == []


def test_apply_retention_when_on_a_cluster_then_all_replicas_are_told() -> None:
    class Noted:
        result_rows = (("events", "ReplicatedMergeTree ORDER BY (theme)"),)
        told: list[str] = []  # noqa: RUF012

        def query(self, _sql: str) -> Noted:
            return self

        def command(self, sql: str, **_: object) -> None:
            self.told.append(sql)

    apply_retention(Noted(), EVENTS, {"events": 3}, Dialect(ZONE, "wuhai"))  # type: ignore[arg-type]

    assert Noted.told == [
        "ALTER TABLE events ON CLUSTER `wuhai` MODIFY SETTING materialize_ttl_recalculate_only = 1",
        "ALTER TABLE events ON CLUSTER `wuhai` MODIFY TTL"
        " toDateTime(occurred_at) + toIntervalDay(3)",
    ]


def test_rows_when_older_than_retention_then_go(client: Client) -> None:
    now = SystemClock().now()
    put(client, "there before", now - timedelta(days=20))
    apply(client, events=5)
    put(client, "old", now - timedelta(days=10))
    put(client, "fresh", now)

    assert left(client) == ["fresh"]


def test_rows_when_retention_shrinks_then_those_there_already_go(client: Client) -> None:
    now = SystemClock().now()
    apply(client, events=30)
    put(client, "old", now - timedelta(days=10))
    put(client, "fresh", now)
    apply(client, events=5)

    assert left(client) == ["fresh"]


def test_rows_when_retention_grows_in_time_then_those_there_already_stay(client: Client) -> None:
    apply(client, events=5)
    client.command("SYSTEM STOP TTL MERGES events")
    put(client, "old", SystemClock().now() - timedelta(days=10))
    apply(client, events=30)
    recomputed(client)
    client.command("SYSTEM START TTL MERGES events")

    assert left(client) == ["old"]
