"""Open cases that may be the same matter: of the same kind, near by or in the same street; pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from dashboards.lists.case_facts import CaseFacts

NEAR_M = 300
STREET_DIGITS = 9
MOST_ALIKE = 6
_METRES_A_DEGREE = 111_320.0


class NearCase(NamedTuple):
    """An open case that may be the same matter as another.

    Attributes:
        id: of it.
        far: metres between both; None: one has no place, both are of one street.
    """

    id: str
    far: int | None


class CaseKinds:
    """The open cases of each kind."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kinds: dict[str, dict[str, CaseFacts]] = {}

    def add(self, case: CaseFacts) -> None:
        """Take a case in that was not there."""
        self._kinds.setdefault(case.kind, {})[case.id] = case

    def discard(self, case: CaseFacts) -> None:
        """Take a case out as it was taken in."""
        self._kinds[case.kind].pop(case.id, None)

    def near(self, case: CaseFacts, seen: Callable[[CaseFacts], bool]) -> list[NearCase]:
        """Return the nearest cases that may be the same as `case`, of those that are `seen`."""
        found = [
            NearCase(other.id, far)
            for other in self._kinds.get(case.kind, {}).values()
            if other.id != case.id and not other.follows
            if (far := _metres(case, other)) is None or far <= NEAR_M
            if far is not None or _is_same_street(case, other)
            if seen(other)
        ]
        found.sort(key=lambda one: NEAR_M if one.far is None else one.far)
        return found[:MOST_ALIKE]


def _is_same_street(one: CaseFacts, other: CaseFacts) -> bool:
    street = one.area[:STREET_DIGITS]
    return len(street) == STREET_DIGITS and other.area.startswith(street)


def _metres(one: CaseFacts, other: CaseFacts) -> int | None:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    north = (one.lat - other.lat) * _METRES_A_DEGREE
    east = (one.lon - other.lon) * _METRES_A_DEGREE * math.cos(math.radians(one.lat))
    return round(math.hypot(north, east))
