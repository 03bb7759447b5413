"""One place, one incident: open alerts of one theme at one place belong together.

The same place is the same street, or less than `NEAR_M` metres apart where both have positions.
The first alert gives the incident its id. Grouping happens when an alert opens, so that an alert
that a person split off stays apart.
"""

from __future__ import annotations

import math

from citybrain.alerts.records import Alert

NEAR_M = 300.0
_CELL_DEG = 0.005
_STREET = 9
_METRES_A_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6,371 km."""
Place = tuple[str, str]
Cell = tuple[str, int, int]


class Incidents:
    """Where the open alerts are."""

    def __init__(self) -> None:
        """Start with none."""
        self._streets: dict[Place, dict[str, str]] = {}
        self._cells: dict[Cell, dict[str, tuple[str, float, float]]] = {}

    def add(self, alert: Alert) -> None:
        """Take note of an open alert and of its incident."""
        episode = alert.episode
        if len(episode.area) >= _STREET:
            place = (episode.theme, episode.area[:_STREET])
            self._streets.setdefault(place, {})[alert.id] = alert.incident
        if episode.lon is not None and episode.lat is not None:
            spot = (alert.incident, episode.lon, episode.lat)
            cell = _cell(episode.theme, episode.lon, episode.lat)
            self._cells.setdefault(cell, {})[alert.id] = spot

    def drop(self, alert: Alert) -> None:
        """Forget an alert that is closed."""
        episode = alert.episode
        place = (episode.theme, episode.area[:_STREET])
        self._streets.get(place, {}).pop(alert.id, None)
        if episode.lon is not None and episode.lat is not None:
            cell = _cell(episode.theme, episode.lon, episode.lat)
            self._cells.get(cell, {}).pop(alert.id, None)

    def of(self, alert: Alert) -> str:
        """Return the incident that `alert` belongs to: one at its place, or its own."""
        return self._near(alert) or self._in_street(alert) or alert.id

    def _in_street(self, alert: Alert) -> str:
        episode = alert.episode
        if len(episode.area) < _STREET:
            return ""
        found = self._streets.get((episode.theme, episode.area[:_STREET]), {})
        return next(iter(found.values()), "")

    def _near(self, alert: Alert) -> str:
        episode = alert.episode
        if episode.lon is None or episode.lat is None:
            return ""
        theme, column, row = _cell(episode.theme, episode.lon, episode.lat)
        for x in (column - 1, column, column + 1):
            for y in (row - 1, row, row + 1):
                for incident, lon, lat in self._cells.get((theme, x, y), {}).values():
                    if metres(episode.lon, episode.lat, lon, lat) <= NEAR_M:
                        return incident
        return ""


def metres(lon: float, lat: float, other_lon: float, other_lat: float) -> float:
    """Return the distance of two WGS-84 points; exact enough within a city (equirectangular)."""
    east = (other_lon - lon) * math.cos(math.radians((lat + other_lat) / 2))
    return math.hypot(east, other_lat - lat) * _METRES_A_DEGREE


def _cell(theme: str, lon: float, lat: float) -> Cell:
    return theme, math.floor(lon / _CELL_DEG), math.floor(lat / _CELL_DEG)
