"""How far a value is from what is usual at this hour of the week, in deviations.

A slot has few visits, so its spread is uncertain; it is joined with the typical distance of all
slots, an exponential mean that one outlier cannot move far.
"""

from __future__ import annotations

from math import hypot

from streams.anomaly.baseline import Usual
from streams.anomaly.novelty import TINY

LEARNING = 0.01
"""Weight of the newest distance in the typical one: it reaches about 100 values back."""
OUTLIER = 5.0
"""Times the typical distance; what is beyond counts as that."""


class Season:
    """The typical distance of one series from its seasonal baseline."""

    def __init__(self, typical: float | None = None) -> None:
        """Start with a typical distance that was learnt before, or with none."""
        self.typical = typical

    def update(self, value: float, usual: Usual | None) -> float | None:
        """Return how far `value` is off; None as long as its slot was hardly ever visited."""
        if usual is None or usual.basis != "slot":
            return None
        off = abs(value - usual.expected)
        if self.typical is None:
            self.typical = off + TINY
        distance = off / hypot(usual.spread, self.typical)
        self.typical += LEARNING * (min(off, OUTLIER * self.typical) - self.typical)
        return distance
