"""Where the city is: a position outside of it is none.

Forms without GPS send 0, 0, and swapped or broken coordinates lie on other continents; all of them
would be near each other. What is around the city's polygons, by a margin, is the city's; a rule, a
map or an incident sees nothing else. The default position of an office lies in the city, and stays.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from citybrain.city.records import City

DEGREE_KM = 111.32
FAR_KM = 10.0
"""How far from the box of its area a position may be: districts are wide, and borders are fuzzy."""
_MOST_LAT = 89.0
_CODE_DIGITS = (15, 12, 9, 6)
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CityBox:
    """West, south, east and north of the city, degrees (WGS-84)."""

    west: float = -180.0
    south: float = -90.0
    east: float = 180.0
    north: float = 90.0

    @property
    def known(self) -> bool:
        """Whether it is known where the city is."""
        return self != WORLD

    def holds(self, lon: Floats, lat: Floats) -> npt.NDArray[np.bool_]:
        """Return which points are in the city; 0, 0 and what is no number never are."""
        inside = (lon >= self.west) & (lon <= self.east)
        inside &= (lat >= self.south) & (lat <= self.north)
        return np.asarray(inside & ((lon != 0) | (lat != 0)))


WORLD = CityBox()


def city_box(city: City) -> CityBox:
    """Return the box around the polygons of `city`, by its margin; the world where it has none.

    Raises:
        OSError, ValueError: the GeoJSON cannot be read; `load_city` would have said so.
    """
    return _box_of(city.geo, city.margin_km)


class AreaBoxes:
    """Where the areas of a city are: the boxes around their polygons, by a margin.

    An area without a polygon lies in the smallest area around it that has one.
    """

    def __init__(self, geo: Path, margin_km: float) -> None:
        """Read the polygons of the GeoJSON file `geo`; without it every place fits every area.

        Raises:
            OSError, ValueError: it cannot be read; `load_city` would have said so.
        """
        self._boxes: dict[str, CityBox] = {}
        self._sides: dict[str, tuple[float, ...]] = {}  # as many as areas: words are checked before
        if geo.is_file():
            features = json.loads(geo.read_text(encoding="utf-8"))["features"]
            for one in features:
                found = _around(_points(one["geometry"]["coordinates"]), margin_km)
                self._boxes[str(one["properties"]["code"])] = found

    def of(self, area: str) -> CityBox:
        """Return the box of an area, by its code; the world where it is not known."""
        codes = (area[:digits] for digits in (len(area), *_CODE_DIGITS) if digits <= len(area))
        return next((self._boxes[code] for code in codes if code in self._boxes), WORLD)

    def are_far(
        self, areas: Sequence[str], codes: npt.NDArray[np.int32], lon: Floats, lat: Floats
    ) -> npt.NDArray[np.bool_]:
        """Say of each point whether it lies outside of the box of its area.

        Args:
            areas: the different codes of areas.
            codes: point → index in `areas`.
            lon: degrees (WGS-84), NaN where there is none.
            lat: the same.
        """
        if not self._boxes:
            return np.zeros(len(lon), np.bool_)
        known = self._sides
        for area in areas:
            if area not in known:
                known[area] = astuple(self.of(area))
        sides = np.array([known[area] for area in areas])
        places = codes.astype(np.intp)
        west, south, east, north = (sides[:, side].take(places) for side in range(4))
        return np.asarray((lon < west) | (lon > east) | (lat < south) | (lat > north))


def area_boxes(city: City) -> AreaBoxes:
    """Return where the areas of `city` are, by a margin of `FAR_KM`."""
    return _areas_of(city.geo)


@functools.lru_cache(maxsize=64)
def _areas_of(geo: Path) -> AreaBoxes:
    return AreaBoxes(geo, FAR_KM)


@functools.lru_cache(maxsize=64)
def _box_of(geo: Path, margin_km: float) -> CityBox:
    if not geo.is_file():
        return WORLD
    features = json.loads(geo.read_text(encoding="utf-8"))["features"]
    return _around(
        (point for one in features for point in _points(one["geometry"]["coordinates"])), margin_km
    )


def _around(found: Iterable[tuple[float, float]], margin_km: float) -> CityBox:
    """Return the box around points, by a margin; the world around none."""
    points = list(found)
    if not points:
        return WORLD
    lons, lats = [lon for lon, _ in points], [lat for _, lat in points]
    high = margin_km / DEGREE_KM
    furthest = min(max(abs(lat) for lat in lats) + high, _MOST_LAT)
    wide = high / math.cos(math.radians(furthest))
    return CityBox(min(lons) - wide, min(lats) - high, max(lons) + wide, max(lats) + high)


def _points(coordinates: Any) -> Iterator[tuple[float, float]]:
    """Yield the points of a GeoJSON geometry's coordinates, however deep they are."""
    if coordinates and isinstance(coordinates[0], (int, float)):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for part in coordinates:
        yield from _points(part)
