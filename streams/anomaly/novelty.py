"""How far the present course of a series is from every course that it has taken before.

A course is `taps` means of `scale` values each, the newest last. Its novelty is the smallest sum
of absolute differences to any earlier course that does not overlap it (the nearest neighbour in
L1, as in kNN-CAD and the matrix profile); with one tap of one value it is the gap to the nearest
value ever seen.

Where asked for, means are compared on a log-like scale, asinh((mean - median) / deviation), so
that a burst is judged by its ratio to the usual. Median and deviation are of what is held, and
are taken anew ever more seldom.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from streams.anomaly.ring import Floats, Ring

FIRST_FIT = 32
"""Means before the log-like scale is fitted; there is no telling novelty before that."""
REFIT = 1.5
"""Fit again with so many times as many means as at the fit before, at the latest after `memory`."""
GAUSSIAN = 1.4826
"""Standard deviations of a normal distribution in one median absolute deviation."""
TINY = 1e-9


@dataclass(frozen=True)
class Course:
    """What is compared.

    Attributes:
        scale: values in one mean.
        taps: means in one course.
        compressed: compare on the log-like scale.
    """

    scale: int
    taps: int
    compressed: bool = False


class Novelty:
    """Distance of the present course from the earlier ones among the last `memory` means."""

    def __init__(self, course: Course, memory: int) -> None:
        """Start with nothing seen."""
        self._course = course
        self._memory = memory
        self._length = course.scale * course.taps
        self._values = Ring(course.scale)
        self._means = Ring(memory)
        self._compared = Ring(memory) if course.compressed else self._means
        self._seen = 0
        self._next_fit = FIRST_FIT
        self._median, self._deviation = 0.0, 1.0

    def update(self, value: float) -> float:
        """Take one value in; return its distance, 0 as long as there is little to compare with."""
        self._values.append(value)
        newest = self._values.view
        if len(newest) < self._course.scale:
            return 0.0
        self._take(value if self._course.scale == 1 else float(newest.mean()))
        self._seen += 1
        enough = self._seen > self._length + max(self._length, FIRST_FIT)
        return self._distance(self._compared.view) if enough else 0.0

    def _take(self, mean: float) -> None:
        if self._course.compressed:
            if self._seen >= self._next_fit:
                self._fit()
            self._compared.append(float(self._compress(np.array([mean]))[0]))
        self._means.append(mean)

    def _fit(self) -> None:
        means = self._means.view
        self._median = float(np.median(means))
        off = np.abs(means - self._median)
        self._deviation = GAUSSIAN * float(np.median(off)) or float(off.mean()) or TINY
        self._compared = Ring(self._memory, self._compress(means).tobytes())
        self._next_fit = self._seen + min(int(self._seen * (REFIT - 1)), self._memory)

    def _compress(self, means: Floats) -> Floats:
        return np.arcsinh((means - self._median) / self._deviation)

    def _distance(self, held: Floats) -> float:
        """Return the least L1 distance of the newest course to one that ended before it began."""
        last, scale = len(held) - 1, self._course.scale
        reach = self._length - scale
        until = last - self._length + 1
        total = np.abs(held[reach:until] - held[last])
        for back in range(scale, reach + 1, scale):
            total += np.abs(held[reach - back : until - back] - held[last - back])
        return float(total.min())

    def state(self) -> dict[str, Any]:
        """Return what was seen, for `restore`."""
        return {
            "values": self._values.dump(),
            "means": self._means.dump(),
            "compared": self._compared.dump() if self._course.compressed else b"",
            "seen": self._seen,
            "next_fit": self._next_fit,
            "scale": [self._median, self._deviation],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._values = Ring(self._course.scale, state["values"])
        self._means = Ring(self._memory, state["means"])
        self._compared = self._means
        if self._course.compressed:
            self._compared = Ring(self._memory, state["compared"])
        self._seen, self._next_fit = state["seen"], state["next_fit"]
        self._median, self._deviation = state["scale"]
