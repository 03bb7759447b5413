"""What is noticed about the rows of a batch and told to who sent them, beside faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
EXPIRED, LATE = "expired", "late"
ZERO, OUTSIDE, SWAPPED, FAR = "zero", "outside", "swapped", "far"
PLACES = (ZERO, OUTSIDE, SWAPPED, FAR)
"""Words for positions that cannot be true: 0, 0; none of the city's; longitude and latitude in each
other's place; far from the area that the row itself states."""
WORDS = (EXPIRED, LATE, *PLACES)
"""`expired`: older than events are kept. `late`: beyond the allowed lateness when it came."""


class Noticed:
    """Which rows of a batch each word is about; the good path never touches it."""

    def __init__(self) -> None:
        """Start with nothing noticed."""
        self._rows: dict[str, Rows] = {}

    def add(self, word: str, rows: Rows) -> None:
        """Note that `word` is true of `rows` (rising)."""
        if len(rows):
            known = self._rows.get(word)
            self._rows[word] = rows if known is None else np.union1d(known, rows)

    def __iter__(self) -> Iterator[tuple[str, Rows]]:
        """Yield each word that is about any row, with its rows."""
        yield from self._rows.items()

    def __getitem__(self, word: str) -> Rows:
        """Return the rows that `word` is about."""
        return self._rows.get(word, np.empty(0, np.int64))

    def counts(self) -> Counter[str]:
        """Return how many rows each word is about."""
        return Counter({word: len(rows) for word, rows in self._rows.items()})
