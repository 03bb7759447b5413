"""A small city and a picture of it, made by hand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from playwright.sync_api import Browser, sync_playwright

from citybrain.city import Area, City, Department, EventKind, Feed, Theme
from citybrain.floor.text import Text
from dashboards.wall.store_picture import StorePicture
from tests.acceptance.test_browser import QUIET, chromium
from tests.dashboards.making import Make, make_firing

NOW = datetime(2026, 11, 24, 4, 30, 20, tzinfo=UTC)  # 12:30:20 in Wuhai
MIDNIGHT = datetime(2026, 11, 23, 16, tzinfo=UTC)
THEMES = ("city_management", "governance", "services", "traffic")


def title(text: str) -> Text:
    return Text(f"{text}名", text)


def feed(name: str, kinds: tuple[str, ...], *, origin: str = "live", cadence_s: int = 60) -> Feed:
    return Feed(
        id=name,
        title=title(name),
        department="police",
        source="http_push",
        kinds=kinds,
        mapping={},
        origin=origin,
        cadence_s=cadence_s,
    )


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Two matters and a measure; a feed for traffic, one for governance, one never heard of."""
    geo = tmp_path / "districts.geojson"
    geo.write_text('{"type": "FeatureCollection", "features": []}', encoding="utf-8")
    kinds = [
        EventKind("accident", title("accident"), "traffic", severity=2),
        EventKind("traffic_speed", title("speed"), "traffic", unit="km/h", severity=0),
        EventKind("police_call", title("call"), "governance"),
    ]
    feeds = [
        feed("radar", ("accident", "traffic_speed"), origin="simulated"),
        feed("calls", ("police_call",)),
        feed("counters", ("traffic_speed",)),
    ]
    areas = {"150302": "Haibowan", "150302001": "Fenghuangling", "150303": "Hainan"}
    return City(
        id="wuhai",
        title=Text("乌海市", "Wuhai"),
        time_zone="Asia/Shanghai",
        folder=tmp_path,
        themes={name: Theme(name, title(name)) for name in THEMES},
        departments={name: Department(name, title(name)) for name in ("police", "works")},
        kinds={kind.id: kind for kind in kinds},
        areas={code: Area(code, title(name), code[:6]) for code, name in areas.items()},
        feeds={one.id: one for one in feeds},
        geo=geo,
    )


def measured(rows: list[tuple[object, ...]], keys: list[str]) -> pl.DataFrame:
    """Return a frame of `keys` and the measures, which default to what a matter has."""
    measures = ["events", "severe", "values", "sum", "min", "max"]
    kinds = {"events": pl.Int64, "severe": pl.Int64, "values": pl.Int64}
    floats = dict.fromkeys(("sum", "min", "max"), pl.Float64)
    filled = [(*row, *(0, 0, 0.0, None, None)[len(row) - len(keys) - 1 :]) for row in rows]
    frame = pl.DataFrame(filled, keys + measures, orient="row", schema_overrides=kinds | floats)
    return frame.with_columns(
        minor=pl.lit(0), moderate=pl.col("events") - pl.col("severe"), extreme=pl.col("severe") // 2
    )


@pytest.fixture
def picture() -> StorePicture:
    """What the store may say at `NOW`."""
    today = measured(
        [
            ("traffic", "accident", "police", "radar", "150302001", "simulated", 6, 2),
            ("traffic", "accident", "works", "radar", "150303", "simulated", 3, 1),
            (
                "traffic",
                "traffic_speed",
                "police",
                "counters",
                "",
                "live",
                10,
                1,
                10,
                400.0,
                20.0,
                60.0,
            ),
            ("governance", "police_call", "police", "calls", "150302001", "live", 1),
        ],
        ["theme", "kind", "department", "feed", "area", "origin"],
    )
    minute = NOW.replace(second=0)
    readings = measured(
        [
            (minute - timedelta(minutes=9), "traffic", "traffic_speed", 4, 0, 4, 200.0, 40.0, 60.0),
            (minute - timedelta(minutes=2), "traffic", "traffic_speed", 2, 0, 2, 60.0, 28.0, 32.0),
        ],
        ["minute", "theme", "kind"],
    )
    minutes = pl.DataFrame(
        {
            "minute": [minute - timedelta(minutes=back) for back in (60, 1, 1)],
            "theme": ["traffic"] * 3,
            "reading": [False, False, True],
            "events": [5, 7, 90],
        }
    )
    pulse = pl.DataFrame(
        {
            "theme": ["traffic", "traffic", "governance"],
            "kind": ["accident", "traffic_speed", "police_call"],
            "feed": ["radar", "counters", "calls"],
            "origin": ["simulated", "live", "live"],
            "events": [9, 10, 1],
        }
    )
    totals = pl.DataFrame(
        {
            "feed": ["radar", "calls"],
            "events": [900, 100],
            "received_at": [NOW - timedelta(seconds=1), NOW - timedelta(hours=2)],
            "occurred_at": [NOW - timedelta(seconds=3), NOW - timedelta(hours=2)],
            "began_at": [NOW - timedelta(days=30), NOW - timedelta(days=30)],
        }
    )
    same_time = pl.DataFrame(
        {
            "day": [1, 2, 3, 1, 1],
            "theme": ["traffic", "traffic", "traffic", "governance", "traffic"],
            "reading": [False, False, False, False, True],
            "feed": ["radar", "radar", "radar", "calls", "counters"],
            "events": [9, 10, 20, 1, 10],
        }
    )
    delivered = pl.DataFrame(
        {
            "day": [1, 2, 3, 1, 1],
            "starts_at": [MIDNIGHT - timedelta(days=back) for back in (0, 1, 2, 0, 0)],
            "feed": ["radar", "radar", "radar", "calls", "counters"],
        }
    )
    return StorePicture().updated(
        NOW,
        pulse=pulse,
        today=today,
        readings=readings,
        minutes=minutes,
        totals=totals,
        same_time=same_time,
        delivered=delivered,
    )


@pytest.fixture
def make() -> Make:
    """Return a maker of firing alerts: fields of the alert, and of its episode after ``e_``."""
    return make_firing


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a browser."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        yield browser
        browser.close()
