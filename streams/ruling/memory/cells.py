"""Base cells: what was counted and measured of each key in each bucket of event time.

One ring of buckets for all keys of a rule: arrays of (slot, bucket). A bucket is a minute, or more
where the rule's windows are long, so that a ring has a few hundred columns at most. Adding is
commutative, so any order and split of the same events gives the same cells; sums are kept in whole
millionths, which floats add up exactly.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from streams.ruling.intake.rows import Floats, Ints
from streams.ruling.memory.time_axis import TimeAxis

MINUTE_MS = 60_000
MOST_BUCKETS = 240
EXACT = 1e6
"""Sums are kept as whole numbers of this part of one."""
_EMPTY = {"count": 0.0, "sum": 0.0, "min": np.inf, "max": -np.inf}
_ADD = {"count": np.add, "sum": np.add, "min": np.minimum, "max": np.maximum}


class Cells:
    """Cells of the keys of one rule.

    Attributes:
        axis: which bucket an instant is in.
        span: how many buckets are held.
        head: number of the newest bucket; None before any event.
        late: events that were too old for the ring.
    """

    def __init__(self, parts: tuple[str, ...], axis: TimeAxis, span: int) -> None:
        """Hold `parts` (of count, sum, min, max) in `span` buckets of `axis`."""
        self.axis, self.span = axis, span
        self.head: int | None = None
        self.late = 0
        self._parts = {part: np.full((0, span), _EMPTY[part]) for part in parts}

    @property
    def names(self) -> Iterable[str]:
        """The parts that are held."""
        return self._parts.keys()

    @property
    def tail(self) -> int:
        """Number of the oldest bucket that is held."""
        return (self.head or 0) - self.span + 1

    def add(
        self, slots: Ints, at_ms: Ints, value: Floats, size: int, signs: Ints | None = None
    ) -> tuple[Ints, Ints]:
        """Add events; return the slots and buckets of those that were not too old.

        Args:
            slots: of each event.
            at_ms: of each event.
            value: of each event; NaN counts, but measures nothing.
            size: how many slots there are now.
            signs: 1, or -1 where one is taken off; None: all are added. Least and greatest stay.
        """
        self._grow(size)
        buckets = self.axis.buckets(at_ms)
        if len(buckets):
            self.reach(int(buckets.max()))
        kept = buckets >= self.tail
        if not kept.all():
            self.late += int((~kept).sum())
            slots, buckets, value = slots[kept], buckets[kept], value[kept]
            signs = None if signs is None else signs[kept]
        flat = slots * self.span + buckets % self.span
        numbers = ~np.isnan(value)
        for part, cells in self._parts.items():
            if part == "count":
                np.add.at(cells.reshape(-1), flat, 1.0 if signs is None else signs)
            else:
                amount = np.rint(value * EXACT) if part == "sum" else value
                amount = amount if signs is None or part != "sum" else amount * signs
                _ADD[part].at(cells.reshape(-1), flat[numbers], amount[numbers])
        return slots, buckets

    def reach(self, bucket: int) -> None:
        """Make room up to `bucket`; the oldest buckets are forgotten."""
        if self.head is None:
            self.head = bucket
            return
        fresh = bucket - self.head
        if fresh <= 0:
            return
        columns = (self.head + 1 + np.arange(min(fresh, self.span))) % self.span
        for part, cells in self._parts.items():
            cells[:, columns] = _EMPTY[part]
        self.head = bucket

    def part(self, name: str, slots: Ints, first: int, last: int) -> Floats:
        """Return one part of the cells of `slots` in the buckets `first`…`last`, in order.

        Buckets that are not held are empty.
        """
        buckets = np.arange(first, last + 1)
        places, cells = buckets % self.span, self._parts[name]
        if len(slots) == 1:  # a key that is looked at by itself; much the quicker way
            found: Floats = cells[slots[0], places][np.newaxis]
        else:
            found = cells[np.ix_(slots, places)]
        if first < self.tail or last > (self.head or 0):
            found[:, (buckets < self.tail) | (buckets > (self.head or 0))] = _EMPTY[name]
        return found / EXACT if name == "sum" else found

    def holds(self, slot: int) -> bool:
        """Return whether anything is in the cells of `slot`."""
        return any(
            slot < len(cells) and bool((cells[slot] != _EMPTY[part]).any())
            for part, cells in self._parts.items()
        )

    def pack(self) -> dict[str, Any]:
        """Return what is not empty as plain values."""
        parts: dict[str, Any] = {}
        for part, cells in self._parts.items():
            flat = np.flatnonzero(cells.reshape(-1) != _EMPTY[part])
            parts[part] = [flat.astype(np.int64).tobytes(), cells.reshape(-1)[flat].tobytes()]
        rows = next(iter(self._parts.values())).shape[0]
        return {"head": self.head, "late": self.late, "rows": rows, "span": self.span, "of": parts}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned; cells of another layout are left out."""
        if state["span"] != self.span:
            return
        self.head, self.late = state["head"], state["late"]
        self._grow(state["rows"])
        for part, (flat, values) in state["of"].items():
            if part in self._parts:
                places = np.frombuffer(flat, np.int64)
                self._parts[part].reshape(-1)[places] = np.frombuffer(values, np.float64)

    def _grow(self, size: int) -> None:
        have = next(iter(self._parts.values())).shape[0]
        if size <= have:
            return
        more = max(size, 2 * have) - have
        for part, cells in self._parts.items():
            empty = np.full((more, self.span), _EMPTY[part])
            self._parts[part] = np.concatenate([cells, empty])


def step_of(window_ms: int) -> int:
    """Return the length of a bucket for windows of `window_ms`: whole minutes that divide it."""
    minutes = max(1, window_ms // MINUTE_MS)
    step = -(-minutes // MOST_BUCKETS)
    while minutes % step:
        step += 1
    return step * MINUTE_MS


def session_step_of(window_ms: int, gap_ms: int) -> int:
    """Return the length of a bucket for sessions: a twelfth of the gap at most, or a minute."""
    shared = math.gcd(window_ms, gap_ms) // MINUTE_MS
    most = max(1, gap_ms // MINUTE_MS // 12)
    return MINUTE_MS * max(size for size in range(1, most + 1) if shared % size == 0)
