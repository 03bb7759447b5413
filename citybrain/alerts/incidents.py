"""One place, one cause, one incident: open alerts that belong together.

Two alerts share a *cause* where they are of one rule, of one hazard (a rule's label), of one kind
of event, about one subject, or rest on the same event; a theme and a street alone say nothing, for
one theme holds dozens of kinds. The same place is less than `NEAR_M` metres apart where both have
positions, else the same street. The alert that opened first there says which incident it is; it
gives it its id. What is of another origin is of another incident, until a person merges the two.

Grouping happens when an alert opens, so what a person merged or split stays so: an alert that was
split off has an incident of its own kind (`apart`), which no other alert joins by itself.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterator
from datetime import datetime

from citybrain.alerts.records import Alert, Episode

NEAR_M = 300.0
HAZARD = "hazard"
"""Label of a rule that says what threatens, for rules that watch one danger in several ways."""
_CELL_DEG = 0.005
_STREET = 9
_APART = "~"
_METRES_A_DEGREE = 111_195.0
"""Of latitude, on a sphere of 6,371 km."""
Cause = tuple[str, str, str, str]
Spot = tuple[str | int, ...]
Age = tuple[datetime, str]


class Incidents:
    """Where the open alerts are. What it answers depends on what is open, not on its history."""

    def __init__(self) -> None:
        """Start with none."""
        self._alerts: dict[str, Alert] = {}
        self._streets: dict[Spot, _FirstOpened] = {}
        self._cells: dict[Spot, _FirstOpened] = {}

    def add(self, alert: Alert) -> None:
        """Take note of an open alert, or of its new incident."""
        known = self._alerts.get(alert.id)
        if is_apart(alert.incident) or (known and known.episode is not alert.episode):
            self.drop(alert)
        if is_apart(alert.incident):
            return
        self._alerts[alert.id] = alert
        for index, spot in self._spots(alert):
            index.setdefault(spot, _FirstOpened()).add(alert)

    def drop(self, alert: Alert) -> None:
        """Forget an alert that is closed."""
        known = self._alerts.pop(alert.id, None)
        for index, spot in self._spots(known) if known is not None else ():
            if spot in index and not index[spot].drop(known or alert):
                del index[spot]

    def of(self, alert: Alert) -> str:
        """Return the incident that `alert` belongs to: one of its place and cause, or its own."""
        found = self._near(alert) or self._in_street(alert)
        return found.incident if found else alert.id

    def _in_street(self, alert: Alert) -> Alert | None:
        street = _street(alert.episode)
        spots = ((street, *cause) for cause in causes(alert.episode)) if street else ()
        firsts = (next(iter(self._streets[spot]), None) for spot in spots if spot in self._streets)
        return min((one for one in firsts if one), key=_age, default=None)

    def _near(self, alert: Alert) -> Alert | None:
        cell = _cell(alert.episode)
        if cell is None:
            return None
        column, row = cell
        found = [
            next((one for one in self._cells[spot] if _apart_m(alert, one) <= NEAR_M), None)
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for cause in causes(alert.episode)
            if (spot := (x, y, *cause)) in self._cells
        ]
        return min((one for one in found if one), key=_age, default=None)

    def _spots(self, alert: Alert) -> Iterator[tuple[dict[Spot, _FirstOpened], Spot]]:
        street, cell = _street(alert.episode), _cell(alert.episode)
        for cause in causes(alert.episode):
            if street:
                yield self._streets, (street, *cause)
            if cell is not None:
                yield self._cells, (*cell, *cause)


class _FirstOpened:
    """The open alerts of one cause at one spot, in the order in which they opened."""

    def __init__(self) -> None:
        self._alerts: dict[str, Alert] = {}
        self._ages: list[Age] = []

    def __iter__(self) -> Iterator[Alert]:
        return (self._alerts[name] for _, name in self._ages)

    def add(self, alert: Alert) -> None:
        if alert.id not in self._alerts:
            bisect.insort(self._ages, _age(alert))
        self._alerts[alert.id] = alert

    def drop(self, alert: Alert) -> bool:
        """Forget an alert; return whether any is left."""
        if self._alerts.pop(alert.id, None) is not None:
            del self._ages[bisect.bisect_left(self._ages, _age(alert))]
        return bool(self._alerts)


def causes(episode: Episode) -> Iterator[Cause]:
    """Yield what an episode can share with another one of the same place, and of the same world.

    Kinds count where there is one alone: an alert about many of them would gather what has nothing
    to do with each other.
    """
    world, theme = episode.world, episode.theme
    yield world, "rule", theme, episode.rule
    if hazard := episode.labels.get(HAZARD):
        yield world, HAZARD, "", hazard
    if len(episode.kinds) == 1:
        yield world, "kind", "", episode.kinds[0]
    if episode.subject:
        yield world, "subject", theme, episode.subject
    for event in episode.evidence.events:
        yield world, "event", "", event


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


def _street(episode: Episode) -> str:
    return episode.area[:_STREET] if len(episode.area) >= _STREET else ""


def _cell(episode: Episode) -> tuple[int, int] | None:
    if episode.lon is None or episode.lat is None:
        return None
    return math.floor(episode.lon / _CELL_DEG), math.floor(episode.lat / _CELL_DEG)
