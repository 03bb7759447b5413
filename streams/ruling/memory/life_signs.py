"""Signs of life: when each key was heard of, as runs without a silence between them.

A *run* is a stretch of time in which no two signs of a key are further apart than its limit. A
silence is what lies between two runs, and after the last. Only runs are kept, so a key that speaks
every second costs no more than one that speaks every hour; which runs there are is a function of
the set of signs, not of their order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from streams.ruling.intake.rows import Ints, Truths

NEVER = -(2**62)
Run = tuple[int, int]


class LifeSigns:
    """The runs of the keys of one rule.

    Attributes:
        first: slot → start of the newest run, ms since 1970 UTC; NEVER: never heard of.
        last: slot → the newest sign.
        limit: slot → longest time between two signs of one run, ms.
    """

    def __init__(self) -> None:
        """Start with nothing heard."""
        self.first, self.last, self.limit = (np.zeros(0, np.int64) for _ in range(3))
        self._older: dict[int, list[Run]] = {}

    def grow(self, limits: list[int]) -> None:
        """Make room for new slots, whose limits these are, ms."""
        if limits:
            fresh = np.full(len(limits), NEVER)
            self.first = np.concatenate([self.first, fresh])
            self.last = np.concatenate([self.last, fresh])
            self.limit = np.concatenate([self.limit, np.array(limits, np.int64)])

    def add(self, slots: Ints, at_ms: Ints) -> tuple[Ints, Ints]:
        """Take signs in.

        Returns:
            The slots that were heard of, and those of them whose runs are not just the same
            with a newer end.
        """
        seen, place = np.unique(slots, return_inverse=True)
        low, high = np.full(len(seen), 2**62), np.full(len(seen), NEVER)
        np.minimum.at(low, place, at_ms)
        np.maximum.at(high, place, at_ms)
        known = self.last[seen] != NEVER
        plain = known & (low >= self.first[seen])
        plain[plain] = high[plain] - self.last[seen[plain]] <= self.limit[seen[plain]]
        self.last[seen[plain]] = np.maximum(self.last[seen[plain]], high[plain])
        broken: Ints = seen[~plain]
        if len(broken):
            self._rebuild(slots, at_ms, (~plain)[place])
        return seen, broken

    def runs(self, slot: int) -> list[Run]:
        """Return the runs of a key, in the order of time."""
        if self.last[slot] == NEVER:
            return []
        return [*self._older.get(slot, ()), (int(self.first[slot]), int(self.last[slot]))]

    def settle(self, before_ms: int) -> None:
        """Forget runs whose next one began before `before_ms`: no silence after it follows them."""
        for slot, older in list(self._older.items()):
            starts = [start for start, _ in older[1:]] + [int(self.first[slot])]
            kept = [run for run, after in zip(older, starts, strict=True) if after >= before_ms]
            if kept:
                self._older[slot] = kept
            else:
                del self._older[slot]

    def pack(self) -> dict[str, Any]:
        """Return all that is known as plain values."""
        arrays = {name: getattr(self, name).tobytes() for name in ("first", "last", "limit")}
        return {**arrays, "older": [(slot, runs) for slot, runs in self._older.items()]}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned."""
        for name in ("first", "last", "limit"):
            setattr(self, name, np.frombuffer(state[name], np.int64).copy())
        self._older = {slot: [(start, end) for start, end in runs] for slot, runs in state["older"]}

    def _rebuild(self, slots: Ints, at_ms: Ints, chosen: Truths) -> None:
        """Take in signs that begin, join or split something."""
        order = np.lexsort((at_ms[chosen], slots[chosen]))
        slots, at_ms = slots[chosen][order], at_ms[chosen][order]
        edges = np.flatnonzero((np.diff(slots) != 0) | (np.diff(at_ms) > self.limit[slots[1:]]))
        starts = [0, *(edges + 1).tolist()]
        ends = [*edges.tolist(), len(slots) - 1]
        fresh: dict[int, list[Run]] = {}
        for start, end in zip(starts, ends, strict=True):
            run = (int(at_ms[start]), int(at_ms[end]))
            fresh.setdefault(int(slots[start]), []).append(run)
        for slot, runs in fresh.items():
            *older, newest = _joined([*self.runs(slot), *runs], int(self.limit[slot]))
            self.first[slot], self.last[slot] = newest
            if older:
                self._older[slot] = older
            else:
                self._older.pop(slot, None)


def _joined(runs: list[Run], limit: int) -> list[Run]:
    joined: list[Run] = []
    for start, end in sorted(runs):
        if joined and start - joined[-1][1] <= limit:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined
