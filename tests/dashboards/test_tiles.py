"""What each kind of tile sends to a browser."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest

from citybrain.city import City
from citybrain.floor.clock import millis
from citybrain.floor.text import Text
from dashboards.tiles.completeness import Completeness
from dashboards.tiles.counter import Counter
from dashboards.tiles.days import Days
from dashboards.tiles.district_map import DistrictMap
from dashboards.tiles.donut import Donut
from dashboards.tiles.event_list import EventList
from dashboards.tiles.feed_strip import FeedStrip
from dashboards.tiles.flow import FlowTile
from dashboards.tiles.gauge import Gauge
from dashboards.tiles.measures import Measures
from dashboards.tiles.minute_bars import MinuteBars
from dashboards.tiles.ranking import Ranking
from dashboards.tiles.severity import Severity
from dashboards.tiles.theme_card import ThemeCard
from dashboards.tiles.trend import Trend, halves
from dashboards.wall.population import READINGS_TAKEN, Population
from dashboards.wall.queries import BASE
from dashboards.wall.screen import find_screens
from dashboards.wall.screen_moment import ScreenMoment
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.shared_queries import READINGS
from dashboards.wall.store_picture import StorePicture
from dashboards.wall.tile import Tile
from tests.dashboards.conftest import MIDNIGHT, NOW

PLACE: dict[str, Any] = {"id": "tile", "title": Text("块", "tile"), "zone": "left"}


@pytest.fixture
def view(city: City, picture: StorePicture) -> ScreenView:
    return ScreenView(ScreenMoment(city, picture, NOW), ("traffic",))


@pytest.fixture
def overall(city: City, picture: StorePicture) -> ScreenView:
    return ScreenView(ScreenMoment(city, picture, NOW), ("governance", "traffic"))


def test_counter_when_days_before_are_known_then_they_are_compared(view: ScreenView) -> None:
    assert Counter(**PLACE).read(view) == {
        "matters": 9,
        "readings": 10,
        "yesterday": {"change": pytest.approx(-0.1), "now": 9, "before": 10},
        "week": {"change": pytest.approx(-0.4), "now": 9.0, "before": 15.0},
        "days": 2,
        "compared": 1,
        "feeds": 1,
        "until": millis(NOW.replace(second=0)),
        "rate": 0.0,
        "severe": 3,
    }


def test_ranking_by_department_when_read_then_most_first(view: ScreenView) -> None:
    data = Ranking(**PLACE, by="department").read(view)
    assert data["rows"] == [["police", 6, 2], ["works", 3, 1]]
    assert data["total"] == 9


def test_ranking_by_area_when_some_have_no_street_then_they_are_named(view: ScreenView) -> None:
    data = Ranking(**PLACE, by="area").read(view)
    assert (data["rows"], data["unplaced"]) == ([["150302001", 6, 2]], 3)


def test_ranking_when_kinds_are_given_then_only_they_and_their_feeds_count(
    overall: ScreenView,
) -> None:
    tile = Ranking(**PLACE, by="kind", population=Population(kinds=("police_call",)))
    assert tile.read(overall)["rows"] == [["police_call", 1, 0]]
    assert [feed.id for feed in tile.feeds(overall)] == ["calls"]


def test_ranking_when_readings_are_asked_then_they_alone_count(view: ScreenView) -> None:
    tile = Ranking(**PLACE, by="kind", population=READINGS_TAKEN)
    assert tile.read(view)["rows"] == [["traffic_speed", 10, 1]]


def test_donut_when_there_are_more_kinds_than_parts_then_the_rest_is_one(
    overall: ScreenView,
) -> None:
    data = Donut(**PLACE, top=1).read(overall)
    assert data == {"by": "kind", "rows": [["accident", 9]], "rest": 1, "total": 10}


def test_district_map_when_streets_are_known_then_their_district_counts(view: ScreenView) -> None:
    assert DistrictMap(**PLACE).read(view) == {
        "areas": {"150302": 6, "150303": 3},
        "severe": {"150302": 2, "150303": 1},
        "unplaced": 0,
    }


def test_severity_when_read_then_today_by_level(view: ScreenView) -> None:
    assert Severity(**PLACE).read(view) == {"levels": [0, 0, 6, 2, 1], "severe": 3}


def test_measures_when_values_are_new_then_the_mean_is_of_now(view: ScreenView) -> None:
    (row,) = Measures(**PLACE, kinds=("traffic_speed", "unknown")).read(view)["rows"]
    assert (row["kind"], row["over"], row["value"]) == ("traffic_speed", "now", 30.0)
    assert (row["min"], row["max"]) == (28.0, 32.0)
    assert row["at"] == millis(NOW.replace(second=0) - timedelta(minutes=2))
    assert [value for value in row["line"] if value is not None] == [50.0, 30.0]
    assert len(row["line"]) == 61


def test_measures_when_the_hour_is_empty_then_the_day_and_it_says_so(
    city: City, picture: StorePicture
) -> None:
    bare = picture.updated(NOW, readings=picture.frame(READINGS).clear())
    view = ScreenView(ScreenMoment(city, bare, NOW), ("traffic",))
    (row,) = Measures(**PLACE, kinds=("traffic_speed",)).read(view)["rows"]
    assert (row["over"], row["value"], row["line"]) == ("day", 40.0, [])


def test_measures_when_nothing_came_then_no_number(city: City) -> None:
    view = ScreenView(ScreenMoment(city, StorePicture(), NOW), ("traffic",))
    (row,) = Measures(**PLACE, kinds=("traffic_speed",)).read(view)["rows"]
    assert (row["over"], row["value"]) == ("none", None)


def test_gauge_when_the_city_has_no_index_then_it_is_not_guessed(view: ScreenView) -> None:
    tile = Gauge(**PLACE, measure="congestion_index")
    assert tile.read(view)["row"]["value"] is None
    assert tile.feeds(view) == []
    assert tile.snapshot(view)["fresh"]["state"] == "none"


def test_gauge_when_the_kind_is_measured_then_its_reading(view: ScreenView) -> None:
    data = Gauge(**PLACE, measure="traffic_speed", bands=(0, 50, 100)).read(view)
    assert (data["row"]["value"], data["bands"]) == (30.0, (0, 50, 100))


def test_minute_bars_when_read_then_sixty_complete_minutes(view: ScreenView) -> None:
    data = MinuteBars(**PLACE).read(view)
    assert (data["events"][0], data["events"][59], len(data["events"])) == (5, 7, 60)
    readings = MinuteBars(**PLACE, population=READINGS_TAKEN).read(view)["events"]
    assert (readings[0], readings[59]) == (0, 90)
    assert data["start"] == millis(NOW.replace(second=0) - timedelta(minutes=60))


def test_days_when_read_then_oldest_first(view: ScreenView) -> None:
    rows = Days(**PLACE).read(view)["rows"]
    assert [count for _, count, _ in rows] == [0, 0, 0, 0, 0, 20, 10, 9]
    assert [alike for _, _, alike in rows] == [0, 0, 0, 0, 0, 20, 10, 9]
    assert rows[-1][0] == millis(NOW)


def trend_of(*rows: tuple[datetime, str, bool, int]) -> pl.DataFrame:
    """Return the frame of (slot, feed, whether readings, events)."""
    return pl.DataFrame(
        [(slot, "traffic", reading, feed, events) for slot, feed, reading, events in rows],
        ["slot", "theme", "reading", "feed", "events"],
        orient="row",
    )


def test_trend_when_read_then_today_against_yesterday_of_the_same_feeds(
    city: City, picture: StorePicture
) -> None:
    hour, day = timedelta(hours=1), timedelta(days=1)
    frame = trend_of(
        (MIDNIGHT, "radar", False, 5),
        (MIDNIGHT + hour, "counters", False, 70),
        (MIDNIGHT + hour, "counters", True, 1000),
        (NOW.replace(second=0), "radar", False, 3),
        (MIDNIGHT - day + 20 * hour, "radar", False, 4),
        (MIDNIGHT - day, "counters", False, 500),
    )
    view = ScreenView(ScreenMoment(city, picture.updated(NOW, trend=frame), NOW), ("traffic",))
    data = Trend(**PLACE).read(view)
    assert (data["start"], data["step"], data["slots"]) == (millis(MIDNIGHT), 900_000, 96)
    assert (len(data["now"]), data["now"][0], data["now"][4], sum(data["now"])) == (50, 5, 70, 75)
    assert (data["filling"], data["alike"][4], sum(data["alike"])) == (3, 0, 5)
    assert (len(data["before"]), data["before"][80], sum(data["before"])) == (96, 4, 4)


def test_trend_when_a_day_has_begun_then_its_line_is_empty_and_yesterdays_whole(
    city: City, picture: StorePicture
) -> None:
    frame = trend_of((MIDNIGHT, "radar", False, 5))
    now = MIDNIGHT + timedelta(minutes=3)
    view = ScreenView(ScreenMoment(city, picture.updated(now, trend=frame), now), ("traffic",))
    data = Trend(**PLACE).read(view)
    assert (data["now"], data["alike"], data["filling"], len(data["before"])) == ([], [], 5, 96)
    assert halves(data) == [None] * 48


def test_halves_when_a_slot_has_no_other_then_it_waits_for_it() -> None:
    assert halves({"slots": 6, "now": [1, 2, 3]}) == [3, None, None]


def test_feed_strip_when_read_then_the_worst_comes_first(view: ScreenView) -> None:
    data = FeedStrip(**PLACE).read(view)
    assert data["rows"] == [
        ["counters", "never", None],
        ["radar", "live", millis(NOW - timedelta(seconds=3))],
    ]
    assert (data["counts"], data["derived"]) == ({"never": 1, "live": 1}, True)


def test_completeness_when_read_then_all_feeds_of_the_screen(overall: ScreenView) -> None:
    data = Completeness(**PLACE).read(overall)
    assert data["counts"] == {"never": 1, "silent": 1, "live": 1}


def test_theme_card_when_read_then_its_theme_alone(overall: ScreenView) -> None:
    tile = ThemeCard(**PLACE, theme="governance", screen="governance")
    data = tile.read(overall)
    assert (data["matters"], data["readings"], data["yesterday"], data["severe"]) == (1, 0, None, 0)
    assert tile.snapshot(overall)["fresh"]["state"] == "stale"


def test_flow_when_read_then_the_platform_in_figures(city: City, picture: StorePicture) -> None:
    picture = picture.updated(
        NOW, rates={("traffic", False): 20.0, ("traffic", True): 100.0}, delay_ms=310
    )
    data = FlowTile(**PLACE).read(ScreenView(ScreenMoment(city, picture, NOW), ("traffic",)))
    assert data == {"per_second": 2.0, "delay_ms": 310, "ever": 1000, "rejected": None}


def test_flow_when_every_feed_is_reported_then_refusals_are_summed_up(
    city: City, picture: StorePicture
) -> None:
    health = pl.DataFrame({"feed": ["radar", "calls", "counters"], "rejected": [1, 0, 4]})
    for frame, rejected in ((health, 5), (health.head(2), None)):
        view = ScreenView(ScreenMoment(city, picture.updated(NOW, health=frame), NOW), ("traffic",))
        assert FlowTile(**PLACE).read(view)["rejected"] == rejected


EVENT = {
    "id": "a",
    "received_at": NOW,
    "occurred_at": NOW,
    "theme": "traffic",
    "kind": "accident",
    "department": "police",
    "feed": "radar",
    "area": "150302001",
    "severity": 3,
    "value": None,
    "subject": "",
    "text": '<script>alert("x")</script>' + "长" * 100,
    "origin": "simulated",
    "lon": 106.8,
    "lat": 39.6,
}


def test_event_list_when_text_is_long_then_it_is_cut_and_left_as_it_is(city: City) -> None:
    picture = StorePicture().updated(NOW, events={"traffic": [EVENT], "services": [EVENT]})
    (row,) = EventList(**PLACE).read(ScreenView(ScreenMoment(city, picture, NOW), ("traffic",)))[
        "events"
    ]
    assert row["text"].startswith('<script>alert("x")</script>长')
    assert len(row["text"]) == 80
    assert (row["at"], row["origin"]) == (millis(NOW), "simulated")


def test_events_when_themes_mix_then_each_has_its_share(city: City) -> None:
    flood = [EVENT | {"id": str(n)} for n in range(30)]
    calm = [EVENT | {"id": "calm", "theme": "governance"}]
    picture = StorePicture().updated(NOW, events={"traffic": flood, "governance": calm})
    events = ScreenView(ScreenMoment(city, picture, NOW), ("governance", "traffic")).events(20)
    assert [event["theme"] for event in events].count("traffic") == 6
    assert "calm" in {event["id"] for event in events}


def every_tile() -> list[tuple[str, Tile]]:
    screens = find_screens()
    return [(f"{name}.{t.id}", t) for name, screen in screens.items() for t in screen.tiles]


@pytest.mark.parametrize(
    "tile", [tile for _, tile in every_tile()], ids=[n for n, _ in every_tile()]
)
def test_every_tile_when_nothing_was_ever_read_then_it_says_none(tile: Tile, city: City) -> None:
    view = ScreenView(
        ScreenMoment(city, StorePicture(), NOW),
        ("city_management", "governance", "services", "traffic"),
    )
    assert tile.snapshot(view)["fresh"]["state"] == "none"


@pytest.mark.parametrize(
    "tile", [tile for _, tile in every_tile()], ids=[n for n, _ in every_tile()]
)
def test_every_tile_when_only_what_it_asks_for_was_read_then_it_shows_the_same(
    tile: Tile, city: City, picture: StorePicture
) -> None:
    asked = {query.name for query in (*BASE, *tile.queries)}
    alone = replace(picture, frames={n: f for n, f in picture.frames.items() if n in asked})
    whole, least = (
        ScreenView(ScreenMoment(city, one, NOW), ("governance", "traffic"))
        for one in (picture, alone)
    )
    assert tile.snapshot(least) == tile.snapshot(whole)


def test_marks_when_origins_mix_then_their_share_of_today(view: ScreenView) -> None:
    assert view.freshness.marks == {"simulated": pytest.approx(9 / 19, abs=1e-4)}
