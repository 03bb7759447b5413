"""Notice a worker that stands still: records wait, the broker answers, and nothing moves. Pure.

Faust is known to stall in rare cases after a rebalance or an outage of the broker. A process that
does nothing looks healthy from outside, so it has to find out itself; the supervisor starts it
anew.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Stall(Generic[K]):
    """Compares how far the work is with what there is, look by look."""

    def __init__(self, limit_s: float) -> None:
        """Call it a stall when a place has waited for `limit_s` without any progress."""
        self._limit_s = limit_s
        self._positions: Mapping[K, int] = {}
        self._since: dict[K, float] = {}

    def look(self, now_s: float, positions: Mapping[K, int], ends: Mapping[K, int]) -> list[K]:
        """Return the places that stand still at `now_s`, in the order of `positions`.

        Args:
            now_s: seconds of a clock that never goes back.
            positions: place → offset that is to be done next.
            ends: place → offset where its log ends; unknown: nothing waits there.
        """
        waiting = [
            place
            for place, position in positions.items()
            if ends.get(place, 0) > position and self._positions.get(place) == position
        ]
        self._positions = dict(positions)
        self._since = {place: self._since.get(place, now_s) for place in waiting}
        return [place for place, since in self._since.items() if now_s - since >= self._limit_s]

    def forget(self) -> None:
        """Begin anew: what the work needs is away, so nothing can be said against it."""
        self._positions, self._since = {}, {}
