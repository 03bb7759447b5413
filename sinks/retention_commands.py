"""`citybrain retention …`: what the store keeps, and changing that without surprise.

Both go in as the sink does: in production they run in its container, which knows no other user.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer
from clickhouse_connect.driver.client import Client

from citybrain.city import City, load_city
from citybrain.floor import store
from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import ConfigError
from citybrain.floor.settings import Settings, from_environment
from citybrain.floor.terminal import say
from sinks.migrations import Dialect
from sinks.retention import RetentionChange, apply_change, changes, check_names
from sinks.table import find_tables

COUNT_TIMEOUT_S = 300
"""Seconds that counting what would be deleted may take."""

retention = typer.Typer(help="How long rows are kept: show, apply.", no_args_is_help=True)


@retention.callback()
def _retention() -> None:
    """How long rows are kept."""


@retention.command("show")
def show() -> None:
    """Show how long each table is kept, what the city's folder wants, and what that would delete.

    Exit code 1 where they differ.
    """
    settings, city = _city()
    with store.connect(settings, timeout_s=COUNT_TIMEOUT_S) as client:
        found = changes(client, find_tables(), city)
        now = SystemClock().now()
        for change in found:
            say(_line(client, change, now))
    if any(change.is_needed for change in found):
        say("'citybrain retention apply' makes the store do what the folder says")
        raise typer.Exit(1)


@retention.command("apply")
def apply(
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Make the store keep rows as long as the city's folder says; asks before any are deleted."""
    settings, city = _city()
    dialect = Dialect(city.time_zone, settings.store_cluster)
    with store.connect(settings, timeout_s=COUNT_TIMEOUT_S) as client:
        needed = [one for one in changes(client, find_tables(), city) if one.is_needed]
        now = SystemClock().now()
        for change in needed:
            say(_line(client, change, now))
        if not needed:
            say("every table is kept as the city's folder says")
            return
        deletes = any(change.would_delete(client, now)[0] for change in needed)
        if deletes and not (yes or typer.confirm("Delete these rows for good?")):
            raise typer.Exit(1)
        for change in needed:
            apply_change(client, change, dialect)
        say(f"applied to {', '.join(change.table.name for change in needed)}")


def _city() -> tuple[Settings, City]:
    settings = from_environment()
    city = load_city(settings.city_folder)
    if faults := check_names(city, find_tables()):
        raise ConfigError(faults)
    return settings, city


def _line(client: Client, change: RetentionChange, now: datetime) -> str:
    if not change.is_needed:
        return f"{change.said().partition(' now, ')[0]}, as the city's folder says"
    rows, oldest = change.would_delete(client, now)
    if oldest is None:
        return f"{change.said()}; deletes nothing now"
    return f"{change.said()}; deletes {rows:,} rows at once, the oldest of {oldest:%Y-%m-%d}"
