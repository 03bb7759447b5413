"""Which batch an envelope is of, as `Envelope.batch` says it.

push b-7#0, b-8#0     posts under keys b-7 and b-8; small ones may share an envelope
file:<name>#<hash>:<from>-<to>     a piece of a file
<topic>[<partition>]@<first>-<last>     records of a department's topic
withdrawn:<partition>@<offset>     takes back what the envelope at that place counted
<any but the last>+     some of the rows so labelled; the envelope without the + has the last ones
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"(file:.*#[^#]*):\d+-\d+")
_MORE = "+"
_WITHDRAWN = re.compile(r"withdrawn:(\d+)@(\d+)")

Spot = tuple[int, int]
"""Partition and offset of an envelope on `city.events`."""


def batches_of(label: str) -> list[str]:
    """Return the batches that an envelope holds rows of, each once."""
    label = label.removesuffix(_MORE)
    if piece := _PIECE.fullmatch(label):
        return [piece[1]]
    return list(dict.fromkeys(one.rpartition("#")[0] or one for one in label.split(",") if one))


def with_more_to_come(label: str) -> str:
    """Return the label of an envelope behind which others bring more of the same rows."""
    return f"{label}{_MORE}" if label else ""


def parts_landed(label: str) -> list[str]:
    """Return the parts of posts of which the last rows are in an envelope."""
    return [] if label.endswith(_MORE) else [one for one in label.split(",") if one]


def withdrawal_of(spot: Spot) -> str:
    """Return the label of the envelope that takes back the one at `spot`."""
    return f"withdrawn:{spot[0]}@{spot[1]}"


def withdrawn_by(label: str) -> Spot | None:
    """Return which envelope one takes back; None: it is none of that sort."""
    found = _WITHDRAWN.fullmatch(label)
    return (int(found[1]), int(found[2])) if found else None
