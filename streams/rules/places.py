"""Events on the map, and the groups that they form by being near each other in place and time.

Events are taken in the order of (instant, id), whatever order they came in: each joins the oldest
group that has a member near it, or begins a group. So the groups are a function of the set of
events. A grid of cells, each at least a radius wide, finds what is near.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from streams.rules.witnesses import Witness

DEGREE_M = 111_320.0
_WIDEST = 0.5
"""Cosine of 60° of latitude: so far from the equator a cell is as wide as it has to be."""

Order = tuple[int, str]


@dataclass(eq=False)
class Group:
    """Events of which each is near one before it.

    Attributes:
        seed: instant and id of its first event.
        place: where that was, as ``lon,lat`` to ten metres.
        members: its events that are still known, in order.
    """

    seed: Order
    place: str
    members: list[Event] = field(default_factory=list)


@dataclass(eq=False)
class Event:
    """An event and the group that it is in."""

    witness: Witness
    group: Group | None = None

    @property
    def order(self) -> Order:
        """Instant and id."""
        return self.witness.at_ms, self.witness.event

    def __lt__(self, other: Event) -> bool:
        """Order by instant and id."""
        return self.order < other.order


class Places:
    """The events that are known, and their groups.

    Attributes:
        events: all of them, in order.
    """

    def __init__(self, radius_m: float, within_ms: int) -> None:
        """Call near what is at most `radius_m` metres and less than `within_ms` away."""
        self.events: list[Event] = []
        self._radius_m, self._within_ms = radius_m, within_ms
        self._high = radius_m / DEGREE_M
        self._wide = self._high / _WIDEST
        self._cells: dict[tuple[int, int], list[Event]] = {}

    def add(self, witnesses: Iterable[Witness]) -> tuple[list[Event], list[Group]]:
        """Take events in.

        Returns:
            The events whose group was found now, and the groups that events were taken out of
            because earlier ones came.
        """
        fresh = [Event(one) for one in sorted(witnesses) if not math.isnan(one.lon + one.lat)]
        fresh = [one for one in fresh if not self._known(one)]
        if not fresh:
            return [], []
        for event in fresh:
            insort(self._cells.setdefault(self._cell(event), []), event)
        start = bisect_left(self.events, fresh[0])
        later, self.events[start:] = self.events[start:], []
        loosened = [event.group for event in later if event.group]
        for event in later:
            _leave(event)
        found = sorted([*fresh, *later])
        for event in found:
            self._join(event)
        self.events += found
        return found, loosened

    def near(self, event: Event, since_ms: int, until_ms: int) -> Iterator[Event]:
        """Yield the events near `event` in place, of instants in (`since_ms`, `until_ms`]."""
        x, y = self._cell(event)
        for cell in ((x + right, y + up) for right in (-1, 0, 1) for up in (-1, 0, 1)):
            known = self._cells.get(cell)
            if known:
                start = bisect_left(known, (since_ms + 1, ""), key=_order)
                end = bisect_left(known, (until_ms + 1, ""), key=_order)
                for other in known[start:end]:
                    if distance_m(event.witness, other.witness) <= self._radius_m:
                        yield other

    def forget(self, before_ms: int) -> list[Group]:
        """Forget the events before `before_ms`; return the groups that lost some."""
        end = bisect_left(self.events, (before_ms, ""), key=_order)
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

    def restore(self, events: Iterable[Event]) -> None:
        """Take over events in order, each in its group."""
        for event in events:
            self.events.append(event)
            self._cells.setdefault(self._cell(event), []).append(event)
            if event.group:
                event.group.members.append(event)

    def _join(self, event: Event) -> None:
        at_ms = event.witness.at_ms
        near = self.near(event, at_ms - self._within_ms, at_ms)
        groups = [one.group for one in near if one.group and one < event]
        one = event.witness
        event.group = min(
            groups,
            key=lambda group: group.seed,
            default=Group(event.order, f"{one.lon:.4f},{one.lat:.4f}"),
        )
        event.group.members.append(event)

    def _known(self, event: Event) -> bool:
        at = bisect_left(self.events, event)
        return at < len(self.events) and self.events[at].order == event.order

    def _cell(self, event: Event) -> tuple[int, int]:
        one = event.witness
        return math.floor(one.lon / self._wide), math.floor(one.lat / self._high)


def distance_m(one: Witness, other: Witness) -> float:
    """Return the distance of two events in metres; exact enough for a few kilometres."""
    middle = math.radians((one.lat + other.lat) / 2)
    east = (one.lon - other.lon) * math.cos(middle)
    return math.hypot(east, one.lat - other.lat) * DEGREE_M


def _order(event: Event) -> Order:
    return event.order


def _leave(event: Event) -> None:
    if event.group:
        event.group.members.remove(event)
        event.group = None
