# ruff: noqa: S608
"""Rollups equal a recount of their events, whatever the events and however they came."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.floor.events import SCHEMA, conform, event_ids
from citybrain.floor.settings import Settings
from sinks.insert import insert
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.rollup import OF_EVENTS, coarser, view
from tests.sinks.sample import ZONE
from tests.sinks.stored import prepared

MIDNIGHT = datetime(2026, 3, 4, 16, tzinfo=UTC)
"""Midnight of the 5th of March in Wuhai."""
SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
BORDERS = (-24 * HOUR, -16 * HOUR, -HOUR, 0, MINUTE, HOUR, 8 * HOUR, 24 * HOUR)
KEY = ("theme", "kind", "department", "feed", "area", "origin")
NUMBERS = itertools.count()


@dataclass(frozen=True)
class Event:
    """What differs between events here; `at_ms` is milliseconds after `MIDNIGHT`."""

    at_ms: int
    late_ms: int
    kind: str
    area: str
    origin: str
    severity: int
    value: float | None

    @property
    def occurred_at(self) -> datetime:
        return MIDNIGHT + timedelta(milliseconds=self.at_ms)

    @property
    def received_at(self) -> datetime:
        return self.occurred_at + timedelta(milliseconds=self.late_ms)


EVENTS = st.builds(
    Event,
    at_ms=st.builds(int.__add__, st.sampled_from(BORDERS), st.sampled_from([-1, 0, 1, SECOND])),
    late_ms=st.sampled_from([0, 1, 30 * HOUR]),
    kind=st.sampled_from(["speed", "accident"]),
    area=st.sampled_from(["", "150302", "150302001", "150302001002", "150302001002007"]),
    origin=st.sampled_from(["live", "simulated"]),
    severity=st.integers(0, 4),
    # Quarters add up exactly, in any order.
    value=st.none() | st.integers(-1_000, 1_000).map(lambda quarters: quarters / 4),
)
INSERTS = st.lists(st.lists(EVENTS, min_size=1, max_size=12), min_size=1, max_size=3)

Row = tuple[Any, ...]
Bucket = Callable[[datetime], datetime]


def minute(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)


def hour(at: datetime) -> datetime:
    return minute(at).replace(minute=0)


def utc_day(at: datetime) -> datetime:
    return hour(at).replace(hour=0)


def local_day(at: datetime) -> datetime:
    return hour(at.astimezone(ZoneInfo(ZONE))).replace(hour=0).astimezone(UTC)


def table(feed: str, events: list[Event]) -> pa.Table:
    columns: dict[str, Any] = {
        "event_id": event_ids(feed, pl.Series([str(n) for n in range(len(events))])),
        "feed": [feed] * len(events),
        "department": ["police"] * len(events),
        "theme": ["traffic"] * len(events),
        "kind": [event.kind for event in events],
        "occurred_at": [event.occurred_at for event in events],
        "received_at": [event.received_at for event in events],
        "area": [event.area for event in events],
        "lon": [None] * len(events),
        "lat": [None] * len(events),
        "severity": [event.severity for event in events],
        "value": [event.value for event in events],
        "subject": [""] * len(events),
        "text": [""] * len(events),
        "attrs": [[]] * len(events),
        "origin": [event.origin for event in events],
    }
    given = [field for field in SCHEMA if field.name in columns]
    arrays = [_array(columns[field.name], field.type) for field in given]
    return conform(pa.table(arrays, schema=pa.schema(given)))


def _array(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode()
    return pa.array(values, kind)


def put(client: Client, inserts: list[list[Event]]) -> str:
    """Insert events of a feed of their own and return its name."""
    feed = f"feed_{next(NUMBERS)}"
    for number, events in enumerate(inserts):
        batch = RecordBatch([TopicRecord(0, number, table(feed, events))])
        insert(client, "events", batch.table(), f"{feed}-{number}")
    return feed


def grouped(
    events: Iterable[Event], key: Callable[[Event], Row]
) -> Iterable[tuple[Row, list[Event]]]:
    groups: dict[Row, list[Event]] = defaultdict(list)
    for event in events:
        groups[key(event)].append(event)
    return groups.items()


def recount(events: list[Event], feed: str, bucket: Bucket) -> set[Row]:
    """Return what a rollup must hold of `events` of `feed`."""

    def key(event: Event) -> Row:
        place = ("traffic", event.kind, "police", feed, event.area[:9], event.origin)
        return (bucket(event.occurred_at), *place)

    rows = set()
    for place, group in grouped(events, key):
        severities = [event.severity for event in group]
        rows.add(
            (
                *place,
                len(group),
                *measures(group),
                severities.count(1),
                severities.count(2),
                severities.count(3) + severities.count(4),
                severities.count(4),
                max(event.received_at for event in group),
                max(event.occurred_at for event in group),
            )
        )
    return rows


def measures(group: list[Event]) -> Row:
    """Return how many values there are, their sum, the least and the greatest."""
    values = [event.value for event in group if event.value is not None]
    return len(values), sum(values), min(values, default=None), max(values, default=None)


def stored(client: Client, columns: str, name: str, feed: str) -> set[Row]:
    sql = f"SELECT {columns} FROM {name} FINAL WHERE feed = {{feed:String}}"
    return {
        tuple(v.replace(tzinfo=UTC) if isinstance(v, datetime) else v for v in row)
        for row in client.query(sql, {"feed": feed}).result_rows
    }


@pytest.fixture(scope="module")
def client(store_settings: Settings) -> Client:
    return prepared(store_settings)


@settings(max_examples=25, deadline=None)
@given(inserts=INSERTS)
def test_rollups_when_events_come_in_any_inserts_then_equal_a_recount(
    client: Client, inserts: list[list[Event]]
) -> None:
    feed = put(client, inserts)
    events = [event for part in inserts for event in part]
    columns = (
        f"at, {', '.join(KEY)}, events, `values`, sum, min, max, minor, moderate, severe, extreme,"
        " last_at, last_occurred_at"
    )

    assert stored(client, columns, "events_minute", feed) == recount(events, feed, minute)
    assert stored(client, columns, "events_hour", feed) == recount(events, feed, hour)
    assert stored(client, columns, "events_day", feed) == recount(events, feed, local_day)
    measured = "at, kind, origin, events, severe, `values`, sum, min, max"
    assert stored(client, measured, "kind_minutes", feed) == {
        (*place, len(group), sum(event.severity >= 3 for event in group), *measures(group))
        for place, group in grouped(
            events, lambda event: (minute(event.occurred_at), event.kind, event.origin)
        )
    }
    assert stored(
        client,
        "at, department, events, last_received_at, first_occurred_at, last_occurred_at",
        "feed_totals",
        feed,
    ) == {
        (
            *at,
            "police",
            len(group),
            max(event.received_at for event in group),
            hour(min(event.occurred_at for event in group)),
            max(event.occurred_at for event in group),
        )
        for at, group in grouped(events, lambda event: (utc_day(event.occurred_at),))
    }


@settings(max_examples=15, deadline=None)
@given(events=st.lists(EVENTS, min_size=1, max_size=12), data=st.data())
def test_rollups_when_rows_are_taken_back_then_they_count_as_if_they_had_never_come(
    client: Client, events: list[Event], data: st.DataObject
) -> None:
    gone = data.draw(st.lists(st.sampled_from(range(len(events))), unique=True))
    feed = put(client, [events])
    back = table(feed, [events[number] for number in gone])
    sign = back.schema.get_field_index("sign")
    minus = pa.array([-1] * len(gone), pa.int8())
    rows = back.set_column(sign, back.schema.field(sign), minus)
    if gone:
        batch = RecordBatch([TopicRecord(0, 99, rows)])
        insert(client, "events", batch.table(), f"{feed}-back")

    left = [event for number, event in enumerate(events) if number not in gone]
    for name, bucket in (
        ("events_minute", minute),
        ("events_hour", hour),
        ("events_day", local_day),
    ):
        counts = f"at, {', '.join(KEY)}, events, `values`, minor, moderate, severe, extreme"
        held = {row for row in stored(client, counts, name, feed) if any(row[len(KEY) + 1 :])}
        assert held == {(*row[:9], *row[12:16]) for row in recount(left, feed, bucket)}
        sums = {
            row[:-1]: row[-1] for row in stored(client, f"at, {', '.join(KEY)}, sum", name, feed)
        }
        for row in recount(left, feed, bucket):
            assert sums[row[:7]] == pytest.approx(row[9])
    assert total(client, feed) == len(left)


def total(client: Client, feed: str) -> int:
    sql = "SELECT sum(events) FROM feed_totals WHERE feed = {feed:String}"
    return int(client.query(sql, {"feed": feed}).result_rows[0][0])


def test_events_day_when_midnight_passes_in_wuhai_then_a_new_day_begins(client: Client) -> None:
    feed = put(client, [[Event(at, 0, "speed", "", "live", 0, None) for at in (-1, 0)]])

    assert stored(client, "at, events", "events_day", feed) == {
        (MIDNIGHT - timedelta(days=1), 1),
        (MIDNIGHT, 1),
    }


def test_rollups_when_no_event_has_a_value_then_there_is_neither_least_nor_greatest(
    client: Client,
) -> None:
    feed = put(client, [[Event(0, 0, "speed", "", "live", 0, None)]] * 2)

    for name in ("events_minute", "events_hour", "events_day"):
        assert stored(client, "events, `values`, sum, min, max", name, feed) == {
            (2, 0, 0.0, None, None)
        }


def test_recent_events_when_many_come_at_once_then_keeps_five_of_each_feed(
    client: Client,
) -> None:
    feed = put(client, [[Event(0, 0, "speed", "", "live", 0, None)] * 9])

    found = client.query("SELECT count() FROM recent_events WHERE feed = {f:String}", {"f": feed})

    assert found.result_rows == [(5,)]


def test_view_when_made_then_names_its_source_and_leaves_nothing_to_fill() -> None:
    ddl = view("b", coarser("a", "f({t})", 60))

    assert ddl.startswith("CREATE MATERIALIZED VIEW IF NOT EXISTS b_view {cluster} TO b AS\nSELECT")
    assert "f(s.at) AS at" in ddl
    assert "FROM a AS s \nGROUP BY at," in ddl
    assert "{where}" not in ddl
    assert "{where}" in OF_EVENTS.select
