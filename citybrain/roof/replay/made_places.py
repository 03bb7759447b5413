"""Where made-up events and stations lie: around the streets, inside their district's outline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import shape

from citybrain.city.records import City
from citybrain.roof.replay.simulation_plan import MadePlace, SimulationPlan

Numbers = npt.NDArray[np.float64]

_KM_PER_DEGREE = 111.2
_DISTRICT_DIGITS = 6
_TRIES = 8


@dataclass(frozen=True)
class Spread:
    """The streets of one feed, with their shares of its events.

    Attributes:
        codes: area codes.
        names: their names (zh).
        shares: probabilities, together 1.
        places: their middles and scatter.
        outlines: district code → polygon.
    """

    codes: npt.NDArray[np.str_]
    names: npt.NDArray[np.str_]
    shares: Numbers
    places: tuple[MadePlace, ...]
    outlines: Mapping[str, shapely.Geometry]

    def draw(
        self, random: np.random.Generator, size: int
    ) -> tuple[npt.NDArray[np.int64], Numbers, Numbers]:
        """Return streets (indexes), longitudes and latitudes of `size` places."""
        streets = random.choice(len(self.codes), size, p=self.shares)
        scatter = random.standard_normal((2, size)) / _KM_PER_DEGREE
        lon, lat, spread_km = self._middles[:, streets]
        east = scatter[0] * spread_km / np.cos(np.radians(lat))
        north = scatter[1] * spread_km
        for _ in range(_TRIES):
            outside = ~self._inside(streets, lon + east, lat + north)
            if not outside.any():
                break
            east[outside], north[outside] = east[outside] / 2, north[outside] / 2
        return streets, (lon + east).round(6), (lat + north).round(6)

    @cached_property
    def _middles(self) -> Numbers:
        return np.array([(place.lon, place.lat, place.spread_km) for place in self.places]).T

    @cached_property
    def _districts(self) -> npt.NDArray[np.str_]:
        return np.array([code[:_DISTRICT_DIGITS] for code in self.codes])

    def _inside(
        self, streets: npt.NDArray[np.int64], lon: Numbers, lat: Numbers
    ) -> npt.NDArray[np.bool_]:
        found = np.zeros(len(lon), dtype=bool)
        districts = self._districts[streets]
        for code in set(districts.tolist()):
            rows = districts == code
            found[rows] = shapely.contains_xy(self.outlines[code], lon[rows], lat[rows])
        return found


def read_outlines(geo: Path) -> dict[str, shapely.Geometry]:
    """Return the polygons of a city's GeoJSON by area code, made fast to ask."""
    outlines = {
        feature["properties"]["code"]: shape(feature["geometry"])
        for feature in json.loads(geo.read_text("utf-8"))["features"]
    }
    for outline in outlines.values():
        shapely.prepare(outline)
    return outlines


def spread(
    city: City, plan: SimulationPlan, within: str, outlines: Mapping[str, shapely.Geometry]
) -> Spread:
    """Return the streets of `plan` that lie within an area ("": the whole city)."""
    places = {code: place for code, place in plan.places.items() if code.startswith(within)}
    weights = np.array([place.weight for place in places.values()])
    return Spread(
        codes=np.array(list(places)),
        names=np.array([city.areas[code].title.zh for code in places]),
        shares=weights / weights.sum(),
        places=tuple(places.values()),
        outlines=outlines,
    )
