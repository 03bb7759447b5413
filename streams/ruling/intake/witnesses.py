"""The newest events behind each key of a rule, as evidence: whose, where, from which feed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from streams.ruling.intake.rows import EventRows, Ints, Truths

KEPT = 10
"""Events that are kept of a key."""
A_BATCH = 100
"""Events of a batch that are looked at; evidence is a sample, not a count."""
MOST_KEYS = 5_000
"""Keys beyond which those that are not live are forgotten."""
LONGEST_TEXT = 200
"""Characters of an event's text that are kept: it stands in a sentence."""
_Raw = tuple[Any, ...]
"""A `Witness` whose event is still 16 bytes."""
_WORDS = ("feed", "department", "kind", "area", "subject", "origin")


class Witness(NamedTuple):
    """One event: instant (ms), id (UUID text), words, position (WGS-84, NaN: unknown), its text."""

    at_ms: int
    event: str
    feed: str
    department: str
    kind: str
    area: str
    subject: str
    origin: str
    lon: float
    lat: float
    text: str = ""


class Witnesses:
    """The newest events of each slot; no more is made of them until they are evidence."""

    def __init__(self) -> None:
        """Start without any."""
        self._of: dict[int, deque[_Raw]] = {}

    def add(self, rows: EventRows, index: Ints, slots: Ints, live: Truths) -> None:
        """Keep the events at `index`, whose slots are `slots`."""
        if len(index) > A_BATCH:
            index, slots = index[-A_BATCH:], slots[-A_BATCH:]
        for slot, raw in zip(slots.tolist(), _raw(rows, index), strict=True):
            kept = self._of.get(slot)
            if kept is None:
                kept = self._of[slot] = deque(maxlen=KEPT)
            kept.append(raw)
        if len(self._of) > MOST_KEYS:
            self._of = {slot: kept for slot, kept in self._of.items() if live[slot]}

    def of(self, slot: int) -> list[Witness]:
        """Return the events of `slot`, newest last."""
        return sorted(map(_witness, self._of.get(slot, ())))

    def drop(self, slots: Iterable[int]) -> None:
        """Forget the events of `slots`."""
        for slot in slots:
            self._of.pop(slot, None)

    def pack(self, slots: Iterable[int]) -> list[tuple[int, list[_Raw]]]:
        """Return the events of `slots` as plain values."""
        return [(slot, list(self._of[slot])) for slot in slots if slot in self._of]

    def unpack(self, state: Sequence[tuple[int, Sequence[Sequence[Any]]]]) -> None:
        """Take over what `pack` returned."""
        for slot, found in state:
            self._of[slot] = deque(map(tuple, found), KEPT)


def witnesses_of(rows: EventRows, index: Ints) -> Iterable[Witness]:
    """Return the events at `index`."""
    return map(_witness, _raw(rows, index))


def _raw(rows: EventRows, index: Ints) -> Iterable[_Raw]:
    words = []
    for name in _WORDS:
        column = rows.words(name)
        words.append([column.values[code] for code in column.codes[index].tolist()])
    numbers = (rows.lon[index].tolist(), rows.lat[index].tolist())
    own = (rows.at_ms[index].tolist(), rows.ids[index].tolist())
    return zip(*own, *words, *numbers, rows.texts(index, LONGEST_TEXT), strict=True)


def _witness(raw: _Raw) -> Witness:
    at_ms, event, *others = raw
    return Witness(at_ms, str(UUID(bytes=event)), *others)
