"""Which records of each key are open, as of an instant, and what changed since."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

Change = tuple[int, bytes, bool]
"""Instant in ms, record, whether it is open from then on."""
_INSTANT = itemgetter(0)


class OpenRecords:
    """The open records of the keys of one rule.

    Changes of one record come in the order of its feed; at one instant the later one counts.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._open: dict[int, set[bytes]] = {}
        self._changes: dict[int, list[Change]] = {}

    @classmethod
    def of(cls, state: Mapping[str, Any]) -> OpenRecords:
        """Return what `pack` returned."""
        made = cls()
        made._open = {slot: set(records) for slot, records in state["open"]}
        made._changes = {
            slot: [(at, ident, is_open) for at, ident, is_open in changes]
            for slot, changes in state["changes"]
        }
        return made

    def note(self, slot: int, at_ms: int, ident: bytes, *, is_open: bool) -> None:
        """Note that record `ident` of the key is open from an instant on, or is not."""
        insort(self._changes.setdefault(slot, []), (at_ms, ident, is_open), key=_INSTANT)

    def counts(self, slot: int) -> Iterator[tuple[int, int]]:
        """Yield each instant of a change that is not settled, and how many are open after it."""
        open_now = set(self._open.get(slot, ()))
        changes = self._changes.get(slot, [])
        for number, change in enumerate(changes):
            _apply(open_now, change)
            if number + 1 == len(changes) or changes[number + 1][0] > change[0]:
                yield change[0], len(open_now)

    def settle(self, before_ms: int) -> None:
        """Keep of what changed before `before_ms` only what it came to."""
        for slot in list(self._changes):
            changes = self._changes[slot]
            done = [change for change in changes if change[0] < before_ms]
            if not done:
                continue
            settled = self._open.setdefault(slot, set())
            for change in done:
                _apply(settled, change)
            if not settled:
                del self._open[slot]
            if len(done) == len(changes):
                del self._changes[slot]
            else:
                self._changes[slot] = changes[len(done) :]

    def knows(self, slot: int) -> bool:
        """Return whether any record of the key is open, or changed a moment ago."""
        return slot in self._open or slot in self._changes

    def pack(self) -> dict[str, Any]:
        """Return all that is known as plain values."""
        settled = [(slot, sorted(records)) for slot, records in self._open.items()]
        return {"open": settled, "changes": list(self._changes.items())}


def _apply(records: set[bytes], change: Change) -> None:
    _, ident, is_open = change
    if is_open:
        records.add(ident)
    else:
        records.discard(ident)
