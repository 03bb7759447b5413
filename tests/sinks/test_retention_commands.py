"""`citybrain retention`: says what would be deleted before anything is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from typer.testing import CliRunner

from citybrain.city import load_city
from citybrain.floor import store
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from sinks import retention_commands
from sinks.migrations import Dialect, migrate
from sinks.retention import Retention, changes
from sinks.retention_commands import retention
from sinks.table import find_tables
from tests.conftest import REPOSITORY
from tests.sinks.sample import ZONE
from tests.sinks.stored import drop_all
from tests.sinks.test_retention import put, subjects

SMALL = REPOSITORY / "tests/citybrain/city/small"
NOW = SystemClock().now()


@pytest.fixture
def city(tmp_path: Path, store_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A city whose folder the commands read, and the file that says how long rows are kept."""
    shutil.copytree(SMALL, tmp_path / "cities" / "small")
    settings = replace(store_settings, cities=tmp_path / "cities", city="small")
    monkeypatch.setattr(retention_commands, "from_environment", lambda: settings)
    return tmp_path / "cities" / "small" / "city.yaml"


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    """A database with all tables, and a row of today and of a hundred days ago."""
    with store.connect(store_settings) as client:
        drop_all(client)
        migrate(client, find_tables(), Dialect(ZONE))
        client.command("SYSTEM STOP TTL MERGES events")
        for name, age in (("old", 100), ("fresh", 0)):
            put(client, name, NOW - timedelta(days=age))
        yield client


def keep(city: Path, text: str) -> None:
    lines = [line for line in city.read_text("utf-8").splitlines() if "retention" not in line]
    city.write_text("\n".join([*lines, f"retention_days: {text}"]) + "\n", "utf-8")


def run(*arguments: str, answer: str = "") -> tuple[int, str]:
    done = CliRunner().invoke(retention, list(arguments), input=answer)
    return done.exit_code, done.output + str(done.exception or "")


def applied(client: Client, city: Path) -> Retention | None:
    found = changes(client, find_tables(), load_city(city.parent))
    return next(one.applied for one in found if one.table.name == "events")


def test_apply_when_rows_would_go_then_says_which_and_asks(client: Client, city: Path) -> None:
    keep(city, "{events: 30}")
    oldest = f"{NOW - timedelta(days=100):%Y-%m-%d}"
    line = (
        "events: for ever now, 30 days by the city's folder; deletes 1 rows at once, the oldest of "
        f"{oldest}"
    )

    code, said = run("show")
    assert (code, line in said) == (1, True), said
    code, said = run("apply", answer="n\n")
    assert (code, line in said) == (1, True), said
    assert applied(client, city) == Retention()
    assert subjects(client) == ["fresh", "old"]

    code, said = run("apply", "--yes")
    assert code == 0, said
    assert said.splitlines()[-1].startswith("applied to case_turns, events,")
    assert applied(client, city) == Retention(30)
    code, said = run("show")
    assert (code, "events: 30 days, as the city's folder says" in said) == (0, True), said
    assert run("apply") == (0, "every table is kept as the city's folder says\n")


def test_apply_when_nothing_would_go_then_does_not_ask(client: Client, city: Path) -> None:
    keep(city, "{events: 400}")
    for table in ("recent_events", "kind_minutes"):  # which keep less by themselves
        client.command(f"TRUNCATE TABLE {table}")

    code, said = run("apply")

    assert code == 0, said
    assert "events: for ever now, 400 days by the city's folder; deletes nothing now" in said
    assert applied(client, city) == Retention(400)


def test_show_when_the_folder_names_no_table_of_ours_then_says_so(city: Path) -> None:
    keep(city, "{evnts: 3}")

    code, said = run("show")

    assert code == 1
    assert "retention_days.evnts: unknown table 'evnts'; use one of " in said
