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

import math
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from streams.anomaly.ring import Ring

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
        memory: means that are held to compare with.
    """

    scale: int
    taps: int
    compressed: bool = False
    memory: int = 2048

    def __post_init__(self) -> None:
        """Refuse a memory in which no course could be found again."""
        if self.memory <= 2 * self.length:
            raise ValueError(f"{self}: memory must be more than {2 * self.length}, two courses")

    @property
    def length(self) -> int:
        """Return how many values a course spans."""
        return self.scale * self.taps


class Novelty:
    """Distance of the present course from the earlier ones among the means held.

    Means are held as 32-bit floats, less the series' first value: that halves the state and keeps
    seven digits of what varies.
    """

    def __init__(self, course: Course) -> None:
        """Start with nothing seen."""
        self._course = course
        self._length = course.length
        self._values: deque[float] = deque(maxlen=course.scale)
        means = Ring(course.memory, kind=np.float32)
        self._hold(means, Ring(course.memory, kind=np.float32) if course.compressed else means)
        self._origin: float | None = None
        self._seen = 0
        self._next_fit = FIRST_FIT
        self._median, self._deviation = 0.0, 1.0

    def update(self, value: float) -> float | None:
        """Take one value in; return its distance, None while there is little to compare with."""
        if self._origin is None:
            self._origin = value
        self._values.append(value - self._origin)
        if len(self._values) < self._course.scale:
            return None
        self._take(sum(self._values) / self._course.scale)
        self._seen += 1
        enough = self._seen > self._length + max(self._length, FIRST_FIT)
        return self._distance() if enough else None

    def _take(self, mean: float) -> None:
        if self._course.compressed:
            if self._seen >= self._next_fit:
                self._fit()
            self._compared.append(math.asinh((mean - self._median) / self._deviation))
        self._means.append(mean)

    def _fit(self) -> None:
        means = self._means.view
        self._median = float(np.median(means))
        off = np.abs(means - self._median)
        self._deviation = GAUSSIAN * float(np.median(off)) or float(off.mean()) or TINY
        compared = np.arcsinh((means - self._median) / self._deviation)
        self._hold(self._means, Ring(self._course.memory, compared.tobytes(), np.float32))
        self._next_fit = self._seen + min(int(self._seen * (REFIT - 1)), self._course.memory)

    def _distance(self) -> float:
        """Return the least L1 distance of the newest course to one that ended before it began."""
        oldest, newest = self._compared.range()
        last = newest - self._length + self._course.scale
        off = self._courses[:, oldest : last - self._length + 1] - self._courses[:, last, None]
        np.abs(off, out=off)
        return float((np.add.reduce(off, 0) if len(off) > 1 else off).min())

    def _hold(self, means: Ring, compared: Ring) -> None:
        self._means, self._compared = means, compared
        self._courses = compared.courses(self._course.scale, self._course.taps)

    def state(self) -> dict[str, Any]:
        """Return what was seen, for `restore`."""
        return {
            "values": list(self._values),
            "means": self._means.dump(),
            "compared": self._compared.dump() if self._course.compressed else b"",
            "origin": self._origin,
            "seen": self._seen,
            "next_fit": self._next_fit,
            "scale": [self._median, self._deviation],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        memory = self._course.memory
        self._values.extend(state["values"])
        means = Ring(memory, state["means"], np.float32)
        compared = Ring(memory, state["compared"], np.float32)
        self._hold(means, compared if self._course.compressed else means)
        self._origin, self._seen = state["origin"], state["seen"]
        self._next_fit = state["next_fit"]
        self._median, self._deviation = state["scale"]
