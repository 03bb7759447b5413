"""Matters that are due at some time, and open until something closes them.

Levels are how long after the due time, negative ones before it. What names a due time opens a
matter, or moves its due time, or opens it again; time alone raises the level. Every version of a
record is looked at, at the instant since which the record is so.
"""

from __future__ import annotations

import heapq
from abc import abstractmethod
from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from citybrain.city.references import RecordFault
from citybrain.floor.event_columns import CLOSED
from citybrain.rules.rule import Rule
from streams.ruling.condition import Condition, RuleTime
from streams.ruling.fold import CLEAR, Observation, code
from streams.ruling.intake.rows import EventRows, Ints, Truths
from streams.ruling.intake.selection import Slots

NEVER = 2**62
SETTLE_MS = 60_000
"""How much time has to pass before the matters are looked through again for what is over."""

Mark = tuple[int, int, int]
"""Instant of an event, 1 if it closes (then it comes after one that opens), due time; in ms."""


class DueMatters(Condition):
    """The matters of one rule that are open, or were a moment ago."""

    sleeps = True
    news = None

    def __init__(self, rule: Rule, slots: Slots) -> None:
        """Watch the matters of `rule`."""
        super().__init__(slots)
        self._levels = rule.thresholds
        self._steps = [round(value * 1000) for value in self._levels.values]
        self._marks: dict[int, list[Mark]] = {}
        self._next: dict[int, int] = {}
        self._heap: list[tuple[int, int]] = []
        self._now_ms = self._settled_ms = 0
        self._changed: set[int] = set()

    @abstractmethod
    def due(self, rows: EventRows, index: Ints) -> Iterable[int | None]:
        """Return when the matter of each event is due, ms; None where it does not say."""

    def closes(self, rows: EventRows, index: Ints) -> Truths:
        """Return which events close their matter: by default what says that its record is."""
        statuses = rows.words("status")
        closed = np.array([status == CLOSED for status in statuses.values], np.bool_)
        found: Truths = closed[statuses.codes[index]]
        return found

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Note what opens and closes matters."""
        found = zip(
            slots.tolist(),
            rows.at_ms[index].tolist(),
            self.closes(rows, index).tolist(),
            self.due(rows, index),
            strict=True,
        )
        for slot, at_ms, closes, due in found:
            if closes:
                self._note(slot, (at_ms, 1, 0))
            elif due is not None:
                self._note(slot, (at_ms, 0, due))

    def advance(self, time: RuleTime) -> None:
        """Find the matters that have come to another level."""
        self._now_ms = time.now_ms
        while self._heap and self._heap[0][0] <= self._now_ms:
            instant, slot = heapq.heappop(self._heap)
            if self._next.get(slot) == instant:
                self._changed.add(slot)
                self._remind(slot)

    def changed(self) -> Iterable[int]:
        """Return the matters that were heard of, or came to another level."""
        changed, self._changed = self._changed, set()
        return sorted(changed)

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return how far each matter is from its due time, at events and as it reaches a level."""
        marks = self._marks.get(slot, [])
        for number, (at_ms, closes, due) in enumerate(marks):
            over = marks[number + 1][0] if number + 1 < len(marks) else self._now_ms + 1
            if at_ms >= since_ms:
                past = (at_ms - due) / 1000
                rank = CLEAR if closes else code(past, self._levels)
                yield Observation(at_ms, rank, 0.0 if closes else past)
            if closes:
                continue
            for rank, step in zip(self._levels.ranks, self._steps, strict=True):
                if max(since_ms, at_ms + 1) <= due + step < over:
                    yield Observation(due + step, rank, step / 1000)

    def settle(self, before_ms: int) -> None:
        """Forget matters that were closed, and what was said of others, before `before_ms`."""
        if before_ms < self._settled_ms + SETTLE_MS:
            return
        self._settled_ms = before_ms
        for slot in list(self._marks):
            marks = self._marks[slot]
            old = [mark for mark in marks if mark[0] < before_ms]
            kept = [mark for mark in old[-1:] if not mark[1]] + marks[len(old) :]
            if kept:
                self._marks[slot] = kept
            else:
                del self._marks[slot]

    def knows(self, slot: int) -> bool:
        """Return whether a matter is open, or was a moment ago."""
        return slot in self._marks

    def pack(self) -> dict[str, Any]:
        """Return the matters."""
        return {"marks": list(self._marks.items()), "now": self._now_ms}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over matters."""
        self._now_ms = state["now"]
        self._marks = {slot: [(at, end, due) for at, end, due in m] for slot, m in state["marks"]}
        for slot in self._marks:
            self._remind(slot)

    def _note(self, slot: int, mark: Mark) -> None:
        marks = self._marks.setdefault(slot, [])
        if mark in marks:
            return
        insort(marks, mark)
        self._remind(slot)
        lowest = min((due for _, closes, due in marks if not closes), default=NEVER)
        if self._is_live(slot) or lowest + self._steps[0] <= max(self._now_ms, marks[-1][0]):
            self._changed.add(slot)

    def _is_live(self, slot: int) -> bool:
        return slot < len(self.live) and bool(self.live[slot])

    def _remind(self, slot: int) -> None:
        """Remember when time alone brings a matter to its next level."""
        self._next.pop(slot, None)
        _, closes, due = self._marks[slot][-1]
        later = (due + step for step in self._steps if due + step > self._now_ms)
        instant = None if closes else next(later, None)
        if instant is not None:
            self._next[slot] = instant
            heapq.heappush(self._heap, (instant, slot))


def check_durations(rule: Rule) -> Iterator[RecordFault]:
    """Yield what is wrong with a rule about matters, beyond its options."""
    if not rule.by:
        yield RecordFault("", "takes all matters for one", "say by: [subject]")
    if rule.below:
        yield RecordFault("", "lateness never sinks", "give above instead of below")
    for level, text in rule.above.items():
        if text.lstrip("-").replace(".", "", 1).isdigit():
            yield RecordFault(
                "", f"{level} at {text!r} is no duration", "give for example -2h, 0s, 1d"
            )
