"""The groups that events form by being near each other in place and time.

Events are taken in the order of (instant, id), whatever order they came in: each joins the oldest
group that has a member near it, or begins a group. So the groups are a function of the set of
events. Events without a position may stand for their street: all of one street are then at one
spot, far from all others.
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from streams.ruling.intake.witnesses import Witness
from streams.ruling.memory.grid import Around, Grid
from streams.ruling.memory.spotted_events import Event, Group, spot_of

MOST = 100
"""How many of the first and of the last at one spot are kept: more is many in any case."""
_ORDER = operator.attrgetter("order")


class PlaceGroups:
    """The events that are known, and their groups.

    Attributes:
        events: all of them, in order.
    """

    def __init__(
        self, radius_m: float, within_ms: int, *, streets: bool = False, most: int = MOST
    ) -> None:
        """Call near what is at most `radius_m` metres and less than `within_ms` away.

        Events without a position are left out, or count for their street, if `streets`. What is
        more than `most` at one spot in a time is not told from `most`, or from what is more.
        """
        self.events: list[Event] = []
        self._streets = streets
        self._grid = Grid(radius_m, within_ms, most)

    def add(self, witnesses: Iterable[Witness]) -> tuple[list[Event], list[Group]]:
        """Take events in.

        One that is known already, as of a feed that sends again, counts once.

        Returns:
            The events around which there may be more now, and the groups that events were taken
            out of because earlier ones came.
        """
        fresh, crowded = self._enter(self._new(witnesses))
        if not fresh and not crowded:
            return [], []
        start = bisect_left(self.events, min((*fresh, *crowded)))
        later, self.events[start:] = self.events[start:], []
        loosened = [event.group for event in later if event.group]
        for event in reversed(later):
            event.leave()
        found = sorted({*fresh, *later} - crowded)
        near = [self._grid.near(event) for event in found]
        for event, known in zip(found, near, strict=True):
            _join(event, known)
            if event in fresh:
                _meet(event, known, fresh)
        self.events += found
        return list(dict.fromkeys(one for known in near for one in known)), loosened

    def around(self, events: Iterable[Event]) -> Iterator[Around]:
        """Yield what is near `events`, of some of them at a time."""
        return self._grid.around(events)

    def forget(self, before_ms: int) -> list[Group]:
        """Forget the events before `before_ms`; return the groups that lost some."""
        end = bisect_left(self.events, (before_ms, ""), key=_ORDER)
        old, self.events[:end] = self.events[:end], []
        groups = [event.group for event in old if event.group]
        for event in old:
            self._grid.remove(event)
            event.leave()
        return groups

    def restore(self, known: Iterable[tuple[Witness, Group]]) -> None:
        """Take over events in order, each in its group."""
        groups = {}
        for witness, group in known:
            spot = spot_of(witness, streets=self._streets)
            if spot:
                groups[Event(witness, spot)] = group
        kept, _ = self._enter(groups)
        self.events = sorted(kept)
        for event in self.events:
            event.join(groups[event])
            event.met = len(self._grid.near(event))

    def _new(self, witnesses: Iterable[Witness]) -> list[Event]:
        """Return the events that count somewhere and are not known yet, in order."""
        placed = ((one, spot_of(one, streets=self._streets)) for one in sorted(witnesses))
        distinct = {(one.at_ms, one.event): Event(one, spot) for one, spot in placed if spot}
        return [one for one in distinct.values() if not self._known(one)]

    def _enter(self, events: Iterable[Event]) -> tuple[set[Event], set[Event]]:
        """Put events on the map; return those that are on it, and known ones that had to go."""
        fresh: set[Event] = set()
        crowded: set[Event] = set()
        for event in events:
            fresh.add(event)
            out = self._grid.add(event)
            if out in fresh:
                fresh.remove(out)
            elif out is not None:
                crowded.add(out)
        return fresh, crowded

    def _known(self, event: Event) -> bool:
        at = bisect_left(self.events, event)
        return at < len(self.events) and self.events[at].order == event.order


def _join(event: Event, near: Iterable[Event]) -> None:
    groups = [one.group for one in near if one.group and one < event]
    fresh = Group(event.order, event.spot.name)
    event.join(min(groups, key=operator.attrgetter("seed"), default=fresh))


def _meet(event: Event, near: list[Event], fresh: set[Event]) -> None:
    event.met = len(near)
    for one in near:
        if one not in fresh:
            one.met += 1
