"""What is kept between two readings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from dashboards.wall.queries import PULSE
from dashboards.wall.store_picture import KEPT_PER_THEME, EventRates, NewestEvents, StorePicture

NOW = datetime(2026, 11, 24, 4, 30, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TRAFFIC, SERVICES = ("traffic", False), ("services", False)


def event(name: str, *, age: timedelta = SECOND, theme: str = "traffic") -> dict[str, Any]:
    return {"id": name, "theme": theme, "received_at": NOW - age}


def test_newest_when_an_event_comes_twice_then_it_is_kept_once() -> None:
    newest = NewestEvents()
    newest.add([event("a"), event("b", age=2 * SECOND)], NOW)
    newest.add([event("a")], NOW)
    assert [row["id"] for row in newest.by_theme()["traffic"]] == ["a", "b"]
    assert newest.version == 1


def test_newest_when_one_theme_floods_then_the_others_stay() -> None:
    newest = NewestEvents()
    newest.add([event("calm", age=timedelta(hours=1), theme="services")], NOW)
    newest.add([event(str(n), age=timedelta(milliseconds=n)) for n in range(100)], NOW)
    assert len(newest.by_theme()["traffic"]) == KEPT_PER_THEME
    assert newest.by_theme()["traffic"][0]["id"] == "0"
    assert [row["id"] for row in newest.by_theme()["services"]] == ["calm"]
    assert newest.newest_at == NOW


def test_newest_when_events_arrive_then_their_median_delay_counts_for_a_minute() -> None:
    newest = NewestEvents()
    assert newest.delay_ms() is None
    newest.add([event("a", age=SECOND), event("b", age=3 * SECOND)], NOW)
    newest.add([event("old", age=timedelta(hours=1))], NOW, measured=False)
    assert newest.delay_ms() == 2000
    newest.add([], NOW + timedelta(seconds=61))
    assert newest.delay_ms() is None


def test_flow_when_counts_rise_then_events_a_minute() -> None:
    flow = EventRates()
    assert flow.per_minute() == {}
    flow.add(NOW, {TRAFFIC: 100})
    assert flow.per_minute() == {}
    flow.add(NOW + 30 * SECOND, {TRAFFIC: 160, SERVICES: 1})
    assert flow.per_minute() == {TRAFFIC: 120.0, SERVICES: 2.0}


def test_flow_when_a_minute_has_passed_then_what_is_older_does_not_count() -> None:
    flow = EventRates()
    flow.add(NOW, {TRAFFIC: 0})
    flow.add(NOW + 10 * SECOND, {TRAFFIC: 1000})
    flow.add(NOW + 70 * SECOND, {TRAFFIC: 1060})
    assert flow.per_minute() == {TRAFFIC: 60.0}


def test_flow_when_a_new_day_begins_then_it_starts_anew() -> None:
    flow = EventRates()
    flow.add(NOW, {TRAFFIC: 5000})
    flow.add(NOW + SECOND, {TRAFFIC: 10})
    assert flow.per_minute() == {}
    flow.add(NOW + 2 * SECOND, {TRAFFIC: 11})
    assert flow.per_minute() == {TRAFFIC: 60.0}


def test_picture_when_updated_then_it_knows_when_it_was_answered() -> None:
    assert StorePicture().answered_at() is None
    picture = StorePicture().updated(NOW, rates={TRAFFIC: 1.0}, pulse=pl.DataFrame())
    assert picture.answered_at() is None
    picture = picture.updated(NOW + SECOND, totals=pl.DataFrame()).updated(
        NOW + 9 * SECOND, trend=1
    )
    assert picture.answered_at() == NOW
    assert picture.updated(NOW + 9 * SECOND, pulse=pl.DataFrame()).answered_at() == NOW + SECOND
    assert picture.rates == {TRAFFIC: 1.0}


def test_of_one_instant_when_the_pulse_is_newer_then_todays_answer_counts() -> None:
    today = pl.DataFrame(
        {
            "theme": ["traffic"] * 3,
            "kind": ["accident"] * 3,
            "feed": ["radar"] * 3,
            "origin": ["live", "live", "replay"],
            "area": ["150302", "150303", ""],
            "events": [2, 3, 4],
        }
    )
    newer = pl.DataFrame({"events": [99]})
    picture = StorePicture().updated(NOW, today=today, pulse=newer)
    found = picture.of_one_instant().frame(PULSE).sort("origin")
    assert found.select("feed", "origin", "events").rows() == [
        ("radar", "live", 5),
        ("radar", "replay", 4),
    ]
    assert picture.frame(PULSE) is newer
    assert StorePicture().updated(NOW, pulse=newer).of_one_instant().frame(PULSE) is newer
