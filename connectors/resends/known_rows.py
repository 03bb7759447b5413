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
        outdated: a newer version of the record had been delivered before; it goes no further.
    """

    known: Mask
    changed: Mask
    beyond: Mask
    outdated: Mask

    @classmethod
    def none(cls, rows: int) -> KnownRows:
        """Return that nothing is known of `rows` rows."""
        return cls(*(np.zeros(rows, np.bool_) for _ in range(4)))

    def part(self, first: int, last: int) -> KnownRows:
        """Return what was found of the rows `first` to `last` - 1."""
        part = slice(first, last)
        return KnownRows(*(mask[part] for mask in self.masks))

    @classmethod
    def joined(cls, parts: list[KnownRows]) -> KnownRows:
        """Return what was found of the rows of all `parts`, one behind the other."""
        if len(parts) == 1:
            return parts[0]
        together = zip(*(one.masks for one in parts), strict=True)
        return cls(*(np.concatenate(masks) for masks in together))

    @property
    def masks(self) -> tuple[Mask, ...]:
        """All of them, in order."""
        return self.known, self.changed, self.beyond, self.outdated
