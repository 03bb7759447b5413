"""Where the city is, and what is no place of it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from citybrain.city import load_city
from citybrain.city.city_box import WORLD, city_box
from citybrain.floor.errors import ConfigError
from tests.fakes import make_city
from tests.repository import WUHAI


def holds(lon: float, lat: float) -> bool:
    return bool(city_box(load_city(WUHAI)).holds(np.array([lon]), np.array([lat]))[0])


@pytest.mark.parametrize(
    ("lon", "lat"),
    [(106.81, 39.67), (106.8143, 39.6557), (106.60594, 39.03631), (106.5, 39.6)],
    ids=["a street", "an office's own position", "the city's corner", "just outside"],
)
def test_city_box_when_in_the_city_or_near_it_then_it_is_a_place(lon: float, lat: float) -> None:
    assert holds(lon, lat)


@pytest.mark.parametrize(
    ("lon", "lat"),
    [
        (0.0, 0.0),
        (-0.0, 0.0),
        (0.0, 39.67),
        (106.81, 0.0),
        (39.67, 106.81),
        (-106.81, 39.67),
        (106.81, -39.67),
        (116.4, 39.9),
        (1e308, 1e308),
        (np.inf, 39.67),
        (np.nan, np.nan),
        (106.81, np.nan),
        (1.0, 1.0),
    ],
)
def test_city_box_when_elsewhere_then_it_is_no_place(lon: float, lat: float) -> None:
    assert not holds(lon, lat)


def test_city_box_when_the_margin_is_given_then_it_is_that_wide(tmp_path: Path) -> None:
    square = [[[6.0, 60.0], [7.0, 60.0], [7.0, 61.0], [6.0, 60.0]]]
    geometry = {"type": "Polygon", "coordinates": square}
    geo = tmp_path / "square.geojson"
    geo.write_text(json.dumps({"features": [{"geometry": geometry}]}), "utf-8")

    box = city_box(replace(make_city(geo=geo), margin_km=111.32))

    assert (box.south, box.north) == pytest.approx((59.0, 62.0))
    assert (box.west, box.east) == pytest.approx((6 - 2.13, 7 + 2.13), abs=0.01)


def test_city_box_when_there_are_no_polygons_then_all_but_0_0_is_a_place(tmp_path: Path) -> None:
    geo = tmp_path / "none.geojson"
    geo.write_text('{"features": []}', "utf-8")

    assert city_box(make_city(geo=geo)) == WORLD
    assert WORLD.holds(np.array([0.0, 10.0]), np.array([0.0, 0.0])).tolist() == [False, True]


def test_margin_when_impossible_then_the_city_is_refused(tmp_path: Path) -> None:
    text = (WUHAI / "city.yaml").read_text("utf-8")
    for part in WUHAI.iterdir():
        if part.name != "city.yaml":
            (tmp_path / part.name).symlink_to(part)
    (tmp_path / "city.yaml").write_text(f"margin_km: -1\n{text}", "utf-8")

    with pytest.raises(ConfigError, match="margin_km: -1 is impossible; give 0 to 1000"):
        load_city(tmp_path)
