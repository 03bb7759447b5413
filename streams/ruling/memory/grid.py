"""A map of events: what is near what, in place and time.

Cells, each at least a radius wide, find what is near. Where very many are at one spot at a time,
a *crowd*, only the first and the last of them are kept. So what is known of a spot is bounded, it
is a function of the set of events whatever order they came in, and no time has too few of them for
any level: it begins with the first of a crowd, or ends with the last of it.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from streams.ruling.intake.rows import Floats, Ints, Truths
from streams.ruling.memory.spotted_events import Event

DEGREE_M = 111_320.0
_WIDEST = 0.5
"""Cosine of 60° of latitude: so far from the equator a cell is as wide as it has to be."""
_SIDE = 0.7
"""Side of a spot in radii: what is at one spot is near each other."""
AT_ONCE = 64
"""Centres around which is counted at once: each against what is about any of them."""
_NEXT = tuple((right, up) for right in (-1, 0, 1) for up in (-1, 0, 1))
_ORDER = operator.attrgetter("order")


class Around(NamedTuple):
    """What is near some centres.

    Attributes:
        centres: their instants.
        times: instants of what is about, in order.
        near: centre, instant → whether that is near.
    """

    centres: Ints
    times: Ints
    near: Truths

    def counts(self, instants: Ints, within_ms: int) -> Ints:
        """Return for each centre how many are near it in the times that end at `instants`.

        A centre counts for as long as it is itself in that time.
        """
        before = np.zeros((len(self.centres), len(self.times) + 1), np.int32)
        np.cumsum(self.near, axis=1, out=before[:, 1:])
        until = before[:, np.searchsorted(self.times, instants, side="right")]
        since = before[:, np.searchsorted(self.times, instants - within_ms, side="right")]
        age = instants - self.centres[:, np.newaxis]
        return np.where((age >= 0) & (age < within_ms), until - since, 0)


@dataclass
class _Cell:
    """The events of one cell in order, and as columns: instant, longitude, latitude, narrow."""

    events: list[Event] = field(default_factory=list)
    columns: Floats = field(default_factory=lambda: np.zeros((4, 0)))

    def add(self, event: Event) -> None:
        at = bisect_left(self.events, event)
        self.events.insert(at, event)
        self.columns = np.insert(self.columns, at, _column(event), axis=1)

    def remove(self, event: Event) -> None:
        at = bisect_left(self.events, event)
        del self.events[at]
        self.columns = np.delete(self.columns, at, axis=1)


class Grid:
    """The events that are known, on the map."""

    def __init__(self, radius_m: float, within_ms: int, most: int) -> None:
        """Call near what is at most `radius_m` metres and less than `within_ms` away.

        Of a crowd the first `most` and the last `most` are kept.
        """
        self._within_ms, self._most = within_ms, most
        self._high = radius_m / DEGREE_M
        self._wide = self._high / _WIDEST
        self._side = self._high * _SIDE
        self._cells: defaultdict[tuple[int, int], _Cell] = defaultdict(_Cell)
        self._crowds: defaultdict[tuple[int, ...], list[Event]] = defaultdict(list)

    def add(self, event: Event) -> Event | None:
        """Put `event` on the map; return the event, maybe itself, that is left out for it."""
        crowd = self._crowds[self._spot(event)]
        insort(crowd, event)
        out = crowd.pop(self._most) if len(crowd) > 2 * self._most else None
        if out is not event:
            self._cells[self._cell(event)].add(event)
            if out is not None:
                self._take(out)
        return out

    def remove(self, event: Event) -> None:
        """Take `event` off the map."""
        spot = self._spot(event)
        crowd = self._crowds[spot]
        del crowd[bisect_left(crowd, event)]
        if not crowd:
            del self._crowds[spot]
        self._take(event)

    def near(self, event: Event) -> list[Event]:
        """Return the events near `event`, itself as well, in any order."""
        at_ms, row = event.witness.at_ms, np.array([_column(event)])
        found: list[Event] = []
        for cell in self._about([self._cell(event)]):
            start = bisect_left(cell.events, (at_ms - self._within_ms + 1, ""), key=_ORDER)
            end = bisect_left(cell.events, (at_ms + self._within_ms, ""), key=_ORDER)
            (near,) = self._near(row, cell.columns[:, start:end])
            found += [cell.events[start + at] for at in np.flatnonzero(near).tolist()]
        return found

    def around(self, events: Iterable[Event]) -> Iterator[Around]:
        """Yield what is near `events`, of some of them at a time."""
        ordered = sorted(events, key=self._cell)
        for start in range(0, len(ordered), AT_ONCE):
            centres = ordered[start : start + AT_ONCE]
            cells = self._about({self._cell(one) for one in centres})
            about = np.concatenate([cell.columns for cell in cells], axis=1)
            about = about[:, np.argsort(about[0])]
            rows = np.array([_column(one) for one in centres])
            near = self._near(rows, about)
            yield Around(rows[:, 0].astype(np.int64), about[0].astype(np.int64), near)

    def _near(self, rows: Floats, columns: Floats) -> Truths:
        """Return which of `columns` are near each of `rows`."""
        at, lon, lat, narrow = (rows[:, part, np.newaxis] for part in range(4))
        wide = np.maximum(columns[3], narrow)  # the same both ways
        east, north = (columns[1] - lon) * wide, columns[2] - lat
        close = east * east + north * north <= self._high**2
        return np.asarray(close & (np.abs(columns[0] - at) < self._within_ms))

    def _about(self, places: Iterable[tuple[int, int]]) -> list[_Cell]:
        """Return the cells at `places` and next to them."""
        nearby = {(x + right, y + up) for x, y in places for right, up in _NEXT}
        return [self._cells[cell] for cell in nearby if cell in self._cells]

    def _take(self, event: Event) -> None:
        place = self._cell(event)
        self._cells[place].remove(event)
        if not self._cells[place].events:
            del self._cells[place]

    def _cell(self, event: Event) -> tuple[int, int]:
        spot = event.spot
        return math.floor(spot.lon / self._wide), math.floor(spot.lat / self._high)

    def _spot(self, event: Event) -> tuple[int, ...]:
        lon, lat = event.spot.lon / self._side, event.spot.lat / self._side
        return math.floor(lon), math.floor(lat), event.witness.at_ms // self._within_ms


def _column(event: Event) -> tuple[float, ...]:
    spot = event.spot
    return event.witness.at_ms, spot.lon, spot.lat, spot.narrow
