"""Collect what is wrong with the rows of a batch, and write dead letters."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

import numpy as np
from numpy.typing import NDArray

from citybrain.city.records import Feed
from citybrain.floor.dead_letters import DeadLetter
from connectors.mapping.further_events import field_of, further_of

KEPT = 1024 * 1024
"""Bytes of a refused row, or body, that a letter keeps."""


class Faults:
    """What is wrong with rows, by row; the good path never touches it."""

    def __init__(self) -> None:
        """Start with nothing wrong."""
        self._found: dict[int, list[tuple[str, str]]] = {}

    def __bool__(self) -> bool:
        """Say whether any row is wrong."""
        return bool(self._found)

    def add(self, field: str, rows: Iterable[int], reason: Callable[[int], str]) -> None:
        """Note that `field` is wrong in `rows`; `reason` says why for one of them."""
        for row in rows:
            self._found.setdefault(int(row), []).append((field, reason(int(row))))

    def rows(self) -> NDArray[np.int64]:
        """Return which rows are wrong, rising."""
        return np.array(sorted(self._found), np.int64)

    def good(self, rows: int) -> NDArray[np.bool_]:
        """Return which of the first `rows` rows are good."""
        mask = np.ones(rows, np.bool_)
        mask[list(self._found)] = False
        return mask

    def items(self, name: str = "") -> list[tuple[int, str, str]]:
        """Return (row, field, reason) by row: the first field at fault, all that is wrong.

        Args:
            name: of the further event that the rows give; "": their first.
        """
        of = partial(field_of, name) if name else str
        return [
            (
                row,
                of(found[0][0]),
                "; ".join([found[0][1], *(f"{of(f)}: {why}" for f, why in found[1:])]),
            )
            for row, found in sorted(self._found.items())
        ]


@dataclass(frozen=True)
class Origin:
    """What the letters of one batch share.

    Attributes:
        feed: the feed that the rows were sent for.
        received_at: instant of refusal.
        batch: the sender's idempotency key, or where the rows lie in the source.
        media_type: how to read the rows' bytes again.
        header: for CSV, their header line.
    """

    feed: Feed
    received_at: datetime
    batch: str = ""
    media_type: str = "application/json"
    header: str = ""


def write_letter(origin: Origin, place: str, field: str, reason: str, raw: bytes) -> DeadLetter:
    """Return the letter of one refused row, or of one of its further events.

    The same row gets the same id, always; each of its further events another.
    """
    if len(raw) > KEPT:
        reason += f" (of {len(raw)} bytes the first {KEPT} are kept)"
    return DeadLetter(
        letter_id=letter_id(origin.feed.id, origin.header, raw, further_of(field)),
        feed=origin.feed.id,
        department=origin.feed.department,
        place=place,
        field=field,
        reason=reason,
        raw=raw[:KEPT],
        received_at=origin.received_at,
        media_type=origin.media_type,
        header=origin.header,
        batch=origin.batch,
    )


def letter_id(feed: str, header: str, raw: bytes, further: str = "") -> str:
    """Return the id of a refused row: a UUID of version 8 from a hash of what was sent.

    Args:
        feed: id of the feed.
        header: of CSV, else "".
        raw: what was sent.
        further: name of the further event of the row that was refused; "": the row.
    """
    whose = f"{feed}/{further}" if further else feed
    digest = hashlib.blake2b(f"{whose}\x1f{header}\x1f".encode() + raw, digest_size=16).digest()
    number = int.from_bytes(digest)
    number = number & ~(0xF000 << 64) | (0x8000 << 64)
    number = number & ~(0xC000 << 48) | (0x8000 << 48)
    return str(uuid.UUID(int=number))
