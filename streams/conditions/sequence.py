"""Sequence: one thing after another within a time, or the second one missing, or any k of n.

    sequence: {steps: [{kind: rain, where: {value: '>=5'}}, {kind: road_ponding}], within: 2h}
    sequence: {steps: [{kind: safety_hazard}, {kind: hazard_closed, absent: true}], within: 7d}
    sequence: {steps: [{kind: a}, {kind: b}, {kind: c}], any: 2, within: 30m}

It holds from the instant that completes it (of a missing step: when the time for it is over) for
as long as `within`; of a missing step it ends when that comes after all. Events of the same instant
are taken in the order of the steps, so their order of arrival does not matter.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import zip_longest
from typing import Any

import numpy as np

from citybrain.alerts.levels import RANKS
from citybrain.config import City
from citybrain.config.checks import Finding
from streams.rules.condition import Condition, Kind, RuleTime
from streams.rules.fold import CLEAR, Observation
from streams.rules.rows import Ints, Rows
from streams.rules.rule import Rule
from streams.rules.selection import Slots
from streams.rules.where import check_where, tests_of

LONGEST = timedelta(days=8)
FEWEST = 2
"""Steps: a sequence of one is none."""
SWEEP_EVERY = 600
"""Calls of `settle` between two looks at all keys."""
Seen = tuple[int, int]


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        kind: kind of the event; one of the rule's kinds.
        where: what else must be true of it.
        absent: it has to be missing; only the last step can be.
    """

    kind: str
    where: Mapping[str, str] = field(default_factory=dict)
    absent: bool = False


@dataclass(frozen=True)
class Options:
    """The steps.

    Attributes:
        steps: two or more.
        within: time from the first to the last.
        any_: how many different ones of them, in any order; not given: all, in order.
    """

    steps: tuple[Step, ...]
    within: timedelta
    any_: int | None = None


class Sequence(Condition):
    """What was seen of each key lately: (instant, step)."""

    def __init__(self, rule: Rule, slots: Slots) -> None:
        """Look for the steps of `rule`."""
        super().__init__(slots)
        options: Options = rule.condition
        self._steps, self._any = options.steps, options.any_
        self._within = round(options.within.total_seconds() * 1000)
        self._tests = [tests_of(step.where) for step in options.steps]
        self._rank = RANKS[str(rule.level)]
        self._seen: dict[int, list[Seen]] = {}
        self._touched: set[int] = set()
        self._due: list[tuple[int, int]] = []
        self._watermark_ms, self._floor_ms, self._sweeps = 0, -(2**62), 0

    def take(self, rows: Rows, index: Ints, slots: Ints) -> None:
        """Remember which steps the events are."""
        kinds = rows.words("kind")
        for number, step in enumerate(self._steps):
            if step.kind not in kinds.values:
                continue
            chosen = kinds.codes[index] == kinds.values.index(step.kind)
            for test in self._tests[number]:
                chosen &= test.keep(rows, index)
            places = np.flatnonzero(chosen)
            for slot, at in zip(
                slots[places].tolist(), rows.at_ms[index[places]].tolist(), strict=True
            ):
                self._add(slot, at, number)

    def advance(self, time: RuleTime) -> None:
        """Touch the keys whose time for the next step is over."""
        self._watermark_ms = time.watermark_ms
        while self._due and self._due[0][0] <= time.watermark_ms:
            self._touched.add(heapq.heappop(self._due)[1])

    def changed(self) -> Iterable[int]:
        """Return the keys to which something happened."""
        touched, self._touched = self._touched, set()
        return touched

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return when the sequence was completed, and when it was over again."""
        found = sorted(self._observed(sorted(self._seen.get(slot, ()))))
        return [one for one in found if one.at_ms >= since_ms]

    def settle(self, before_ms: int) -> None:
        """Forget what no sequence can need any more."""
        self._floor_ms = before_ms - 3 * self._within
        self._sweeps += 1
        if self._sweeps % SWEEP_EVERY == 0:
            for slot in list(self._seen):
                self._prune(slot)

    def pack(self) -> dict[str, Any]:
        """Return what was seen."""
        return {"seen": {str(slot): seen for slot, seen in self._seen.items()}, "due": self._due}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what was seen."""
        for slot, seen in state["seen"].items():
            self._seen[int(slot)] = [(at, step) for at, step in seen]
        self._due = [(at, slot) for at, slot in state["due"]]
        heapq.heapify(self._due)

    def _add(self, slot: int, at: int, step: int) -> None:
        seen = self._seen.setdefault(slot, [])
        seen.append((at, step))
        heapq.heappush(self._due, (at + self._within, slot))
        self._touched.add(slot)
        if len(seen) % 64 == 0:
            self._prune(slot)

    def _prune(self, slot: int) -> None:
        kept = [one for one in self._seen[slot] if one[0] >= self._floor_ms]
        if kept:
            self._seen[slot] = kept
        else:
            del self._seen[slot]

    def _observed(self, seen: list[Seen]) -> Iterator[Observation]:
        if self._steps[-1].absent:
            yield from self._missing(seen)
            return
        completed = self._any_of(seen) if self._any else self._in_order(seen, len(self._steps))
        instants = list(completed)
        for at, after in zip_longest(instants, instants[1:]):
            yield Observation(at, self._rank, 1.0)
            over = at + self._within
            if over <= self._watermark_ms and (after is None or after > over):
                yield Observation(over, CLEAR, 0.0)

    def _in_order(self, seen: list[Seen], count: int) -> Iterator[int]:
        """Yield the instants at which the first `count` steps were completed in order."""
        begun: list[int | None] = [None] * count
        for at, step in seen:
            if step == 0:
                begun[0] = at
            elif step < count:
                start = begun[step - 1]
                if start is None or at - start > self._within:
                    continue
                begun[step] = start
            if step == count - 1:
                yield at

    def _any_of(self, seen: list[Seen]) -> Iterator[int]:
        last: dict[int, int] = {}
        for at, step in seen:
            last[step] = at
            near = sum(at - other <= self._within for other in last.values())
            if near >= (self._any or 0):
                yield at

    def _missing(self, seen: list[Seen]) -> Iterator[Observation]:
        """Yield when the last step was due and missing, and when it came after all."""
        final = len(self._steps) - 1
        came = [at for at, step in seen if step == final]
        for at in came:
            yield Observation(at, CLEAR, 0.0)
        for at in self._in_order(seen, final):
            due = at + self._within
            if due <= self._watermark_ms and not any(at <= other <= due for other in came):
                yield Observation(due, self._rank, 1.0)


def _check(rule: Rule) -> Iterator[Finding]:
    options: Options = rule.condition
    if len(options.steps) < FEWEST:
        yield Finding("steps", f"{len(options.steps)} step", "give two or more")
    if not timedelta() < options.within <= LONGEST:
        yield Finding("within", f"{options.within} is impossible", "give up to 8d")
    if options.any_ is not None and not FEWEST <= options.any_ <= len(options.steps):
        yield Finding("any", f"{options.any_} of {len(options.steps)}", "give 2 up to all of them")
    for number, step in enumerate(options.steps):
        if step.kind not in rule.kinds:
            remedy = f"add {step.kind!r} to the rule's kinds"
            yield Finding(f"steps[{number}].kind", f"the rule does not read {step.kind!r}", remedy)
        if step.absent and (number != len(options.steps) - 1 or options.any_):
            yield Finding(f"steps[{number}].absent", "only the last step can be missing", "move it")
        for found in check_where(step.where):
            item = f"steps[{number}].{found.item}"
            yield Finding(item, found.problem, found.remedy)


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    names = [f"no {step.kind}" if step.absent else step.kind for step in options.steps]
    return f"{options.any_} of {', '.join(names)}" if options.any_ else ", then ".join(names)


def _make(rule: Rule, slots: Slots, _lateness_ms: int, _city: City) -> Sequence:
    return Sequence(rule, slots)


KIND = Kind(Options, _make, _check, _measure, single=True)
