"""The wall says one thing: whatever came, each figure of a screen is of the same events.

Random events of every class, origin, feed and day go through the real tables; the snapshots of all
screens must then agree with a recount in plain Python, and with each other.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from citybrain.city import City, load_city
from citybrain.floor.clock import ManualClock, SystemClock, millis
from citybrain.floor.event_columns import COLUMNS as EVENT_COLUMNS
from citybrain.floor.settings import Settings
from citybrain.floor.store import connect
from dashboards.wall.city_days import midnight, minute_of
from dashboards.wall.population import MATTERS, READINGS_TAKEN
from dashboards.wall.screen import find_screens, queries_of
from dashboards.wall.store_reader import StoreReader
from dashboards.wall.wall_live import Live
from sinks.migrations import Dialect, migrate
from sinks.table import find_tables, rollups_of
from tests.conftest import REPOSITORY

pytestmark = pytest.mark.services

ZONE = ZoneInfo("Asia/Shanghai")
NOW = SystemClock().now().replace(microsecond=0)  # rows expire by the store's own clock
MIDNIGHT = midnight(NOW, ZONE)
DAY = timedelta(days=1)
SCREENS = find_screens()
KINDS = {
    "accident": "traffic",
    "traffic_speed": "traffic",
    "exposed_rubbish": "city_management",
    "pm25": "city_management",
    "earthquake": "city_management",
    "police_call": "governance",
    "hotline_request": "services",
    "of_no_catalogue": "services",
}
READINGS = {"traffic_speed", "pm25"}
"""Those of `KINDS` that are readings; an earthquake has a unit, and is a matter all the same."""


@dataclass(frozen=True)
class Sent:
    """An event as it is sent; `at_s` are seconds of its day, `back` says which before today."""

    kind: str
    feed: str
    origin: str
    area: str
    severity: int
    back: int
    at_s: int

    @property
    def occurred_at(self) -> datetime:
        """The instant, within what has passed of its day."""
        passed = int((NOW - MIDNIGHT).total_seconds())
        at = timedelta(seconds=self.at_s % max(1, passed) if self.back == 0 else self.at_s)
        return MIDNIGHT - self.back * DAY + at

    @property
    def theme(self) -> str:
        """The theme of its kind."""
        return KINDS[self.kind]

    @property
    def counts(self) -> bool:
        """Whether any figure counts it."""
        return self.origin != "exercise"

    def row(self) -> list[object]:
        """Return it as a row of `events`."""
        given: dict[str, object] = {
            "event_id": uuid.uuid4(),
            "feed": self.feed,
            "department": "police" if self.feed == "old" else "works",
            "theme": self.theme,
            "kind": self.kind,
            "occurred_at": self.occurred_at,
            "received_at": self.occurred_at,
            "area": self.area,
            "lon": None,
            "lat": None,
            "severity": self.severity,
            "value": 4.0 if self.kind in READINGS or self.kind == "earthquake" else None,
            "subject": "",
            "text": "",
            "attrs": {},
            "origin": self.origin,
            "kafka_partition": 0,
            "kafka_offset": 0,
            "kafka_row": 0,
        }
        return [given[name] for name in COLUMNS]


QUICK = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    # Making an example smaller asks the store hundreds of times; the first one tells enough.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
COLUMNS = [one.name for one in EVENT_COLUMNS if not one.step]
COLUMNS += ["kafka_partition", "kafka_offset", "kafka_row"]
EVENTS = st.builds(
    Sent,
    kind=st.sampled_from(sorted(KINDS)),
    feed=st.sampled_from(["old", "new", "drills"]),
    origin=st.sampled_from(["live", "replay", "simulated", "exercise"]),
    area=st.sampled_from(["", "150302", "150303001", "150302001003"]),
    severity=st.integers(0, 4),
    back=st.sampled_from([0, 0, 0, 1, 2, 8]),
    at_s=st.integers(0, 86_399),
)


@pytest.fixture(scope="module")
def city() -> City:
    """Wuhai: its catalogue says what a reading is."""
    return load_city(REPOSITORY / "cities" / "wuhai")


@pytest.fixture(scope="module")
def client(store_settings: Settings) -> Iterator[Client]:
    with connect(store_settings) as client:
        migrate(client, find_tables(), Dialect("Asia/Shanghai"))
        yield client


def shown(
    client: Client, store_settings: Settings, city: City, events: list[Sent]
) -> dict[str, dict[str, Any]]:
    """Return the tiles' data of every screen, once the store holds `events` and nothing else."""
    for table in ("events", *(one.name for one in rollups_of(find_tables(), "events"))):
        client.command(f"TRUNCATE TABLE {table}")
    if events:
        client.insert("events", [event.row() for event in events], column_names=COLUMNS)
    reader = StoreReader(lambda: connect(store_settings), ZONE, queries_of(SCREENS), city.readings)
    reader.read_pulse(NOW)
    reader.read_base(NOW)
    reader.read_slow(NOW)
    live = Live(city, SCREENS, reader, ManualClock(NOW))
    return {
        name: {tile: part["data"] for tile, part in live.snapshot(name, NOW)["tiles"].items()}
        for name in SCREENS
    }


def of(events: list[Sent], themes: tuple[str, ...], *, readings: bool = False) -> list[Sent]:
    """Return what of `events` a screen counts today."""
    return [
        event
        for event in events
        if event.counts
        and event.back == 0
        and event.theme in themes
        and (event.kind in READINGS) == readings
    ]


@settings(QUICK, max_examples=15)
@given(events=st.lists(EVENTS, max_size=40))
def test_screens_when_anything_came_then_every_figure_counts_the_same_events(
    client: Client, store_settings: Settings, city: City, events: list[Sent]
) -> None:
    for name, tiles in shown(client, store_settings, city, events).items():
        themes = SCREENS[name].themes
        matters, readings = of(events, themes), of(events, themes, readings=True)
        count, trend, days = tiles["count"], tiles["trend"], tiles["days"]
        assert (count["matters"], count["readings"]) == (len(matters), len(readings))
        assert count["severe"] == sum(event.severity >= 3 for event in matters)
        assert sum(trend["now"]) + trend["filling"] == len(matters)
        assert tiles["departments"]["total"] == tiles["areas"]["total"] == len(matters)
        placed = sum(row[1] for row in tiles["areas"]["rows"])
        assert placed + tiles["areas"]["unplaced"] == len(matters)
        assert sum(row[1] for row in tiles["departments"]["rows"]) == len(matters)
        assert sum(tiles["map"]["areas"].values()) + tiles["map"]["unplaced"] == len(matters)
        assert sum(tiles["severity"]["levels"]) == len(matters)
        assert tiles["severity"]["severe"] == count["severe"]
        minute = minute_of(NOW)
        until = [event for event in matters if event.occurred_at < minute]
        assert (days["rows"] or [[0, 0, 0]])[-1][1] == len(until)
        if "mix" in tiles:
            assert tiles["mix"]["total"] == len(matters)


@settings(QUICK, max_examples=10)
@given(events=st.lists(EVENTS, min_size=1, max_size=40))
def test_overall_when_anything_came_then_its_cards_and_screens_add_up_to_it(
    client: Client, store_settings: Settings, city: City, events: list[Sent]
) -> None:
    found = shown(client, store_settings, city, events)
    overall = found.pop("overall")
    for figure in ("matters", "readings", "severe"):
        cards = [tile for name, tile in overall.items() if name.startswith("theme_")]
        assert sum(card[figure] for card in cards) == overall["count"][figure]
        assert sum(one["count"][figure] for one in found.values()) == overall["count"][figure]


@settings(QUICK, max_examples=15)
@given(events=st.lists(EVENTS, min_size=1, max_size=40))
def test_comparison_when_anything_came_then_only_feeds_of_both_days_are_in_it(
    client: Client, store_settings: Settings, city: City, events: list[Sent]
) -> None:
    counter = shown(client, store_settings, city, events)["overall"]["count"]
    mine = [event for event in events if event.counts]
    days: dict[int, set[str]] = {
        back: {event.feed for event in mine if event.back == back} for back in (0, 1)
    }
    began = {
        feed: min(event.occurred_at for event in events if event.feed == feed).replace(
            minute=0, second=0
        )
        for feed in days[0] & days[1]
    }
    both = {feed for feed, at in began.items() if at <= MIDNIGHT - DAY}
    ends = {0: minute_of(NOW), 1: minute_of(NOW) - DAY}
    counted = Counter(
        event.back
        for event in mine
        if event.back in ends
        and event.feed in both
        and event.kind not in READINGS
        and event.occurred_at < ends[event.back]
    )
    assert counter["until"] == millis(minute_of(NOW))
    pair = counter["yesterday"]
    assert (pair is not None) == bool(counted)
    if pair:
        assert (pair["now"], pair["before"]) == (counted[0], counted[1])


def test_classes_when_the_catalogue_is_asked_then_each_kind_is_of_one(city: City) -> None:
    for kind in city.kinds:
        counted = [one for one in (MATTERS, READINGS_TAKEN) if one.counts(kind, city.readings)]
        assert len(counted) == 1
    assert city.readings & set(KINDS) == READINGS
