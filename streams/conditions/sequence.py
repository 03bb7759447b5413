"""Sequence: one thing after another within a time, or the second one missing, or any k of n.

    sequence: {steps: [{kind: rain, where: {value: '>=5'}}, {kind: road_ponding}], within: 2h}
    sequence: {steps: [{kind: safety_hazard}, {kind: hazard_closed, absent: true}], within: 7d}
    sequence: {steps: [{kind: a}, {kind: b}, {kind: c}], any: 2, within: 30m}

It holds from the instant that completes it for as long as `within`; whatever completes it again
meanwhile is the same alert. A missing step has `within` from the one before it; the alert begins
when that time is over, and ends when the step comes after all. The alert's beginning, and so its
id, is the instant of completion, which an earlier first step that arrives late does not move; the
steps themselves are in the alert's words and points.

For steps that are other rules' alerts, see `alert_sequence`.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.duration import words, words_zh
from citybrain.floor.levels import RANKS
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.ruling.condition import Condition, ConditionKind, RuleTime
from streams.ruling.fold import CLEAR, Observation, Spell
from streams.ruling.intake.rows import EventRows, Ints
from streams.ruling.intake.selection import Slots
from streams.ruling.intake.where import check_where, tests_of
from streams.ruling.memory.step_plans import (
    Chain,
    SeenStep,
    chains,
    check_plan,
    measure,
    overdue,
    plan_of,
    seen,
)

LONGEST = timedelta(days=8)
SWEEP_EVERY = 600
"""Calls of `settle` between two looks at all keys."""
PRUNE_EVERY = 64


@dataclass(frozen=True)
class SequenceStep:
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
        within: time from the first to the last; to a missing one from the one before it.
        any_: how many different ones of them, in any order; not given: all, in order.
    """

    steps: tuple[SequenceStep, ...]
    within: timedelta
    any_: int | None = None


class Steps(Condition):
    """What was seen of each key lately, in the order of time."""

    sleeps = True

    def __init__(self, rule: Rule, slots: Slots, city: City) -> None:
        """Look for the steps of `rule`."""
        super().__init__(slots)
        options: Options = rule.condition
        self._plan = plan_of(options.steps, options.within, options.any_)
        self._steps = [(step.kind, tests_of(step.where)) for step in options.steps]
        self._titles = _titles(options.steps, city)
        self._zone = ZoneInfo(city.time_zone)
        self._rank = RANKS[str(rule.level)]
        self._seen: dict[int, list[SeenStep]] = {}
        self._fits: dict[int, int] = {}
        self._touched: set[int] = set()
        self._wake: dict[int, int] = {}
        self._due: list[tuple[int, int]] = []
        self._watermark_ms, self._floor_ms, self._sweeps = 0, -(2**62), 0

    def chosen(self, rows: EventRows, index: Ints) -> Ints:
        """Return the events that are steps."""
        kept: Ints = index[self._matches(rows, index) != 0]
        return kept

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Remember events that are steps."""
        fitting = self._matches(rows, index).tolist()
        for slot, at, fits in zip(slots.tolist(), rows.at_ms[index].tolist(), fitting, strict=True):
            self._add(slot, seen(at, fits))

    def advance(self, time: RuleTime) -> None:
        """Touch the keys for which time alone changes something."""
        self._watermark_ms = time.watermark_ms
        while self._due and self._due[0][0] <= time.watermark_ms:
            due, slot = heapq.heappop(self._due)
            if self._wake.get(slot) == due:
                del self._wake[slot]
                self._touched.add(slot)

    def changed(self) -> Iterable[int]:
        """Return the keys to which something happened."""
        touched, self._touched = self._touched, set()
        return touched

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return when the sequence was completed, and when it was over again."""
        found, missing = self._lately(slot, since_ms), self._plan.missing
        observed = sorted(self._missing(found) if missing else self._completed(found))
        ahead = [
            one.at_ms
            for one in observed
            if one.at_ms > self._watermark_ms and (one.code == CLEAR) is not missing
        ]
        if ahead:  # what is missing, or over, is so only when the watermark has come to it
            self._remind(slot, ahead[0])
        return [one for one in observed if one.at_ms >= since_ms and one.at_ms not in ahead]

    def settle(self, before_ms: int) -> None:
        """Forget what no sequence can need any more."""
        self._floor_ms = before_ms - 3 * self._plan.within_ms
        self._sweeps += 1
        if self._sweeps % SWEEP_EVERY == 0:
            for slot in list(self._seen):
                self._prune(slot)

    def knows(self, slot: int) -> bool:
        """Return whether any step may still count."""
        return slot in self._seen

    def points(self, slot: int, at_ms: int) -> list[tuple[int, float]]:
        """Return (instant, number of the step) of what completed it."""
        return [(at, step + 1.0) for at, step in self._chain(slot, at_ms)]

    def words(self, slot: int, spell: Spell) -> Text:
        """Return the steps with their times."""
        parts = [
            (self._clock(at), self._titles[step]) for at, step in self._chain(slot, spell.at_ms)
        ]
        zh = " → ".join(f"{at} {title.zh}" for at, title in parts)
        en = " → ".join(f"{at} {title.en}" for at, title in parts)
        if not self._plan.missing:
            return Text(zh, en)
        span, last = self._plan.within_ms // 1000, self._titles[-1]
        return Text(
            f"{zh}；{words_zh(span)}内未见{last.zh}".lstrip("；"),
            f"{en}; no {last.en} within {words(span)}".lstrip("; "),
        )

    def _clock(self, at_ms: int) -> str:
        return f"{datetime.fromtimestamp(at_ms / 1000, self._zone):%H:%M}"

    def pack(self) -> dict[str, Any]:
        """Return what was seen."""
        return {"seen": {str(slot): found for slot, found in self._seen.items()}}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned."""
        for slot, found in state["seen"].items():
            self._seen[int(slot)] = [SeenStep(*one) for one in found]
            self._fits[int(slot)] = _all_fits(self._seen[int(slot)])
            self._touched.add(int(slot))

    def _matches(self, rows: EventRows, index: Ints) -> Ints:
        """Return, for each event, a number whose bits say which steps it is."""
        kinds, fits = rows.words("kind"), np.zeros(len(index), np.int64)
        for number, (kind, tests) in enumerate(self._steps):
            if kind not in kinds.values:
                continue
            ours = kinds.codes[index] == kinds.values.index(kind)
            for test in tests:
                ours &= test.keep(rows, index)
            fits |= ours.astype(np.int64) << number
        return fits

    def _add(self, slot: int, one: SeenStep) -> None:
        found = self._seen.setdefault(slot, [])
        insort(found, one)
        fits = self._fits[slot] = self._fits.get(slot, 0) | one.fits
        if self.live[slot] or self._plan.possible(fits):  # else there is nothing to judge yet
            self._touched.add(slot)
        if len(found) % PRUNE_EVERY == 0:
            self._prune(slot)

    def _prune(self, slot: int) -> None:
        kept = self._seen[slot][bisect_left(self._seen[slot], (self._floor_ms,)) :]
        if kept:
            self._seen[slot], self._fits[slot] = kept, _all_fits(kept)
        else:
            del self._seen[slot], self._fits[slot]

    def _lately(self, slot: int, since_ms: int) -> Sequence[SeenStep]:
        """Return what may matter for what is observed at and after `since_ms`."""
        found = self._seen.get(slot, [])
        return found[bisect_left(found, (since_ms - 2 * self._plan.within_ms,)) :]

    def _remind(self, slot: int, at_ms: int) -> None:
        if self._wake.get(slot) != at_ms:
            self._wake[slot] = at_ms
            heapq.heappush(self._due, (at_ms, slot))

    def _completed(self, found: Sequence[SeenStep]) -> Iterator[Observation]:
        instants = [chain[-1][0] for chain in chains(self._plan, found)]
        for at in instants:
            yield Observation(at, self._rank, 1.0)
        for at, after in pairwise([*instants, 2**62]):
            over = at + self._plan.within_ms
            if after > over:
                yield Observation(over, CLEAR, 0.0)

    def _missing(self, found: Sequence[SeenStep]) -> Iterator[Observation]:
        """Yield when the last step was due and missing, and when it came."""
        for one in found:
            if one.fits >> (self._plan.steps - 1) & 1:
                yield Observation(one.at_ms, CLEAR, 0.0)
        for due, _ in overdue(self._plan, found):
            yield Observation(due, self._rank, 1.0)

    def _chain(self, slot: int, at_ms: int) -> Chain:
        """Return what completed the sequence at `at_ms`."""
        found = self._lately(slot, at_ms)
        if self._plan.missing:
            return next((chain for due, chain in overdue(self._plan, found) if due == at_ms), ())
        return next((chain for chain in chains(self._plan, found) if chain[-1][0] == at_ms), ())


def _all_fits(found: Iterable[SeenStep]) -> int:
    fits = 0
    for one in found:
        fits |= one.fits
    return fits


def _titles(steps: Sequence[SequenceStep], city: City) -> list[Text]:
    titles = (city.kinds[step.kind].title for step in steps)
    return [Text(title.zh, title.en) for title in titles]


def _check(rule: Rule) -> Iterator[RecordFault]:
    options: Options = rule.condition
    yield from check_plan(options.steps, options.within, options.any_, LONGEST)
    if rule.for_ > options.within and not any(step.absent for step in options.steps):
        spans = (words(round(span.total_seconds())) for span in (options.within, rule.for_))
        problem = "it holds for {}, and never for {}".format(*spans)
        yield RecordFault("within", problem, "shorten 'for', or give a longer time")
    for number, step in enumerate(options.steps):
        if step.kind not in rule.kinds:
            remedy = f"add {step.kind!r} to the rule's kinds"
            yield RecordFault(
                f"steps[{number}].kind", f"the rule does not read {step.kind!r}", remedy
            )
        for found in check_where(step.where):
            item = f"steps[{number}].{found.item}"
            yield RecordFault(item, found.problem, found.remedy)
    for kind in rule.kinds:
        if kind not in {step.kind for step in options.steps}:
            yield RecordFault("steps", f"no step is a {kind!r}", f"take {kind!r} out of the kinds")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    return measure([step.kind for step in options.steps], options)


def _make(rule: Rule, slots: Slots, _lateness_ms: int, city: City) -> Steps:
    return Steps(rule, slots, city)


KIND = ConditionKind(Options, _make, _check, _measure, single=True)
