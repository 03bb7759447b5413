"""A store with something of everything: each feed, kind, street and severity, today and before."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clickhouse_connect.driver.client import Client

from citybrain.city import City
from citybrain.floor.event_columns import COLUMNS as EVENT_COLUMNS
from dashboards.wall.city_days import midnight

COLUMNS = [one.name for one in EVENT_COLUMNS if not one.step]
COLUMNS += ["kafka_partition", "kafka_offset", "kafka_row"]
DAYS = 9
STREET_DIGITS = 9
EACH = 3
"""Events of each kind of each feed and day."""


def fill(client: Client, city: City, now: datetime) -> None:
    """Put events of every feed and kind into the tables, on `now`'s day and those before it."""
    client.insert("events", list(_rows(city, now)), column_names=COLUMNS)


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
