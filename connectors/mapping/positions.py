"""Where events are: degrees as sent to WGS-84, and what becomes of positions that cannot be true.

A position is *zero* (0, 0 of a form without GPS), *outside* of the city's box, *swapped* (it would
be the city's the other way round) or *far* from the area that the row itself states. What follows
is the feed's `places`:

========  =================  =======================  =======================================
places    zero, outside      swapped                  far
========  =================  =======================  =======================================
drop      kept without       refused                  kept with it: which is wrong is unknown
refuse    refused            refused                  refused
mark      kept without (*)   kept without (*)         kept with it (*)
========  =================  =======================  =======================================

(*) with attributes `place_fault`, one of the words, and `place_sent`, what was sent. Swapped ones
are refused also under ``drop``: once the mapping is corrected, their letters give true positions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citybrain.city.city_box import AreaBoxes, CityBox
from citybrain.city.records import Feed
from connectors.mapping.coordinates import to_wgs84
from connectors.mapping.distinct_words import DistinctWords
from connectors.mapping.fields import Fields
from connectors.mapping.noticed import FAR, OUTSIDE, SWAPPED, ZERO, Noticed, Rows
from connectors.mapping.numbers import Floats

MAX_LON, MAX_LAT = 180.0, 90.0
DROP, REFUSE, MARK = "drop", "refuse", "mark"
FAULT, SENT = "place_fault", "place_sent"
_Why = Callable[[int], str]


@dataclass
class Positions:
    """The positions of a batch.

    Attributes:
        lon, lat: WGS-84, NaN where there is none.
        marks: row → (word, what was sent), of rows that are to be marked.
    """

    lon: Floats
    lat: Floats
    marks: dict[int, tuple[str, str]] = field(default_factory=dict)

    def attributes(self, rows: int) -> dict[str, pa.Array]:
        """Return what marked rows get as attributes, a text a row, null where there is none."""
        if not self.marks:
            return {}
        words: list[str | None] = [None] * rows
        sent: list[str | None] = [None] * rows
        for row, (word, told) in self.marks.items():
            words[row], sent[row] = word, told
        return {FAULT: pa.array(words, pa.utf8()), SENT: pa.array(sent, pa.utf8())}


@dataclass(frozen=True)
class PositionReader:
    """Reads and judges the positions of one feed.

    Attributes:
        feed: the feed.
        city: name of the city, for reasons.
        box: where the city is.
        areas: where its areas are.
    """

    feed: Feed
    city: str
    box: CityBox
    areas: AreaBoxes

    def read(self, fields: Fields, noticed: Noticed) -> Positions:
        """Return the positions of all rows, also those at fault."""
        lon, lat = fields.number("lon"), fields.number("lat")
        if "lon" not in self.feed.mapping:
            return Positions(lon, lat)
        wild = (np.abs(lon) > MAX_LON) | (np.abs(lat) > MAX_LAT)
        half = (np.isnan(lon) != np.isnan(lat)) & ~wild
        if half.any():
            wrong = np.flatnonzero(half & fields.faults.good(len(half)))
            fields.faults.add("lon", wrong, lambda _: "only half of the position is there")
        x, y = lon, lat
        if wild.any():
            x, y = np.where(wild, np.nan, lon), np.where(wild, np.nan, lat)
        east, north = to_wgs84(x, y, self.feed.coordinates)
        there = self.box.holds(east, north) & ((lon != 0) | (lat != 0))
        found = Positions(np.where(there, east, np.nan), np.where(there, north, np.nan))
        odd = np.flatnonzero((~there & ~np.isnan(lon + lat)) | wild)
        if len(odd):
            self._judge(odd, lon, lat, _Judging(fields, noticed, found))
        return found

    def far(self, found: Positions, area: DistinctWords, fields: Fields, noticed: Noticed) -> None:
        """Notice positions that are far from the area that the row states."""
        rows = np.flatnonzero(self.areas.are_far(area.words, area.codes, found.lon, found.lat))
        if len(rows):
            lon, lat = found.lon, found.lat
            self._tell(
                FAR, rows, lon, lat, _Judging(fields, noticed, found),
                lambda row: f"{_pair(lon, lat, row)} is far from the area that the row states",
            )  # fmt: skip

    def _judge(self, odd: Rows, lon: Floats, lat: Floats, at: _Judging) -> None:
        """Say of the `odd` rows what is odd about each."""
        x, y = lon[odd], lat[odd]
        zero = (x == 0) & (y == 0)
        turned = self._swapped(x, y) & ~zero
        high, far_lat = (np.abs(x) > MAX_LON) & ~turned, (np.abs(y) > MAX_LAT) & ~turned
        _beyond(at.fields, "lon", odd[high], lon, MAX_LON)
        _beyond(at.fields, "lat", odd[far_lat], lat, MAX_LAT)
        rest = ~(zero | turned | high | far_lat) & ~np.isnan(x + y)
        self._tell(ZERO, odd[zero], lon, lat, at, lambda _: "0, 0 is no position")
        self._tell(
            SWAPPED, odd[turned], lon, lat, at,
            lambda row: f"{_pair(lon, lat, row)}: longitude and latitude are swapped",
        )  # fmt: skip
        self._tell(
            OUTSIDE, odd[rest], lon, lat, at,
            lambda row: f"{_pair(lon, lat, row)} lies outside of {self.city}",
        )  # fmt: skip

    def _swapped(self, lon: Floats, lat: Floats) -> NDArray[np.bool_]:
        fits = (np.abs(lat) <= MAX_LON) & (np.abs(lon) <= MAX_LAT)
        east, north = to_wgs84(
            np.where(fits, lat, np.nan), np.where(fits, lon, np.nan), self.feed.coordinates
        )
        return self.box.holds(east, north) & self.box.known

    def _tell(
        self, word: str, rows: Rows, lon: Floats, lat: Floats, at: _Judging, why: _Why
    ) -> None:
        """Note that `word` is true of `rows`, and do with them what the feed says."""
        at.noticed.add(word, rows)
        policy = self.feed.places
        if policy == REFUSE or (policy == DROP and word == SWAPPED):
            at.fields.faults.add("lon", rows, why)
        elif policy == MARK:
            at.found.marks |= {int(row): (word, _pair(lon, lat, int(row))) for row in rows}


@dataclass(frozen=True)
class _Judging:
    fields: Fields
    noticed: Noticed
    found: Positions


def _beyond(fields: Fields, column: str, rows: Iterable[int], told: Floats, limit: float) -> None:
    fields.faults.add(
        column, rows, lambda row: f"{told[row]:g} is not between {-limit:g} and {limit:g}"
    )


def _pair(lon: Floats, lat: Floats, row: int) -> str:
    return f"{lon[row]:.10g}, {lat[row]:.10g}"
