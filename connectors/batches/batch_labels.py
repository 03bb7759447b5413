"""Which batch an envelope is of, as `Envelope.batch` says it.

push b-7#0, b-8#0     posts under keys b-7 and b-8; small ones may share an envelope
file:<name>#<hash>:<from>-<to>     a piece of a file
<topic>[<partition>]@<first>-<last>     records of a department's topic
withdrawn:<partition>@<offset>     takes back what the envelope at that place counted
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"(file:.*#[^#]*):\d+-\d+")
_WITHDRAWN = re.compile(r"withdrawn:(\d+)@(\d+)")

Spot = tuple[int, int]
"""Partition and offset of an envelope on `city.events`."""


def batches_of(label: str) -> list[str]:
    """Return the batches that an envelope holds rows of, each once."""
    return list(dict.fromkeys(_batch(one) for one in label.split(",") if one))


def withdrawal_of(spot: Spot) -> str:
    """Return the label of the envelope that takes back the one at `spot`."""
    return f"withdrawn:{spot[0]}@{spot[1]}"


def withdrawn_by(label: str) -> Spot | None:
    """Return which envelope one takes back; None: it is none of that sort."""
    found = _WITHDRAWN.fullmatch(label)
    return (int(found[1]), int(found[2])) if found else None


def _batch(part: str) -> str:
    if piece := _PIECE.fullmatch(part):
        return piece[1]
    return part.rpartition("#")[0] or part
