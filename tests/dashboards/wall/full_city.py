"""A store with something of everything: each feed, kind, street and severity, today and before."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
from clickhouse_connect.driver.client import Client

from citybrain.cases.closed_loop import LOOP
from citybrain.city import City
from citybrain.floor.event_columns import COLUMNS as EVENT_COLUMNS
from dashboards.lists.cases_frame import COUNTS, LATEST
from dashboards.tiles.open_cases import LATEST_CASES, OPEN_CASES
from dashboards.wall.city_days import midnight
from dashboards.wall.tile_query import TileQuery

COLUMNS = [one.name for one in EVENT_COLUMNS if not one.step]
COLUMNS += ["kafka_partition", "kafka_offset", "kafka_row"]
DAYS = 9
STREET_DIGITS = 9
EACH = 3
"""Events of each kind of each feed and day."""


def fill(client: Client, city: City, now: datetime) -> None:
    """Put events of every feed and kind into the tables, on `now`'s day and those before it."""
    client.insert("events", list(_rows(city, now)), column_names=COLUMNS)


class ToldCases:
    """Open cases of every theme, as live lists tell them: many, some of them long overdue."""

    heard = True

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    def frame(self) -> pl.DataFrame:
        return self._frame


def told_cases(city: City, now: datetime) -> list[tuple[TileQuery, ToldCases]]:
    """Return what feeds the tile of open cases."""
    steps = [*zip(LOOP, (8_241, 312, 12_345, 96, 1_204), strict=True)]
    counts: list[tuple[object, ...]] = []
    late: list[tuple[object, ...]] = []
    streets = [code for code in city.areas if len(code) == STREET_DIGITS]
    unit = max((one.title for one in city.departments.values()), key=lambda one: len(one.zh))
    for theme, (number, street) in itertools.product(city.themes, enumerate(streets[:4])):
        due, name = now - timedelta(days=99, hours=number), f"WH-20261130-{number:06}"
        late.append((theme, "live", name, street, unit.zh, unit.en, due))
    for theme in city.themes:
        counts += [(theme, "live", step, count, 0, 0) for step, count in steps]
        counts += [(theme, "live", "", 0, 128, 4_312), (theme, "simulated", "intake", 7_312, 0, 0)]
    return [
        (OPEN_CASES, ToldCases(pl.DataFrame(counts, schema=COUNTS, orient="row"))),
        (LATEST_CASES, ToldCases(pl.DataFrame(late, schema=LATEST, orient="row"))),
    ]


def fill_turns(client: Client, city: City, now: datetime) -> None:
    """Put cases of every theme that came and went, today and before."""
    kinds = {kind.theme: kind.id for kind in city.kinds.values()}
    days = itertools.product(kinds.values(), range(14), ("opened", "closed"), range(6))
    rows = [
        [now - timedelta(days=back, seconds=1), turn, f"{kind}-{back}-{n}", kind, origin, not n]
        for kind, back, turn, n in days
        for origin in (("live",) if n else ("live", "simulated"))
    ]
    names = ["at", "turn", "id", "kind", "origin", "late"]
    client.insert("case_turns", rows, column_names=names)


def _rows(city: City, now: datetime) -> Iterator[list[object]]:
    today = midnight(now, ZoneInfo(city.time_zone))
    passed = now - today
    streets = itertools.cycle(code for code in city.areas if len(code) == STREET_DIGITS)
    severities = itertools.cycle(range(5))
    carried = [
        (feed, city.kinds[kind])
        for feed in city.feeds.values()
        if feed.origin != "exercise"
        for kind in feed.kinds
    ]
    for back, (feed, kind), turn in itertools.product(range(DAYS), carried, range(EACH)):
        at = now - passed * (turn / EACH) - timedelta(days=back, seconds=1)
        yield [
            *(uuid.uuid4(), feed.id, feed.department, kind.theme, kind.id, at, at),
            *(next(streets), 106.8, 39.6, next(severities)),
            1234.5 if kind.unit else None,
            *("", "新华街道小区门口，井盖缺失", {}, "simulated", 0, 0, 0),
        ]
