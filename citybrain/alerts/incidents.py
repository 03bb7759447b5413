"""One place, one incident: open alerts of one theme at one place belong together.

The same place is less than `NEAR_M` metres apart where both have positions, else the same street.
The alert that opened first at the place says which incident it is; it gives it its id. Grouping
happens when an alert opens, so what a person merged or split stays so: an alert that was split off
has an incident of its own kind (`apart`), which no other alert joins by itself.
"""

from __future__ import annotations

import bisect
import heapq
import math
from collections.abc import Iterator
from datetime import datetime

from citybrain.alerts.records import EXERCISE, Alert

NEAR_M = 300.0
_CELL_DEG = 0.005
_STREET = 9
_APART = "~"
_METRES_A_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6,371 km."""
Place = tuple[str, str]
Cell = tuple[str, int, int]
Age = tuple[datetime, str]


class Incidents:
    """Where the open alerts are. What it answers depends on what is open, not on its history."""

    def __init__(self) -> None:
        """Start with none."""
        self._streets: dict[Place, _Street] = {}
        self._cells: dict[Cell, _Square] = {}

    def add(self, alert: Alert) -> None:
        """Take note of an open alert, or of its new incident."""
        if is_apart(alert.incident):
            self.drop(alert)
            return
        if (place := _place(alert)) is not None:
            self._streets.setdefault(place, _Street()).add(alert)
        if (cell := _cell_of(alert)) is not None:
            self._cells.setdefault(cell, _Square()).add(alert)

    def drop(self, alert: Alert) -> None:
        """Forget an alert that is closed."""
        place, cell = _place(alert), _cell_of(alert)
        if place in self._streets and not self._streets[place].drop(alert.id):
            del self._streets[place]
        if cell in self._cells and not self._cells[cell].drop(alert):
            del self._cells[cell]

    def of(self, alert: Alert) -> str:
        """Return the incident that `alert` belongs to: one at its place, or its own."""
        return self._near(alert) or self._in_street(alert) or alert.id

    def _in_street(self, alert: Alert) -> str:
        street = self._streets.get(_place(alert) or ("", ""))
        return street.incident() if street else ""

    def _near(self, alert: Alert) -> str:
        cell = _cell_of(alert)
        if cell is None:
            return ""
        theme, column, row = cell
        squares = [
            self._cells[theme, x, y]
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            if (theme, x, y) in self._cells
        ]
        firsts = (next(square.near(alert), None) for square in squares)
        around = (first for first in firsts if first is not None)
        found = min(around, key=_age, default=None)
        return found.incident if found else ""


class _Street:
    """The open alerts of one theme in one street."""

    def __init__(self) -> None:
        self._incidents: dict[str, str] = {}
        self._oldest: list[Age] = []

    def add(self, alert: Alert) -> None:
        if alert.id not in self._incidents:
            heapq.heappush(self._oldest, _age(alert))
        self._incidents[alert.id] = alert.incident

    def drop(self, name: str) -> bool:
        """Forget an alert; return whether any is left."""
        self._incidents.pop(name, None)
        return bool(self._incidents)

    def incident(self) -> str:
        """Return the incident of the alert that opened first."""
        while self._oldest[0][1] not in self._incidents:
            heapq.heappop(self._oldest)
        return self._incidents[self._oldest[0][1]]


class _Square:
    """The open alerts of one theme in a square of the map, in the order in which they opened."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._ages: list[Age] = []

    def add(self, alert: Alert) -> None:
        if alert.id not in self._alerts:
            bisect.insort(self._ages, _age(alert))
        self._alerts[alert.id] = alert

    def drop(self, alert: Alert) -> bool:
        """Forget an alert; return whether any is left."""
        known = self._alerts.pop(alert.id, None)
        if known is not None:
            del self._ages[bisect.bisect_left(self._ages, _age(known))]
        return bool(self._alerts)

    def near(self, alert: Alert) -> Iterator[Alert]:
        """Yield those that are at the place of `alert`."""
        for _, name in self._ages:
            if _apart_m(alert, self._alerts[name]) <= NEAR_M:
                yield self._alerts[name]


def apart(alert: Alert) -> str:
    """Return the incident of `alert` alone after somebody split it off."""
    return f"{alert.id}{_APART}{alert.version + 1}"


def is_apart(incident: str) -> bool:
    """Return whether `incident` was made by a split."""
    return _APART in incident


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the distance of two WGS-84 points; exact enough within a city (equirectangular)."""
    east = (other_lon - lon) * math.cos(math.radians((lat + other_lat) / 2))
    return math.hypot(east, other_lat - lat) * _METRES_A_DEGREE


def _age(alert: Alert) -> Age:
    return alert.opened_at, alert.id


def _apart_m(alert: Alert, other: Alert) -> float:
    one, two = alert.episode, other.episode
    if one.lon is None or one.lat is None or two.lon is None or two.lat is None:
        return math.inf
    return metres(one.lon, one.lat, two.lon, two.lat)


def _place(alert: Alert) -> Place | None:
    area = alert.episode.area
    return (_theme(alert), area[:_STREET]) if len(area) >= _STREET else None


def _cell_of(alert: Alert) -> Cell | None:
    episode = alert.episode
    if episode.lon is None or episode.lat is None:
        return None
    column, row = math.floor(episode.lon / _CELL_DEG), math.floor(episode.lat / _CELL_DEG)
    return _theme(alert), column, row


def _theme(alert: Alert) -> str:
    """Return the theme; an exercise belongs with no real incident."""
    mark = EXERCISE if alert.episode.exercise else ""
    return f"{alert.episode.theme}{mark}"
