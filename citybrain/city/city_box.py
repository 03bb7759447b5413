"""Where the city is: a position outside of it is none.

Forms without GPS send 0, 0, and swapped or broken coordinates lie on other continents; all of them
would be near each other. What is around the city's polygons, by a margin, is the city's; a rule, a
map or an incident sees nothing else. The default position of an office lies in the city, and stays.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from citybrain.city.records import City

DEGREE_KM = 111.32
_MOST_LAT = 89.0
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class CityBox:
    """West, south, east and north of the city, degrees (WGS-84)."""

    west: float = -180.0
    south: float = -90.0
    east: float = 180.0
    north: float = 90.0

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


@functools.lru_cache(maxsize=64)
def _box_of(geo: Path, margin_km: float) -> CityBox:
    if not geo.is_file():
        return WORLD
    features = json.loads(geo.read_text(encoding="utf-8"))["features"]
    points = [point for one in features for point in _points(one["geometry"]["coordinates"])]
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
