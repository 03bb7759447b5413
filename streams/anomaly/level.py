"""How far a series is from where it was: one value, and the mean of its last values.

Both are measured by how far the series typically is, not by its spread of the moment: after a calm
hour the spread is next to nothing, and every ordinary burst would be hundreds of it away.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from streams.anomaly.log_scale import LogScale
from streams.anomaly.recent import Recent
from streams.anomaly.ring import Ring
from streams.anomaly.typical import Typical


class Level:
    """Distance of a value from the median of those before it."""

    def __init__(self) -> None:
        """Start with nothing known."""
        self.typical = Typical()

    def update(self, value: float, median: float | None) -> float | None:
        """Return how far `value` is off in typical distances; None without a median."""
        return None if median is None else self.typical.measure(abs(value - median))


class LevelShift:
    """Distance of the mean of the last values from the median of many before them.

    Both are taken on a log-like scale, so one burst does not make a shift, and a series that
    settles on another level does, before any of its values is strange.
    """

    def __init__(self, mean_of: int, before: int) -> None:
        """Compare the mean of `mean_of` values with the median of `before` values before them."""
        self._mean_of, self._before = mean_of, before
        self._last = Ring(mean_of)
        self._reference = Recent(before)
        self._scale = LogScale()
        self._typical = Typical()

    def update(self, value: float) -> float | None:
        """Take `value` in; return the shift in typical ones, None while little is known."""
        if len(self._last.view) == self._mean_of:
            self._reference.append(float(self._last.view[0]))
        self._last.append(value)
        self._scale.append(value)
        median = self._reference.median()
        if median is None:
            return None
        placed = self._scale.place(np.append(self._last.view, median))
        if placed is None:
            return None
        return self._typical.measure(abs(float(placed[:-1].mean()) - float(placed[-1])))

    def state(self) -> dict[str, Any]:
        """Return what was seen, for `restore`."""
        return {
            "last": self._last.dump(),
            "reference": self._reference.dump(),
            "scale": self._scale.state(),
            "typical": self._typical.mean,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._last = Ring(self._mean_of, state["last"])
        self._reference = Recent(self._before, state["reference"])
        self._scale.restore(state["scale"])
        self._typical = Typical(state["typical"])
