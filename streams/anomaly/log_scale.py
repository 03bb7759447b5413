"""A log-like scale of one series, asinh((value - median) / deviation): a burst is judged by ratio.

Median and deviation are of the last values and are taken anew ever more seldom, so what is told
on the scale hardly ever changes its meaning.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from streams.anomaly.novelty import GAUSSIAN, TINY
from streams.anomaly.ring import Floats, Ring

FIRST_FIT = 32
"""Values before the scale is fitted; it tells nothing before that."""
REFIT = 1.5
"""Fit again with so many times as many values as at the fit before, at the latest after MEMORY."""
MEMORY = 2048
"""Values that the scale is fitted to."""


class LogScale:
    """The scale, fitted to the values that it was shown."""

    def __init__(self) -> None:
        """Start with nothing seen."""
        self._values = Ring(MEMORY, kind=np.float32)
        self._origin: float | None = None
        self._seen = 0
        self._next_fit = FIRST_FIT
        self._median, self._deviation = 0.0, 1.0

    def append(self, value: float) -> None:
        """Take one value in."""
        if self._origin is None:
            self._origin = value
        self._values.append(value - self._origin)
        self._seen += 1
        if self._seen >= self._next_fit:
            self._fit()

    def place(self, values: Floats) -> Floats | None:
        """Return where `values` are on the scale; None before it was fitted."""
        if self._origin is None or self._seen < FIRST_FIT:
            return None
        placed: Floats = np.arcsinh((values - self._origin - self._median) / self._deviation)
        return placed

    def _fit(self) -> None:
        values = self._values.view.astype(np.float64)
        self._median = float(np.median(values))
        off = np.abs(values - self._median)
        self._deviation = GAUSSIAN * float(np.median(off)) or float(off.mean()) or TINY
        self._next_fit = self._seen + min(int(self._seen * (REFIT - 1)), MEMORY)

    def state(self) -> dict[str, Any]:
        """Return what was seen, for `restore`."""
        return {
            "values": self._values.dump(),
            "origin": self._origin,
            "seen": self._seen,
            "next_fit": self._next_fit,
            "scale": [self._median, self._deviation],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._values = Ring(MEMORY, state["values"], np.float32)
        self._origin, self._seen = state["origin"], state["seen"]
        self._next_fit = state["next_fit"]
        self._median, self._deviation = state["scale"]
