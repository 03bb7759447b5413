"""Events on the map, and the groups that they form by being near each other in place and time.

Events are taken in the order of (instant, id), whatever order they came in: each joins the oldest
group that has a member near it, or begins a group. So the groups are a function of the set of
events. A grid of cells, each at least a radius wide, finds what is near. Events without a position
may stand for their street: all of one street are then at one spot, far from all others.
"""

from __future__ import annotations

import math
import operator
from bisect import bisect_left, insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.rules.witnesses import Witness

DEGREE_M = 111_320.0
_WIDEST = 0.5
"""Cosine of 60° of latitude: so far from the equator a cell is as wide as it has to be."""

MOST_TIMES = 1_000
"""How many events near one are counted: more is many in any case."""

STREET_DIGITS = 9
_OFF_THE_MAP = 1_000.0

Order = tuple[int, str]
_ORDER = operator.attrgetter("order")


class Spot(NamedTuple):
    """Where an event counts: degrees, and how much narrower a degree of longitude is there."""

    lon: float
    lat: float
    narrow: float
    name: str


@dataclass(eq=False)
class Group:
    """Events of which each is near one before it.

    Attributes:
        seed: instant and id of its first event.
        place: where that was: ``lon,lat`` to ten metres, or the code of a street.
        reached: whether it ever was many enough for an alert.
        members: its events that are still known, in order.
    """

    seed: Order
    place: str
    reached: bool = False
    members: list[Event] = field(default_factory=list)


@dataclass(eq=False)
class Event:
    """An event, where it counts, its group, and the instants of all events near it, in order."""

    witness: Witness
    spot: Spot
    group: Group | None = None
    times: list[int] = field(default_factory=list)
    order: Order = field(init=False)

    def __post_init__(self) -> None:
        """Know its order."""
        self.order = (self.witness.at_ms, self.witness.event)

    def __lt__(self, other: Event) -> bool:
        """Order by instant and id."""
        return self.order < other.order


class Places:
    """The events that are known, and their groups.

    Attributes:
        events: all of them, in order.
    """

    def __init__(self, radius_m: float, within_ms: int, *, streets: bool = False) -> None:
        """Call near what is at most `radius_m` metres and less than `within_ms` away.

        Events without a position are left out, or count for their street, if `streets`.
        """
        self.events: list[Event] = []
        self._streets = streets
        self._radius_m, self._within_ms = radius_m, within_ms
        self._high = radius_m / DEGREE_M
        self._wide = self._high / _WIDEST
        self._cells: dict[tuple[int, int], list[Event]] = {}

    def add(self, witnesses: Iterable[Witness]) -> tuple[list[list[Event]], list[Group]]:
        """Take events in.

        One that is known already, as of a feed that sends again, counts once.

        Returns:
            What is near each event whose group was found now (what came with it and is newer may
            be missing), and the groups that events were taken out of because earlier ones came.
        """
        spots = ((one, spot_of(one, streets=self._streets)) for one in sorted(witnesses))
        once = {(one.at_ms, one.event): Event(one, spot) for one, spot in spots if spot}
        fresh = [one for one in once.values() if not self._known(one)]
        if not fresh:
            return [], []
        near = {event: self._enter(event) for event in fresh}
        start = bisect_left(self.events, fresh[0])
        later, self.events[start:] = self.events[start:], []
        loosened = [event.group for event in later if event.group]
        for event in reversed(later):
            _leave(event)
        found = sorted([*fresh, *later])
        around = [near.get(event) or self.near(event) for event in found]
        for event, known in zip(found, around, strict=True):
            _join(event, known)
        self.events += found
        return around, loosened

    def near(self, event: Event) -> list[Event]:
        """Return the events near `event`, itself as well, in any order."""
        x, y = self._cell(event)
        at_ms, (lon, lat, narrow, _) = event.witness.at_ms, event.spot
        most = self._high**2
        found = []
        for cell in ((x + right, y + up) for right in (-1, 0, 1) for up in (-1, 0, 1)):
            known = self._cells.get(cell)
            if not known:
                continue
            start = bisect_left(known, (at_ms - self._within_ms + 1, ""), key=_ORDER)
            end = bisect_left(known, (at_ms + self._within_ms, ""), key=_ORDER)
            for other in known[start:end]:
                there = other.spot
                wide = there.narrow if there.narrow > narrow else narrow  # the same both ways
                east, north = (there.lon - lon) * wide, there.lat - lat
                if east * east + north * north <= most:
                    found.append(other)
        return found

    def forget(self, before_ms: int) -> list[Group]:
        """Forget the events before `before_ms`; return the groups that lost some."""
        end = bisect_left(self.events, (before_ms, ""), key=_ORDER)
        old, self.events[:end] = self.events[:end], []
        for event in old:
            cell = self._cell(event)
            self._cells[cell].remove(event)
            if not self._cells[cell]:
                del self._cells[cell]
        groups = [event.group for event in old if event.group]
        for event in old:
            _leave(event)
        return groups

    def restore(self, known: Iterable[tuple[Witness, Group]]) -> None:
        """Take over events in order, each in its group."""
        for witness, group in known:
            spot = spot_of(witness, streets=self._streets)
            if spot:
                event = Event(witness, spot, group)
                self.events.append(event)
                self._enter(event)
                group.members.append(event)

    def _enter(self, event: Event) -> list[Event]:
        """Put `event` on the map; return what is near it."""
        insort(self._cells.setdefault(self._cell(event), []), event)
        near = self.near(event)
        event.times = sorted(other.witness.at_ms for other in near)
        for other in near:
            if other is not event and len(other.times) < MOST_TIMES:
                insort(other.times, event.witness.at_ms)
        return near

    def _known(self, event: Event) -> bool:
        at = bisect_left(self.events, event)
        return at < len(self.events) and self.events[at].order == event.order

    def _cell(self, event: Event) -> tuple[int, int]:
        spot = event.spot
        return math.floor(spot.lon / self._wide), math.floor(spot.lat / self._high)


def spot_of(witness: Witness, *, streets: bool) -> Spot | None:
    """Return where an event counts; None where nobody knows."""
    if not math.isnan(witness.lon + witness.lat):
        narrow = math.cos(math.radians(witness.lat))
        name = f"{witness.lon:.4f},{witness.lat:.4f}"
        return Spot(witness.lon, witness.lat, narrow, name)
    street = witness.area[:STREET_DIGITS]
    if streets and len(street) == STREET_DIGITS and street.isdecimal():
        return Spot(_OFF_THE_MAP + int(street), 0.0, 1.0, street)
    return None


def _join(event: Event, near: Iterable[Event]) -> None:
    groups = [one.group for one in near if one.group and one < event]
    fresh = Group(event.order, event.spot.name)
    event.group = min(groups, key=lambda group: group.seed, default=fresh)
    event.group.members.append(event)


def _leave(event: Event) -> None:
    if event.group is None:
        return
    members = event.group.members
    if members[-1] is event:
        members.pop()
    else:
        members.remove(event)
    event.group = None
