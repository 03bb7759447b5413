"""The last values of a series in one contiguous piece of memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32 | np.float64]
Kind = type[np.float32] | type[np.float64]
SLACK = 256
"""Free places behind the values: only when they are used up are the values moved."""


class Ring:
    """Keep the last `size` floats, the newest at the end of `view`, which costs nothing."""

    def __init__(self, size: int, held: bytes = b"", kind: Kind = np.float64) -> None:
        """Start with the floats of this `kind` that `dump` gave, or with none."""
        values = np.frombuffer(held, kind)
        self._size = size
        self._buffer = np.zeros(size + SLACK, kind)
        self._buffer[: len(values)] = values
        self._start, self._end = 0, len(values)

    def append(self, value: float) -> None:
        """Take one value in; the oldest goes if there are `size` of them."""
        if self._end == len(self._buffer):
            self._buffer[: self._size] = self._buffer[self._start :]
            self._end = self._size
        self._buffer[self._end] = value
        self._end += 1
        self._start = max(0, self._end - self._size)

    @property
    def view(self) -> Floats:
        """Return the values, oldest first; valid until the next append."""
        return self._buffer[self._start : self._end]

    def courses(self, scale: int, taps: int) -> Floats:
        """Return all courses of `taps` values, `scale` apart: a column each, oldest value first.

        The view is of the whole buffer and stays valid; `range` tells which columns are in use.
        """
        span = scale * (taps - 1) + 1
        return np.lib.stride_tricks.sliding_window_view(self._buffer, span).T[::scale]

    def range(self) -> tuple[int, int]:
        """Return where in the buffer the oldest value is, and the newest."""
        return self._start, self._end - 1

    def dump(self) -> bytes:
        """Return the values as bytes, for `held`."""
        return self.view.tobytes()
