"""Every query against the real store, with the tables that the sinks define."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from structlog.testing import capture_logs

import dashboards.queries
from citybrain.alerts.records import Alert, Mute, Text
from citybrain.clock import SystemClock
from citybrain.errors import StoreError
from citybrain.settings import Settings
from citybrain.store import connect
from dashboards import queries
from dashboards.calendar import day_parts, midnight
from dashboards.reader import Reader
from sinks.migrations import Dialect, migrate
from sinks.table import find_tables
from tests.dashboards.desk.stored import put
from tests.dashboards.desk.synthetic import make_alert

pytestmark = pytest.mark.services

ZONE = ZoneInfo("Asia/Shanghai")
NOW = SystemClock().now().replace(microsecond=0)  # rows expire by the store's own clock
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
COLUMNS = [
    *("event_id", "feed", "department", "theme", "kind", "occurred_at", "received_at", "area"),
    *("lon", "lat", "severity", "value", "subject", "text", "attrs", "origin"),
    *("kafka_partition", "kafka_offset", "kafka_row"),
]


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


TODAY = midnight(NOW, ZONE)
EARLY = TODAY + min(MINUTE, NOW - TODAY)
ROWS = [
    row(EARLY),
    row(EARLY, severity=4, text="<script>alert(1)</script> \"'"),
    row(EARLY, kind="traffic_speed", value=40.0, area="", origin="simulated"),
    row(EARLY, theme="services", kind="permit", feed="hall", department="hall"),
    row(EARLY - DAY),
    row(EARLY - 2 * DAY),
    row(EARLY - 2 * DAY),
    row(EARLY - 9 * DAY),
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


def test_pulse_when_asked_then_todays_counts_by_theme_feed_and_origin(client: Client) -> None:
    today = sum(item[5] >= TODAY for item in ROWS)  # type: ignore[operator]
    frame = queries.pulse(client, TODAY)
    assert frame["events"].sum() == today
    services = frame.filter(theme="services")
    assert services.select("feed", "origin", "events").rows() == [("hall", "live", 1)]
    assert services["last_at"][0] == EARLY + SECOND


def test_recent_when_one_theme_floods_then_the_limit_is_per_theme(client: Client) -> None:
    frame = queries.recent(client, NOW - DAY, 2)
    assert frame.filter(theme="traffic").height == 2
    assert frame["received_at"].is_sorted(descending=True)
    assert {"id", "text", "lon", "origin"} <= set(frame.columns)


def test_today_when_asked_then_streets_of_nine_digits_and_values(client: Client) -> None:
    frame = queries.today(client, TODAY)
    accidents = frame.filter(kind="accident")
    assert accidents.select("area", "events", "severe").rows() == [("150302001", 2, 1)]
    speed = frame.filter(kind="traffic_speed", origin="simulated")
    assert speed.select("events", "values", "sum").rows() == [(1, 1, 40.0)]


def test_readings_when_asked_then_only_minutes_with_values(client: Client) -> None:
    start = queries.minute_of(NOW - 5 * MINUTE)
    frame = queries.readings(client, start, NOW + MINUTE)
    newest = frame.filter(minute=queries.minute_of(NOW - 2 * MINUTE))
    assert newest.filter(newest["sum"] >= 80).height == 1
    assert set(frame["kind"]) == {"traffic_speed"}


def test_totals_by_minute_when_asked_then_all_events(client: Client) -> None:
    minute = queries.minute_of(EARLY)
    frame = queries.totals_by_minute(client, minute, minute + MINUTE)
    found = {theme: (events, severe) for _, theme, events, severe in frame.rows()}
    assert found["services"] == (1, 0)
    assert found["traffic"][1] == 1


def test_trend_when_asked_then_quarters_of_an_hour(client: Client) -> None:
    slot = queries.slot_of(EARLY - DAY)
    frame = queries.trend(client, slot, slot + 15 * MINUTE)
    assert frame.rows() == [(slot, "traffic", 1)]


def test_same_time_when_asked_then_each_day_until_this_minute(client: Client) -> None:
    now = max(NOW, EARLY + MINUTE)
    frame = queries.same_time(client, day_parts(now, ZONE, 8))
    days = dict(frame.filter(theme="traffic", feed="radar").select("day", "events").rows())
    assert (days[2], days[3]) == (1, 2)
    assert set(days) == {1, 2, 3}
    starts = dict(frame.select("day", "starts_at").rows())
    assert (starts[1], starts[2]) == (TODAY, TODAY - DAY)


def test_totals_when_asked_then_everything_that_ever_came(client: Client) -> None:
    frame = queries.totals(client)
    assert dict(frame.select("feed", "events").rows()) == {"radar": len(ROWS) - 1, "hall": 1}
    began = dict(frame.select("feed", "began_at").rows())
    assert began["radar"] == (EARLY - 9 * DAY).replace(minute=0, second=0)


def test_health_when_reported_twice_then_the_newest_counts_even_where_it_is_null(
    client: Client,
) -> None:
    (found,) = queries.health(client, NOW - MINUTE).to_dicts()
    assert (found["state"], found["watermark"], found["rejected"]) == ("live", None, 3)
    assert found["reported_at"] == NOW - SECOND


ALERT = make_alert(1, NOW)


def an_alert(name: str, **fields: Any) -> Alert:
    given = {"id": name, "version": 2, "state": "firing", "mutes": (), "updated_at": NOW}
    parts = {"origin": "live", "area": "150302001003", "subject": "patient-7", "theme": "traffic"}
    episode = msgspec.structs.replace(ALERT.episode, **parts)
    changed: dict[str, Any] = given | fields
    return msgspec.structs.replace(ALERT, episode=episode, owner="duty_a", **changed)


def test_open_alerts_when_one_was_closed_in_another_part_then_only_its_newest_state_counts(
    client: Client,
) -> None:
    before = queries.alerts_mark(client)
    mute = Mute(kind="silence", by="s1", reason=Text("施工", "road works"))
    first = (
        an_alert("fires"),
        an_alert("taken"),
        an_alert("over"),
        an_alert("held", state="pending"),
    )
    put(client, "alerts", [*first, an_alert("quiet", mutes=(mute,))], 0)
    middle = queries.alerts_mark(client)
    later = {"version": 3, "updated_at": NOW + SECOND}
    newer = (
        an_alert("taken", state="acknowledged", **later),
        an_alert("over", state="ended", **later),
    )
    put(client, "alerts", newer, 5)
    frame = queries.open_alerts(client)
    found = sorted(frame.select("state", "muted").rows())
    assert found == [("acknowledged", ""), ("firing", ""), ("firing", "silence")]
    assert len({before, middle, queries.alerts_mark(client)}) == 3


def test_open_alerts_when_asked_then_nothing_says_whom_they_are_about(client: Client) -> None:
    put(client, "alerts", [an_alert("whose")], 100)
    frame = queries.open_alerts(client)
    assert set(frame["street"]) == {"150302001"}
    assert not {"id", "owner", "subject", "alert", "lon", "lat"} & set(frame.columns)
    assert "patient-7" not in str(frame.rows())


def test_reader_when_an_alert_comes_then_it_is_in_the_picture_at_the_next_reading(
    client: Client, store_settings: Settings
) -> None:
    reader = Reader(lambda: connect(store_settings), ZONE)
    reader.read_base(NOW)
    known = reader.picture.alerts
    reader.read_base(NOW + SECOND)
    assert reader.picture.alerts is known, "nothing changed, so nothing was read again"
    assert reader.picture.read_at["alerts"] == NOW + SECOND
    put(client, "alerts", [an_alert("another")], 200)
    reader.read_base(NOW + 2 * SECOND)
    assert reader.picture.alerts.height == known.height + 1


def test_reader_when_the_alerts_are_not_told_then_the_others_go_on_and_it_is_logged_once(
    client: Client, store_settings: Settings
) -> None:
    reader = Reader(lambda: connect(store_settings), ZONE)
    with capture_logs() as logs:
        client.command("RENAME TABLE alerts TO alerts_away")
        try:
            reader.read_base(NOW)
            reader.read_base(NOW + SECOND)
        finally:
            client.command("RENAME TABLE alerts_away TO alerts")
        assert "alerts" not in reader.picture.read_at
        assert reader.picture.read_at["health"] == NOW + SECOND
        reader.read_base(NOW + 2 * SECOND)
    assert reader.picture.read_at["alerts"] == NOW + 2 * SECOND
    assert [line["event"] for line in logs] == ["alerts_not_told", "alerts_told_again"]


def test_reader_when_it_has_read_all_then_the_picture_is_whole(
    client: Client, store_settings: Settings
) -> None:
    reader = Reader(lambda: connect(store_settings), ZONE)
    reader.read_pulse(NOW)
    reader.read_base(NOW)
    reader.read_slow(NOW)
    picture = reader.picture
    for name in ("pulse", "today", "minutes", "readings", "trend", "same_time", "totals", "health"):
        assert getattr(picture, name).height > 0, name
    assert {event["text"] for event in picture.events["traffic"]} >= {""}
    assert picture.answered_at() == NOW
    assert reader.version >= 1


def test_reader_when_the_store_is_away_then_the_words_say_what_was_asked() -> None:
    away = Settings(store_url="http://127.0.0.1:9")
    reader = Reader(lambda: connect(away, timeout_s=2), ZONE)
    with pytest.raises(StoreError, match=r"store http://127\.0\.0\.1:9 does not answer"):
        reader.read_pulse(NOW)


def test_reader_when_a_table_is_missing_then_a_store_error(store_settings: Settings) -> None:
    empty = Reader(
        lambda: connect(Settings(store_url=store_settings.store_url, database="default")), ZONE
    )
    with pytest.raises(StoreError, match="the store does not answer 'pulse'"):
        empty.read_pulse(NOW)


def test_sql_when_read_then_events_itself_is_never_scanned() -> None:
    text = Path(str(dashboards.queries.__file__)).read_text(encoding="utf-8")
    tables = set(re.findall(r"\bFROM (\w+)", text))
    assert tables <= {
        "events_day",
        "events_minute",
        "theme_minutes",
        "recent_events",
        "feed_totals",
        "feed_health",
        "alerts",
    }
