"""`citybrain store check` and `repair`, on the real store and broker."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client
from typer.testing import CliRunner, Result

from citybrain.city import load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings, to_environment
from citybrain.roof.store_commands import store
from sinks.insert import insert
from sinks.migrations import Dialect
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.repair import Repairer
from sinks.repair_requests import RepairRequests
from sinks.table import find_tables
from tests.sinks.sample import table
from tests.sinks.stored import prepared
from tests.waiting import eventually

AT = SystemClock().now().replace(minute=10, second=0, microsecond=0) - timedelta(days=3)


@pytest.fixture(scope="module")
def settings(live_settings: Settings) -> Settings:
    return replace(live_settings, city="wuhai")


@pytest.fixture(scope="module")
def client(settings: Settings) -> Client:
    client = prepared(settings)
    rows = table("air", ["a", "b", "c"], AT)
    insert(client, "events", RecordBatch([TopicRecord(0, 0, rows)]).table(), "t")
    return client


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    for name, value in to_environment(settings).items():
        monkeypatch.setenv(name, value)


def call(*words: str) -> Result:
    return CliRunner().invoke(store, words)


def told(done: Result) -> list[str]:
    """Return the words of the table's line about feed air; the log may stand around it."""
    [line] = [line for line in done.output.splitlines() if line.startswith("air ")]
    return line.split()


def lose(client: Client) -> None:
    client.command("TRUNCATE TABLE events_hour")


@pytest.fixture
def sink(settings: Settings, client: Client) -> Iterator[None]:
    tables, stop = find_tables(), threading.Event()
    city = load_city(settings.city_folder)
    mender = Repairer(
        client, tables, tables["events"], city.retention_days, Dialect(city.time_zone)
    )
    requests = RepairRequests(SystemClock(), settings)

    def serve() -> None:
        while not stop.wait(0.1):
            requests.serve(mender, frozenset(range(16)))

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    stop.set()
    thread.join(60)


def test_check_when_all_is_right_then_says_so_and_exits_0() -> None:
    done = call("check")

    assert done.exit_code == 0, done.output
    assert done.output.startswith("1 feeds, ")
    assert done.output.endswith(": all rollups are what a recount gives\n")


def test_check_then_repair_then_check_when_a_rollup_lost_rows(client: Client, sink: None) -> None:
    lose(client)
    found = call("check", "--since", "5d", "--feed", "air")
    assert found.exit_code == 3
    assert told(found)[:4] == ["air", "events_hour", "1", "3"]

    done = call("repair", "--since", "5d", "--wait", "120")
    assert done.exit_code == 0, done.output
    assert told(done) == ["air", "mended", "events_hour", "1", "3"]

    assert call("check", "--since", "5d").exit_code == 0


def test_repair_when_no_sink_runs_then_says_that_it_stays_asked() -> None:
    done = call("repair", "--wait", "0")

    assert done.exit_code == 1
    assert str(done.exception) == (
        "store repair: no sink did it within 0 s for air; is one running? See './city status'. "
        "It stays asked, and is done as soon as one runs"
    )


def test_repair_when_a_sink_comes_later_then_it_is_done_then(client: Client, sink: None) -> None:
    sql = "SELECT count() FROM repair_steps WHERE step = 'mended'"

    assert eventually(lambda: int(client.command(sql)) >= 2)  # type: ignore[arg-type]


def test_check_when_the_span_is_empty_then_says_so() -> None:
    done = call("check", "--since", "2026-03-02T00:00", "--until", "2026-03-01T00:00")

    assert done.exit_code == 1
    assert str(done.exception) == (
        "store check: --since: 2026-03-02T00:00: the range is empty; begin before its end"
    )
