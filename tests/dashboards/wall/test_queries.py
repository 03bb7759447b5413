"""Every query against the real store, with the tables that the sinks define."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor.clock import SystemClock
from citybrain.floor.errors import StoreError
from citybrain.floor.event_columns import COLUMNS as EVENT_COLUMNS
from citybrain.floor.settings import Settings
from citybrain.floor.store import connect
from dashboards.tiles.minute_bars import MINUTES
from dashboards.wall.city_days import midnight, minute_of
from dashboards.wall.queries import BASE, HEALTH, PULSE, TOTALS, recent
from dashboards.wall.screen import find_screens, queries_of
from dashboards.wall.shared_queries import DELIVERED, READINGS, SAME_TIME, TODAY, TREND
from dashboards.wall.store_reader import StoreReader
from dashboards.wall.tile_query import QueryTime, TileQuery
from sinks.migrations import Dialect, migrate
from sinks.table import find_tables

pytestmark = pytest.mark.services

ZONE = ZoneInfo("Asia/Shanghai")
NOW = SystemClock().now().replace(microsecond=0)  # rows expire by the store's own clock
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
COLUMNS = [one.name for one in EVENT_COLUMNS if not one.step]
COLUMNS += ["kafka_partition", "kafka_offset", "kafka_row"]


def row(occurred_at: datetime, **fields: object) -> list[object]:
    given = {
        "event_id": uuid.uuid4(),
        "feed": "radar",
        "department": "police",
        "theme": "traffic",
        "kind": "accident",
        "occurred_at": occurred_at,
        "received_at": occurred_at + SECOND,
        "area": "150302001003",
        "lon": None,
        "lat": None,
        "severity": 1,
        "value": None,
        "subject": "",
        "text": "",
        "attrs": {},
        "origin": "live",
        "kafka_partition": 0,
        "kafka_offset": 0,
        "kafka_row": 0,
    } | fields
    return [given[name] for name in COLUMNS]


MIDNIGHT = midnight(NOW, ZONE)
TAKEN = ("traffic_speed",)
WHEN = QueryTime(NOW, ZONE, TAKEN)
EVERY = (*BASE, *(query for query in queries_of(find_screens()) if not query.fed))
EARLY = MIDNIGHT + min(MINUTE, NOW - MIDNIGHT)
ROWS = [
    row(EARLY),
    row(EARLY, severity=4, text="<script>alert(1)</script> \"'"),
    row(EARLY, kind="traffic_speed", value=40.0, area="", origin="simulated"),
    row(EARLY, theme="services", kind="permit", feed="hall", department="hall"),
    row(EARLY - DAY),
    row(EARLY - 2 * DAY),
    row(EARLY - 2 * DAY),
    row(EARLY - 9 * DAY),
    *(row(at, feed="drills", origin="exercise", severity=4) for at in (EARLY, EARLY - DAY)),
    row(NOW - 2 * MINUTE, feed="drills", kind="traffic_speed", value=999.0, origin="exercise"),
    row(NOW - 2 * MINUTE, kind="traffic_speed", value=30.0),
    row(NOW - 2 * MINUTE, kind="traffic_speed", value=50.0),
]


@pytest.fixture(scope="module")
def client(store_settings: Settings) -> Iterator[Client]:
    with connect(store_settings) as client:
        migrate(client, find_tables(), Dialect("Asia/Shanghai"))
        for half in (ROWS[::2], ROWS[1::2]):  # two parts that are not merged yet
            client.insert("events", half, column_names=COLUMNS)
        health = [
            [NOW - 2 * SECOND, "radar", "police", "late", NOW - MINUTE, NOW, 1.0, 9, 2, 1, 5, 0],
            [NOW - SECOND, "radar", "police", "live", None, NOW, 1.5, 10, 3, 1, 5, 0],
        ]
        names = [
            *("at", "feed", "department", "state", "watermark", "last_seen_at", "rate"),
            *("accepted", "rejected", "late", "event_lag_ms", "backlog"),
        ]
        client.insert("feed_health", health, column_names=names)
        yield client


def reader_of(settings: Settings) -> StoreReader:
    return StoreReader(lambda: connect(settings), ZONE, queries_of(find_screens()))


def test_pulse_when_asked_then_todays_counts_by_kind_feed_and_origin(client: Client) -> None:
    today = sum(
        item[COLUMNS.index("occurred_at")] >= MIDNIGHT  # type: ignore[operator]
        and item[COLUMNS.index("origin")] != "exercise"
        for item in ROWS
    )
    frame = PULSE.ask(client, WHEN)
    assert frame["events"].sum() == today
    services = frame.filter(theme="services")
    assert services.select("kind", "feed", "origin", "events").rows() == [
        ("permit", "hall", "live", 1)
    ]


def test_recent_when_one_theme_floods_then_the_limit_is_per_theme(client: Client) -> None:
    frame = recent(client, NOW - DAY, 2)
    assert frame.filter(theme="traffic").height == 2
    assert frame["received_at"].is_sorted(descending=True)
    assert {"id", "text", "lon", "origin"} <= set(frame.columns)


def test_today_when_asked_then_streets_of_nine_digits_and_values(client: Client) -> None:
    frame = TODAY.ask(client, WHEN)
    accidents = frame.filter(kind="accident")
    assert accidents.select("area", "events", "severe").rows() == [("150302001", 2, 1)]
    speed = frame.filter(kind="traffic_speed", origin="simulated")
    assert speed.select("events", "values", "sum").rows() == [(1, 1, 40.0)]


def test_readings_when_asked_then_only_minutes_with_values(client: Client) -> None:
    start = minute_of(NOW - 5 * MINUTE)
    frame = READINGS.answer(client, {"start": start, "end": NOW + MINUTE})
    newest = frame.filter(minute=minute_of(NOW - 2 * MINUTE))
    assert newest.filter(newest["sum"] >= 80).height == 1
    assert set(frame["kind"]) == {"traffic_speed"}


def test_totals_by_minute_when_asked_then_all_events(client: Client) -> None:
    minute = minute_of(EARLY)
    asked = {"start": minute, "end": minute + MINUTE, "readings": list(TAKEN)}
    frame = MINUTES.answer(client, asked)
    found = {(theme, reading): events for _, theme, reading, events in frame.rows()}
    assert found["services", False] == 1
    assert found["traffic", False] == 2
    assert found["traffic", True] >= 1, "the two readings of just now may be of this minute"


def test_trend_when_asked_then_quarters_of_an_hour(client: Client) -> None:
    frame = TREND.ask(client, WHEN)
    yesterday = frame.filter(pl.col("slot") < MIDNIGHT)
    assert yesterday.rows() == [(MIDNIGHT - DAY, "traffic", False, "radar", 1)]
    hall = frame.filter(feed="hall")
    assert hall.rows() == [(MIDNIGHT, "services", False, "hall", 1)]


def test_same_time_when_asked_then_each_day_until_this_minute(client: Client) -> None:
    now = max(NOW, EARLY + MINUTE)
    frame = SAME_TIME.ask(client, QueryTime(now, ZONE, TAKEN))
    matters = frame.filter(theme="traffic", feed="radar", reading=False)
    assert dict(matters.select("day", "events").rows()) == {1: 2, 2: 1, 3: 2}


def test_delivered_when_asked_then_the_feeds_of_each_day(client: Client) -> None:
    frame = DELIVERED.ask(client, WHEN)
    assert set(frame.select("day", "feed").rows()) == {
        *((1, "radar"), (1, "hall")),
        *((2, "radar"), (3, "radar")),
    }
    starts = dict(frame.select("day", "starts_at").rows())
    assert (starts[1], starts[2]) == (MIDNIGHT, MIDNIGHT - DAY)


@pytest.mark.parametrize("query", [one for one in EVERY if one.name not in ("totals", "health")])
def test_count_when_there_are_events_of_a_drill_then_they_are_in_none(
    client: Client, query: TileQuery
) -> None:
    frame = query.ask(client, QueryTime(max(NOW, EARLY + MINUTE), ZONE, TAKEN))
    columns = set(frame.columns)
    assert "exercise" not in (frame["origin"] if "origin" in columns else ())
    assert "drills" not in (frame["feed"] if "feed" in columns else ())
    extremes = frame.select(pl.selectors.by_name("extreme", "severe", require_all=False)).sum()
    assert all(one <= 1 for one in extremes.row(0)), "the drill's two are extreme too"
    assert 999.0 not in (frame["max"] if "max" in columns else ())


def test_totals_when_asked_then_everything_that_ever_came(client: Client) -> None:
    frame = TOTALS.ask(client, WHEN)
    assert dict(frame.select("feed", "events").rows()) == {
        "radar": len(ROWS) - 4,
        "hall": 1,
        "drills": 3,
    }
    began = dict(frame.select("feed", "began_at").rows())
    assert began["radar"] == (EARLY - 9 * DAY).replace(minute=0, second=0)


def test_health_when_reported_twice_then_the_newest_counts_even_where_it_is_null(
    client: Client,
) -> None:
    (found,) = HEALTH.answer(client, {"since": NOW - MINUTE}).to_dicts()
    assert (found["state"], found["watermark"], found["rejected"]) == ("live", None, 3)
    assert found["reported_at"] == NOW - SECOND


def test_reader_when_it_has_read_all_then_the_picture_is_whole(
    client: Client, store_settings: Settings
) -> None:
    reader = reader_of(store_settings)
    reader.read_pulse(NOW)
    reader.read_base(NOW)
    reader.read_slow(NOW)
    picture = reader.picture
    names = ("pulse", "today", "minutes", "readings", "trend", "same_time", "delivered")
    for name in (*names, "totals", "health"):
        assert picture.frames[name].height > 0, name
    assert {event["text"] for event in picture.events["traffic"]} >= {""}
    assert picture.answered_at() == NOW
    assert reader.version >= 1


def test_reader_when_the_store_is_away_then_the_words_say_what_was_asked() -> None:
    away = Settings(store_url="http://127.0.0.1:9")
    reader = StoreReader(lambda: connect(away, timeout_s=2), ZONE, ())
    with pytest.raises(StoreError, match=r"store http://127\.0\.0\.1:9 does not answer"):
        reader.read_pulse(NOW)


def test_reader_when_a_table_is_missing_then_a_store_error(store_settings: Settings) -> None:
    empty = reader_of(replace(store_settings, database="default"))
    with pytest.raises(StoreError, match="the store does not answer 'pulse'"):
        empty.read_pulse(NOW)


@pytest.mark.parametrize("query", EVERY, ids=lambda query: query.name)
def test_query_when_asked_of_the_real_tables_then_they_have_what_it_names(
    client: Client, query: TileQuery
) -> None:
    frame = query.ask(client, WHEN)
    assert frame.width > 1


@pytest.mark.parametrize("query", EVERY, ids=lambda query: query.name)
def test_query_when_it_has_arguments_then_each_is_bound_and_none_is_spelled_out(
    query: TileQuery,
) -> None:
    bound = set(re.findall(r"\{(\w+):[\w()', ]+\}", query.sql))
    assert bound == set(query.arguments(WHEN))
    assert not re.findall(r"[{}]", re.sub(r"\{\w+:[\w()', ]+\}", "", query.sql))


@pytest.mark.parametrize("query", EVERY, ids=lambda query: query.name)
def test_sql_when_read_then_events_itself_is_never_scanned(query: TileQuery) -> None:
    tables = set(re.findall(r"\bFROM (\w+)", query.sql))
    assert tables
    assert tables <= {
        "events_day",
        "events_minute",
        "kind_minutes",
        "recent_events",
        "feed_totals",
        "feed_health",
        "case_turns",
    }
