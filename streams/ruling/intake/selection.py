"""Which events a rule looks at, and by which key it tells them apart.

Keys are numbered: `Slots` gives every key that was ever seen a slot, an index into the arrays in
which conditions hold what they know.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence

import numpy as np

from citybrain.rules.rule import Rule
from streams.ruling.intake.rows import EventRows, Ints
from streams.ruling.intake.where import tests_of


class Slots:
    """The keys of a rule, numbered; a number that was released is given to another key.

    Attributes:
        keys: slot → the key's values, in the order of the rule's `by`; of a released one the last.
    """

    def __init__(self) -> None:
        """Start with none."""
        self.restore((), ())

    def restore(self, keys: Iterable[Sequence[str]], free: Iterable[int]) -> None:
        """Know exactly `keys`, of which the slots `free` are released."""
        self.keys = [tuple(key) for key in keys]
        self._free = sorted(free)
        released = set(self._free)
        self._slots = {key: slot for slot, key in enumerate(self.keys) if slot not in released}

    def __len__(self) -> int:
        """Return how many slots there are, released ones included."""
        return len(self.keys)

    @property
    def free(self) -> Sequence[int]:
        """The slots that are released."""
        return self._free

    def slot(self, key: tuple[str, ...]) -> int:
        """Return the slot of `key`, a new or released one where it is not known."""
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = self._next()
            self.keys[slot] = key
        return slot

    def find(self, key: tuple[str, ...]) -> int | None:
        """Return the slot of `key`; None where it is not known."""
        return self._slots.get(key)

    def release(self, slot: int) -> bool:
        """Forget the key of `slot`; return whether it had one."""
        if self._slots.get(self.keys[slot]) != slot:
            return False
        del self._slots[self.keys[slot]]
        heapq.heappush(self._free, slot)
        return True

    def _next(self) -> int:
        if self._free:
            return heapq.heappop(self._free)
        self.keys.append(())
        return len(self.keys) - 1

    def of(self, rows: EventRows, index: Ints, by: Sequence[str]) -> Ints:
        """Return the slot of each event at `index`."""
        if not by:
            return np.full(len(index), self.slot(()), np.int64)
        columns = [rows.words(name) for name in by]
        codes = columns[0].codes[index]
        for words in columns[1:]:
            codes = codes * len(words.values) + words.codes[index]
        found, inverse = np.unique(codes, return_inverse=True)
        keys = _decoded(found, [words.values for words in columns])
        slots = np.fromiter(map(self.slot, keys), np.int64, len(found))
        return slots[inverse]


class Selection:
    """The events of one rule in a batch."""

    def __init__(self, rule: Rule) -> None:
        """Select what `rule` looks at."""
        self._kinds = frozenset(rule.kinds)
        self._by = rule.by
        self._tests = tests_of(rule.where)

    def of(self, rows: EventRows) -> Ints:
        """Return the indices of the events that the rule looks at; without a key it has none."""
        index = self._with_key(rows, rows.of_kinds(self._kinds))
        for test in self._tests:
            if not len(index):
                break
            index = index[test.keep(rows, index)]
        return index

    def _with_key(self, rows: EventRows, index: Ints) -> Ints:
        for name in self._by:
            words = rows.words(name)
            if "" in words.values:
                index = index[words.codes[index] != words.values.index("")]
        return index


def _decoded(codes: Ints, values: Sequence[list[str]]) -> Iterable[tuple[str, ...]]:
    """Return the key of each of `codes`, of whose digits the last is into the last of `values`."""
    columns = []
    for words in reversed(values):
        codes, places = np.divmod(codes, len(words))
        columns.append([words[place] for place in places.tolist()])
    return zip(*reversed(columns), strict=True)
