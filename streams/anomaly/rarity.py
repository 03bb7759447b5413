"""How rarely a series shows so great a distance: what makes distances of all series comparable.

The distances seen are counted in bins of equal width of their logarithm. The greatest tenth of
them, above a bound u, is taken as a Pareto tail (Hill's estimator, drawn towards `PRIOR_INDEX`
while few were seen), so that P(distance > d) = share_above_u * (d / u) ** (-1 / index). Rarity is
-log10 of that: 3 is once in a thousand values. Counts fade: they are halved once there are
`limit` of them, so a series may change its ways.
"""

from __future__ import annotations

import math
from typing import Any

BIN = 0.05
"""Width of a bin: 5 % of the distance."""
TAIL = 0.1
"""Share of the distances that belong to the tail."""
PRIOR_INDEX = 0.5
"""Tail index that is assumed beforehand: a Pareto tail with exponent 2."""
PRIOR_WEIGHT = 10.0
"""Distances that the assumption counts for."""
LEAST_INDEX = 0.02
FIT_EVERY = 25
FADED = 0.2
"""Counts below this are dropped when they are halved."""
FIRST_MOVE = 3.0
"""Least rarity of the first distance that is not 0: what stood still and moves is worth telling."""
GREATEST = 16.0


class Rarity:
    """The distribution of one kind of distance in one series."""

    def __init__(self, warm: int, limit: int) -> None:
        """Tell nothing before `warm` distances; let counts fade above `limit`."""
        self._warm, self._limit = warm, limit
        self._counts: dict[int, float] = {}
        self._total = 0.0
        self._seen = 0
        self._bound: float | None = None
        self._share = self._index = 1.0

    def update(self, distance: float) -> float:
        """Return the rarity of `distance` among those before it, 0 to 16, and count it."""
        log = math.log(distance) if distance > 0 else None
        rarity = 0.0 if log is None or self._seen < self._warm else self._rarity(log)
        self._count(log)
        return min(rarity, GREATEST)

    def _rarity(self, log: float) -> float:
        if self._bound is None:  # nothing but zeros was seen
            return max(math.log10(self._total + 2), FIRST_MOVE)
        if log <= self._bound:
            return 0.0
        return (log - self._bound) / self._index / math.log(10) - math.log10(self._share)

    def _count(self, log: float | None) -> None:
        if log is not None:
            place = math.floor(log / BIN)
            self._counts[place] = self._counts.get(place, 0.0) + 1.0
        self._total += 1.0
        self._seen += 1
        if self._seen % FIT_EVERY == 0:
            self._fit()
        if self._total > self._limit:
            self._fade()

    def _fit(self) -> None:
        above, weight = 0.0, 0.0
        bound: int | None = None
        for place in sorted(self._counts, reverse=True):
            if bound is not None and above >= TAIL * self._total:
                break
            bound = place
            above += self._counts[place]
            weight += self._counts[place] * (place + 0.5)
        if bound is None:
            return
        excess = (weight - above * bound) * BIN
        index = (excess + PRIOR_WEIGHT * PRIOR_INDEX) / (above + PRIOR_WEIGHT)
        self._bound, self._share = bound * BIN, above / self._total
        self._index = max(index, LEAST_INDEX)

    def _fade(self) -> None:
        counts = {place: count / 2 for place, count in self._counts.items() if count > FADED}
        zeros = self._total - sum(self._counts.values())
        self._counts = counts
        self._total = zeros / 2 + sum(counts.values())

    def state(self) -> dict[str, Any]:
        """Return what was counted, for `restore`."""
        return {
            "places": list(self._counts),
            "counts": list(self._counts.values()),
            "total": self._total,
            "seen": self._seen,
            "tail": [self._bound, self._share, self._index],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._counts = dict(zip(state["places"], state["counts"], strict=True))
        self._total, self._seen = state["total"], state["seen"]
        self._bound, self._share, self._index = state["tail"]
