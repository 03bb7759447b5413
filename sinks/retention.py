"""Keep each table's rows as long as the city's folder says; nothing is deleted by surprise.

What deletes nothing is applied when a sink starts: a longer time, and any time to an empty table.
What would delete rows waits for the city's command (`citybrain retention apply`), which says first
how many. Events may be kept longer or shorter by feed and kind, as `event_retention` of the city
says: the table has one expiry, an expression of feed and kind. While all rows are kept equally
long, a part goes as a whole when all of it has expired, and nothing is ever rewritten; where they
are not, a part is rewritten when some of it expired, at most once a day and partition.
"""
# ruff: noqa: S608  names come from this package and from checked ids; values are bound parameters

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from clickhouse_connect.driver.client import Client

from citybrain.city import City
from citybrain.city.event_retention import EVENTS, MOST_DAYS, Retention, event_retention, said
from citybrain.floor.errors import Fault
from sinks.migrations import Dialect
from sinks.table import Table

log = structlog.get_logger(__name__)

_CHEAP = "MODIFY SETTING materialize_ttl_recalculate_only = 1"
_BY_ROWS = "MODIFY SETTING ttl_only_drop_parts = 0, merge_with_ttl_timeout = 86400"
_BY_PARTS = "MODIFY SETTING ttl_only_drop_parts = 1"
_APPLIED = re.compile(r" TTL toDateTime\(\w+\) \+ toIntervalDay\((?P<days>.+?)\)(?: SETTINGS |$)")
_CASES = re.compile(r"multiIf\((?P<cases>.+), (?P<rest>\d+)\)")
_CASE = re.compile(r"has\(\[(?P<names>[^\]]*)\], (?P<by>feed|kind)\), (?P<days>\d+)(?:, |$)")


def retention_of(table: Table, city: City) -> Retention:
    """Return how long the rows of `table` are kept."""
    if table.expires is None:
        return Retention()
    if table.name == EVENTS:
        return event_retention(city)
    return Retention(days_of(table, city.retention_days))


def days_of(table: Table, retention_days: Mapping[str, int]) -> int | None:
    """Return how many days the rows of `table` are kept, None for ever."""
    if table.expires is None:
        return None
    return retention_days.get(table.name, table.keep_days)


def horizons(city: City) -> tuple[dict[str, int], dict[str, int]]:
    """Return table → days after which all rows are gone, and → days for which all are there.

    A table that keeps some rows for ever is not among the first.
    """
    kept, days = event_retention(city), dict(city.retention_days)
    gone = {name: n for name, n in days.items() if name != EVENTS}
    longest, shortest = kept.longest(), kept.shortest()
    there = gone | ({} if shortest is None else {EVENTS: shortest})
    return gone | ({} if longest is None else {EVENTS: longest}), there


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


def clause(table: Table, kept: Retention) -> str:
    """Return the TTL expression, in the form that ClickHouse itself writes it."""
    return f"toDateTime({table.expires}) + toIntervalDay({_days(kept)})"


@dataclass(frozen=True)
class RetentionChange:
    """What is to be changed of one table.

    Attributes:
        table: the table.
        wanted: what the city's folder says.
        applied: what the store does now; None: something that is not ours.
        parts_only: whether the store deletes whole parts only, now.
    """

    table: Table
    wanted: Retention
    applied: Retention | None
    parts_only: bool

    @property
    def is_needed(self) -> bool:
        """Whether the store does something else than the folder says."""
        return self.applied != self.wanted or (self.wanted.mixed and self.parts_only)

    @property
    def keeps_all(self) -> bool:
        """Whether nothing that is kept now would be gone earlier."""
        return self.applied is not None and self.wanted.keeps_all_of(self.applied)

    def statements(self) -> Iterator[str]:
        """Yield the DDL templates that apply it."""
        alter = f"ALTER TABLE {self.table.name} {{cluster}} "
        yield alter + _CHEAP
        if self.wanted.mixed == self.parts_only:
            yield alter + (_BY_ROWS if self.wanted.mixed else _BY_PARTS)
        if self.wanted == Retention():
            yield f"{alter}REMOVE TTL"
        else:
            yield f"{alter}MODIFY TTL {clause(self.table, self.wanted)}"

    def would_delete(self, client: Client, now: datetime) -> tuple[int, datetime | None]:
        """Return how many rows would go at `now` that stay as it is, and the oldest's time."""
        shortest = self.wanted.shortest()
        if shortest is None:
            return 0, None
        column = self.table.expires
        where = [f"{column} < {{now:DateTime64(3, 'UTC')}} - toIntervalDay({{days:UInt32}})"]
        where.append(f"{clause(self.table, self.wanted)} < {{now:DateTime64(3, 'UTC')}}")
        if self.applied is not None and self.applied != Retention():
            where.append(f"{clause(self.table, self.applied)} >= {{now:DateTime64(3, 'UTC')}}")
        sql = f"SELECT count(), min({column}) FROM {self.table.name} WHERE {' AND '.join(where)}"
        given: dict[str, Any] = {"now": now, "days": shortest}
        ((rows, oldest),) = client.query(sql, parameters=given).result_rows
        return int(rows), oldest.replace(tzinfo=UTC) if rows else None

    def said(self) -> str:
        """Return it for people: ``events: 400 days now, 30 days by the city's folder``."""
        now = "something else" if self.applied is None else _said(self.applied)
        return f"{self.table.name}: {now} now, {_said(self.wanted)} by the city's folder"


def changes(client: Client, tables: Mapping[str, Table], city: City) -> list[RetentionChange]:
    """Return each table whose rows can expire, with what it does and what it should."""
    found = client.query(
        "SELECT name, engine_full FROM system.tables WHERE database = currentDatabase()"
    )
    engines = {str(name): str(text) for name, text in found.result_rows}
    return [
        RetentionChange(
            table,
            retention_of(table, city),
            _applied(engines[table.name]),
            "ttl_only_drop_parts = 0" not in engines[table.name],
        )
        for table in tables.values()
        if table.name in engines and (table.expires or " TTL " in engines[table.name])
    ]


def apply_change(client: Client, change: RetentionChange, dialect: Dialect) -> None:
    """Give a table the retention that it should have.

    It holds for rows that are already there, too: each part keeps the instant when its rows expire,
    and that is computed anew in the background; no row is rewritten for it.
    """
    for template in change.statements():
        statement = dialect.render(template)
        client.command(statement, settings={"materialize_ttl_after_modify": 1})
    log.info("retention_changed", table=change.table.name, said=change.said())


def apply_lossless(
    client: Client, tables: Mapping[str, Table], city: City, dialect: Dialect
) -> list[RetentionChange]:
    """Apply what deletes no row, and return what waits for `citybrain retention apply`."""
    waiting = []
    for change in changes(client, tables, city):
        if not change.is_needed:
            continue
        if change.keeps_all or not client.command(f"SELECT count() FROM {change.table.name}"):
            apply_change(client, change, dialect)
        else:
            log.warning("retention_waits", said=change.said(), apply="citybrain retention apply")
            waiting.append(change)
    return waiting


def _days(kept: Retention) -> str:
    rest = str(MOST_DAYS if kept.days is None else kept.days)
    if not kept.mixed:
        return rest
    cases = [*_cases("feed", kept.feeds), *_cases("kind", kept.kinds)]
    return f"multiIf({', '.join(cases)}, {rest})"


def _cases(by: str, days: Mapping[str, int]) -> Iterator[str]:
    names = defaultdict(list)
    for name, n in sorted(days.items()):
        names[n].append(f"'{name}'")
    yield from (f"has([{', '.join(some)}], {by}), {n}" for n, some in sorted(names.items()))


def _applied(engine: str) -> Retention | None:
    """Return what a table's engine says; None where it is not of our making."""
    if " TTL " not in engine:
        return Retention()
    found = _APPLIED.search(engine)
    if found is None:
        return None
    days = found["days"]
    if days.isdigit():
        return Retention(int(days))
    cases = _CASES.fullmatch(days)
    if cases is None:
        return None
    named: dict[str, dict[str, int]] = {"feed": {}, "kind": {}}
    for case in _CASE.finditer(cases["cases"]):
        names = case["names"].replace("'", "").split(", ")
        named[case["by"]] |= dict.fromkeys(names, int(case["days"]))
    rest = int(cases["rest"])
    return Retention(None if rest == MOST_DAYS else rest, named["feed"], named["kind"])


def _said(kept: Retention) -> str:
    more = [f"{name} {said(days)}" for name, days in sorted({**kept.feeds, **kept.kinds}.items())]
    return f"{said(kept.days)} ({', '.join(more)})" if more else said(kept.days)
