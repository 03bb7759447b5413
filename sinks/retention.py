"""Keep each table's rows as long as the city's folder says, changed whenever it changes."""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from clickhouse_connect.driver.client import Client

from citybrain.city import City
from citybrain.floor.errors import Fault
from sinks.migrations import Dialect
from sinks.table import Table

log = structlog.get_logger(__name__)

_CHEAP = "MODIFY SETTING materialize_ttl_recalculate_only = 1"


def days_of(table: Table, retention_days: Mapping[str, int]) -> int | None:
    """Return how many days the rows of `table` are kept, None for ever."""
    if table.expires is None:
        return None
    return retention_days.get(table.name, table.keep_days)


def check_names(city: City, tables: Mapping[str, Table]) -> list[Fault]:
    """Return a fault for each table of the city's retention that expires nothing, or is none."""
    expiring = sorted(table.name for table in tables.values() if table.expires)
    return [
        Fault(
            str(city.folder / "city.yaml"),
            f"retention_days.{name}",
            f"unknown table {name!r}",
            f"use one of {', '.join(expiring)}",
        )
        for name in city.retention_days
        if name not in expiring
    ]


def clause(table: Table, days: int) -> str:
    """Return the TTL expression, in the form that ClickHouse itself writes it."""
    return f"toDateTime({table.expires}) + toIntervalDay({days})"


def apply_retention(
    client: Client,
    tables: Mapping[str, Table],
    retention_days: Mapping[str, int],
    dialect: Dialect,
) -> list[str]:
    """Give every table the TTL that it should have; return the statements that this took.

    It holds for rows that are already there, too: each part keeps the instant when its rows expire,
    and that is computed anew in the background; no row is rewritten for it.
    """
    found = client.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    )
    engines = {str(name): str(text) for name, text in found.result_rows}
    done = []
    for table in tables.values():
        change = _change(table, days_of(table, retention_days), engines.get(table.name, ""))
        if change:
            statement = dialect.render(change)
            client.command(dialect.render(f"ALTER TABLE {table.name} {{cluster}} {_CHEAP}"))
            client.command(statement, settings={"materialize_ttl_after_modify": 1})
            log.info("retention_changed", table=table.name, statement=statement)
            done.append(statement)
    return done


def _change(table: Table, days: int | None, engine: str) -> str:
    alter = f"ALTER TABLE {table.name} {{cluster}} "
    has_ttl = " TTL " in engine
    if days is None:
        return f"{alter}REMOVE TTL" if has_ttl else ""
    wanted = clause(table, days)
    return "" if f" TTL {wanted}" in engine else f"{alter}MODIFY TTL {wanted}"
