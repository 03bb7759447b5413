"""How far a value is from what has been usual lately, in robust standard deviations."""

from __future__ import annotations

from bisect import bisect_left, insort

import numpy as np

from streams.anomaly.novelty import GAUSSIAN, TINY
from streams.anomaly.ring import Ring

FEW = 20
"""Values before anything is told."""
RELATIVE_FLOOR = 1e-3
"""A spread below this share of the median is not told from it: sensors round."""


class Recent:
    """Median and median absolute deviation of the last `window` values, the newest left out."""

    def __init__(self, window: int, held: bytes = b"") -> None:
        """Start with the values that `dump` gave, or with none."""
        self._window = window
        self._ring = Ring(window, held)
        self._ordered: list[float] = sorted(self._ring.view.tolist())

    def usual(self) -> tuple[float, float] | None:
        """Return median and robust standard deviation; None while there are few values."""
        if len(self._ordered) < FEW:
            return None
        median = middle(self._ordered)
        off = np.abs(self._ring.view - median)
        half = len(off) // 2
        deviation = float(np.partition(off, half)[half])
        return median, GAUSSIAN * deviation + RELATIVE_FLOOR * abs(median) + TINY

    def median(self) -> float | None:
        """Return the median alone; None while there are few values."""
        return None if len(self._ordered) < FEW else middle(self._ordered)

    def append(self, value: float) -> None:
        """Take one value in."""
        if len(self._ordered) == self._window:
            oldest = float(self._ring.view[0])
            del self._ordered[bisect_left(self._ordered, oldest)]
        insort(self._ordered, value)
        self._ring.append(value)

    def dump(self) -> bytes:
        """Return the values as bytes, for `held`."""
        return self._ring.dump()


def middle(ordered: list[float]) -> float:
    """Return the median of a sorted list that is not empty."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
