"""The last values of a series in one contiguous piece of memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SLACK = 256
"""Free places behind the values: only when they are used up are the values moved."""


class Ring:
    """Keep the last `size` floats, the newest at the end of `view`, which costs nothing."""

    def __init__(self, size: int, held: bytes = b"") -> None:
        """Start with the floats that `dump` gave, or with none."""
        values = np.frombuffer(held, np.float64)
        self._size = size
        self._buffer = np.zeros(size + SLACK)
        self._buffer[: len(values)] = values
        self._end = len(values)
        self._start = 0

    def append(self, value: float) -> None:
        """Take one value in; the oldest goes if there are `size` of them."""
        if self._end == len(self._buffer):
            self._start = self._end - self._size
            self._buffer[: self._size] = self._buffer[self._start :]
            self._start, self._end = 0, self._size
        self._buffer[self._end] = value
        self._end += 1
        self._start = max(self._start, self._end - self._size)

    @property
    def view(self) -> Floats:
        """Return the values, oldest first; valid until the next append."""
        return self._buffer[self._start : self._end]

    def dump(self) -> bytes:
        """Return the values as bytes, for `held`."""
        return self.view.tobytes()
