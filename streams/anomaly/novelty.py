"""How far the present course of a series is from every course that it has taken before.

A course is `taps` means of `scale` values each, the newest last. Its novelty is the smallest sum
of absolute differences to any earlier course that does not overlap it (the nearest neighbour in
L1, as in kNN-CAD and the matrix profile); with one tap of one value it is the gap to the nearest
value ever seen.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np

from streams.anomaly.ring import Ring

FEWEST = 32
"""Means before anything is told, however short the course."""
GAUSSIAN = 1.4826
"""Standard deviations of a normal distribution in one median absolute deviation."""
TINY = 1e-9


@dataclass(frozen=True)
class Course:
    """What is compared.

    Attributes:
        scale: values in one mean.
        taps: means in one course.
        memory: means that are held to compare with.
    """

    scale: int
    taps: int
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
        self._hold(Ring(course.memory, kind=np.float32))
        self._origin: float | None = None
        self._seen = 0

    def update(self, value: float) -> float | None:
        """Take one value in; return its distance, None while there is little to compare with."""
        if self._origin is None:
            self._origin = value
        self._values.append(value - self._origin)
        if len(self._values) < self._course.scale:
            return None
        self._means.append(sum(self._values) / self._course.scale)
        self._seen += 1
        enough = self._seen > self._length + max(self._length, FEWEST)
        return self._distance() if enough else None

    def _distance(self) -> float:
        """Return the least L1 distance of the newest course to one that ended before it began."""
        oldest, newest = self._means.range()
        last = newest - self._length + self._course.scale
        off = self._courses[:, oldest : last - self._length + 1] - self._courses[:, last, None]
        np.abs(off, out=off)
        return float((np.add.reduce(off, 0) if len(off) > 1 else off).min())

    def _hold(self, means: Ring) -> None:
        self._means = means
        self._courses = means.courses(self._course.scale, self._course.taps)

    def state(self) -> dict[str, Any]:
        """Return what was seen, for `restore`."""
        return {
            "values": list(self._values),
            "means": self._means.dump(),
            "origin": self._origin,
            "seen": self._seen,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._values.extend(state["values"])
        self._hold(Ring(self._course.memory, state["means"], np.float32))
        self._origin, self._seen = state["origin"], state["seen"]
