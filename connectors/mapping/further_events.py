"""Which event of its row an event is: the first, or a further one that the feed's `also` names.

A row may carry several instants of one record (opened, closed). Its further events are made like
the first, by the same mapping with what `also` says otherwise, of the rows whose first event is
good and whose further instant is there.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Which = NDArray[np.uint8]
"""Event → 0 where it is the first of its row, else 1 + the place of its name in `Feed.also`."""
_ALSO = "also."


def field_of(name: str, column: str) -> str:
    """Return the field that a letter names, where `column` of the further event `name` is bad."""
    return f"{_ALSO}{name}.{column}"


def further_of(field: str) -> str:
    """Return the name of the further event that a letter's field is about; "": of the row."""
    return field.split(".")[1] if field.startswith(_ALSO) else ""


def spans(which: Which, firsts: Sequence[int]) -> list[slice]:
    """Return where the events of each post lie that are gathered in one table.

    Args:
        which: of all events, post by post.
        firsts: of each post how many are the first of their row.
    """
    starts = np.append(np.flatnonzero(which == 0), len(which))
    ends = starts[np.cumsum(firsts, dtype=np.int64)]
    return [slice(int(a), int(b)) for a, b in zip([0, *ends[:-1]], ends, strict=True)]
