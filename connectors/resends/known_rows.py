"""What is known of the rows of a table of events."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class KnownRows:
    """What was found of each row.

    Attributes:
        known: it had been delivered before, just the same; it goes no further.
        changed: it goes on, although its id is known with another content.
        beyond: it goes on, although it is older than the feed's records are known for.
    """

    known: Mask
    changed: Mask
    beyond: Mask

    @classmethod
    def none(cls, rows: int) -> KnownRows:
        """Return that nothing is known of `rows` rows."""
        nothing = np.zeros(rows, np.bool_)
        return cls(nothing, nothing, nothing)

    def part(self, first: int, last: int) -> KnownRows:
        """Return what was found of the rows `first` to `last` - 1."""
        part = slice(first, last)
        return KnownRows(self.known[part], self.changed[part], self.beyond[part])

    @classmethod
    def joined(cls, parts: list[KnownRows]) -> KnownRows:
        """Return what was found of the rows of all `parts`, one behind the other."""
        if len(parts) == 1:
            return parts[0]
        return cls(
            np.concatenate([one.known for one in parts]),
            np.concatenate([one.changed for one in parts]),
            np.concatenate([one.beyond for one in parts]),
        )
