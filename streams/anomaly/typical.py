"""How great distances of one kind typically are in one series: an exponential mean of them.

One outlier cannot move it far, and a calm stretch of a series that bursts does not make the next
burst look strange: the mean reaches across both. Of a series that stands still but for few values
nothing is typical; the mean falls to its floor, and distances are told as they are.
"""

from __future__ import annotations

from math import hypot

from streams.anomaly.novelty import TINY

LEARNING = 0.01
"""Weight of the newest distance in the typical one: it reaches about 100 values back."""
OUTLIER = 5.0
"""Times the typical distance; what is beyond counts as that."""


class Typical:
    """The typical distance, learnt from each one after it was measured by those before it."""

    def __init__(self, mean: float | None = None) -> None:
        """Start with a typical distance that was learnt before, or with none."""
        self.mean = mean

    def measure(self, off: float, spread: float = 0.0) -> float:
        """Return `off`, a distance of at least 0, in typical distances, and learn from it.

        Where `off` has a `spread` of its own (a standard deviation), it is joined with the typical.
        """
        if self.mean is None:
            self.mean = off + TINY
        ratio = off / hypot(spread, self.mean)
        if self.mean <= TINY:  # it stood still: what is typical is not known yet
            self.mean += off
        self.mean += LEARNING * (min(off, OUTLIER * self.mean) - self.mean)
        self.mean = max(self.mean, TINY)
        return ratio
