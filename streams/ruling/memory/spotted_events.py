"""Events of which it matters where they are, and the groups that they are in."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.ruling.intake.witnesses import Witness

STREET_DIGITS = 9
_OFF_THE_MAP = 1_000.0

Order = tuple[int, str]


class EventSpot(NamedTuple):
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
    """An event, where it counts, its group, and how many were ever near it at most, itself too."""

    witness: Witness
    spot: EventSpot
    group: Group | None = None
    met: int = 1
    order: Order = field(init=False)

    def __post_init__(self) -> None:
        """Know its order."""
        self.order = (self.witness.at_ms, self.witness.event)

    def __lt__(self, other: Event) -> bool:
        """Order by instant and id."""
        return self.order < other.order

    def join(self, group: Group) -> None:
        """Become the newest member of `group`."""
        self.group = group
        group.members.append(self)

    def leave(self) -> None:
        """Be in no group any more."""
        if self.group is None:
            return
        members = self.group.members
        if members[-1] is self:
            members.pop()
        else:
            members.remove(self)
        self.group = None


def spot_of(witness: Witness, *, streets: bool) -> EventSpot | None:
    """Return where an event counts; None where nobody knows."""
    if not math.isnan(witness.lon + witness.lat):
        narrow = math.cos(math.radians(witness.lat))
        name = f"{witness.lon:.4f},{witness.lat:.4f}"
        return EventSpot(witness.lon, witness.lat, narrow, name)
    street = witness.area[:STREET_DIGITS]
    if streets and len(street) == STREET_DIGITS and street.isdecimal():
        return EventSpot(_OFF_THE_MAP + int(street), 0.0, 1.0, street)
    return None
