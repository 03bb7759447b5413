"""Open now: so many records are open at once.

    open_now: {}
    with by: [street], above: {yellow: 20, orange: 50}

For feeds whose records have a `status`. A record counts from the version that says that it is open
to the one that says something else, moves it to another key, or takes it back. A record of which
nothing was heard since the rule runs is not known to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.event_columns import OPEN
from citybrain.rules.rule import Rule
from streams.ruling.condition import Condition, ConditionKind, RuleTime
from streams.ruling.fold import Observation, code
from streams.ruling.intake.rows import EventRows, Ints
from streams.ruling.intake.selection import Slots
from streams.ruling.memory.open_records import OpenRecords


@dataclass(frozen=True)
class Options:
    """Nothing more is to be said."""


class OpenNow(Condition):
    """The records of one rule that are open."""

    sleeps = True
    takes_back = True

    def __init__(self, rule: Rule, slots: Slots) -> None:
        """Count the records of `rule`."""
        super().__init__(slots)
        self._levels = rule.thresholds
        self._records = OpenRecords()
        self._changed: set[int] = set()

    def chosen(self, rows: EventRows, index: Ints) -> Ints:
        """Return the rows that say, or take back, that a record is open."""
        statuses = rows.words("status")
        is_open = np.array([status == OPEN for status in statuses.values], np.bool_)
        return index[is_open[statuses.codes[index]]]

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Note which records are open, and which no more."""
        ids = [bytes(one) for one in rows.ids[index]]
        at, signs = rows.at_ms[index].tolist(), rows.signs[index].tolist()
        for slot, at_ms, ident, sign in zip(slots.tolist(), at, ids, signs, strict=True):
            self._records.note(slot, at_ms, ident, is_open=sign > 0)
            self._changed.add(slot)

    def advance(self, time: RuleTime) -> None:
        """Time alone opens and closes nothing."""

    def changed(self) -> Iterable[int]:
        """Return the keys of which something was heard."""
        changed, self._changed = self._changed, set()
        return sorted(changed)

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return how many were open after each change."""
        for at_ms, count in self._records.counts(slot):
            if at_ms >= since_ms:
                yield Observation(at_ms, code(count, self._levels), float(count))

    def settle(self, before_ms: int) -> None:
        """Keep of what changed before `before_ms` only what it came to."""
        self._records.settle(before_ms)

    def knows(self, slot: int) -> bool:
        """Return whether any record is open, or was a moment ago."""
        return self._records.knows(slot)

    def pack(self) -> dict[str, Any]:
        """Return the records."""
        return self._records.pack()

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over records."""
        self._records = OpenRecords.of(state)


def _check(rule: Rule) -> Iterator[RecordFault]:
    if rule.below:
        yield RecordFault("", "a count of what is open is too high, not too low", "give above")


def _make(rule: Rule, slots: Slots, _lateness_ms: int, _city: City) -> OpenNow:
    return OpenNow(rule, slots)


def _measure(rule: Rule) -> str:
    return f"open records of {' + '.join(rule.kinds)}"


KIND = ConditionKind(Options, _make, _check, _measure, changes=True, status=True)
