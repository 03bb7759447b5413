"""Find the area of an event: by its code, or by where it lies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry import shape

from citybrain.city.records import City
from connectors.mapping.coordinates import Floats
from connectors.mapping.distinct_words import DistinctWords

LEVELS = (15, 12, 9, 6)


def known_area(code: str, city: City) -> str | None:
    """Return the smallest area of `city` that `code` lies in; None if there is none.

    A grid cell or community that the city's tree does not list counts for its street, an unknown
    street for its district: an event is worth more than its last digits.
    """
    if not (code.isascii() and code.isdigit()):
        return None
    if code in city.areas:
        return code
    return next(
        (code[:size] for size in LEVELS if size < len(code) and code[:size] in city.areas), None
    )


class Locator:
    """Looks points up in the city's polygons."""

    def __init__(self, geo: Path) -> None:
        """Read the polygons of the GeoJSON file `geo`; each has an area code."""
        features = json.loads(geo.read_text(encoding="utf-8"))["features"]
        self._codes = [str(feature["properties"]["code"]) for feature in features]
        self._shapes = [shape(feature["geometry"]) for feature in features]
        shapely.prepare(self._shapes)

    def locate(self, lon: Floats, lat: Floats) -> DistinctWords:
        """Return the area of each point, "" outside of all and where a coordinate is NaN.

        A point on a border belongs to the first polygon of the file that touches it.
        """
        codes = np.zeros(len(lon), np.int32)
        for index in reversed(range(len(self._shapes))):
            codes[shapely.intersects_xy(self._shapes[index], lon, lat)] = index + 1
        return DistinctWords(["", *self._codes], codes, np.empty(0, np.int64))
