"""One thing after another: which of what was seen completes a plan of steps; pure.

What was seen are `SeenStep`s, sorted: instants with the steps that a thing fits. Things of one
instant come in the order of the steps, so their order of arrival does not matter. One thing is one
step only, even where it fits several.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from citybrain.city.references import RecordFault
from citybrain.floor.duration import words

Chain = tuple[tuple[int, int], ...]
"""(Instant, step) of the things that completed a plan, in order; the last one completed it."""
FEWEST = 2
"""Steps: a sequence of one is none."""
MOST = 16
"""Steps."""


class SeenStep(NamedTuple):
    """One thing: instant (ms), first step that it fits, all of them as bits."""

    at_ms: int
    first: int
    fits: int


class StepPlan(NamedTuple):
    """What is looked for.

    Attributes:
        steps: how many there are.
        within_ms: time from the first to the last; to a missing one from the one before it.
        some: how many different ones in any order; None: all in order.
        missing: whether the last one has to be missing.
    """

    steps: int
    within_ms: int
    some: int | None = None
    missing: bool = False

    @property
    def came(self) -> int:
        """How many steps have to come."""
        return self.steps - self.missing

    def possible(self, fits: int) -> bool:
        """Whether things that fit these steps (as bits) may have completed it."""
        wanted = (1 << self.came) - 1
        found = fits & wanted
        return found == wanted if self.some is None else found.bit_count() >= self.some


def seen(at_ms: int, fits: int) -> SeenStep:
    """Return a thing that fits the steps whose bits are set in `fits`, at least one."""
    return SeenStep(at_ms, (fits & -fits).bit_length() - 1, fits)


def chains(plan: StepPlan, found: Iterable[SeenStep]) -> Iterator[Chain]:
    """Yield what completed `plan` (of a missing step: all before it), in the order of time."""
    return _in_order(plan, found) if plan.some is None else _any_of(plan, found)


def overdue(plan: StepPlan, found: Sequence[SeenStep]) -> Iterator[tuple[int, Chain]]:
    """Yield (instant, what came before) when a missing step was due and had not come."""
    final = plan.steps - 1
    last = [one for one in found if one.fits >> final & 1]
    for chain in _in_order(plan, found):
        start, due = chain[-1][0], chain[-1][0] + plan.within_ms
        near = last[bisect_left(last, (start,)) : bisect_left(last, (due + 1,))]
        if not any(_after(one, start, final) for one in near):
            yield due, chain


def _after(one: SeenStep, start: int, final: int) -> bool:
    """Whether a thing comes after the one of `start`, which is not itself."""
    return one.at_ms > start or (one.at_ms == start and one.first == final)


def _in_order(plan: StepPlan, found: Iterable[SeenStep]) -> Iterator[Chain]:
    begun: list[Chain | None] = [None] * plan.came
    for one in found:
        done = None
        for step in reversed(range(plan.came)):  # so that it never follows on itself
            if not one.fits >> step & 1:
                continue
            before = begun[step - 1] if step else ()
            if before is None or (before and one.at_ms - before[0][0] > plan.within_ms):
                continue
            begun[step] = (*before, (one.at_ms, step))
            if step == plan.came - 1:
                done = begun[step]
        if done is not None:
            yield done


def _any_of(plan: StepPlan, found: Iterable[SeenStep]) -> Iterator[Chain]:
    taken: dict[int, SeenStep] = {}
    for one in found:
        _assign(one, taken)
        near = [other for other in taken.values() if one.at_ms - other.at_ms <= plan.within_ms]
        if len(near) >= (plan.some or 0):
            yield _chain_of(near)


def _chain_of(near: Iterable[SeenStep]) -> Chain:
    """Return things with a step each: the same, whatever else was seen before them."""
    taken: dict[int, SeenStep] = {}
    for one in sorted(near):
        _assign(one, taken)
    return tuple(sorted((one.at_ms, step) for step, one in taken.items()))


def _assign(one: SeenStep, taken: dict[int, SeenStep]) -> None:
    """Give `one` a step that it fits; what has it moves on to another one that it fits too.

    Where no step is free in the end, the oldest thing that can make room goes. So `taken` are
    always the newest things of which each is a step of its own, as many as there can be.
    """
    ways = list(_steps_of(one.fits))
    came_from: dict[int, int] = {}
    for step in ways:  # it grows by the steps to which what is there could move
        further = [] if step not in taken else list(_steps_of(taken[step].fits))
        fresh = [to for to in further if to not in ways]
        came_from |= dict.fromkeys(fresh, step)
        ways += fresh
    free = [step for step in ways if step not in taken]
    step = free[0] if free else min(ways, key=lambda way: taken[way])
    while step in came_from:
        taken[step] = taken[came_from[step]]
        step = came_from[step]
    taken[step] = one


def _steps_of(fits: int) -> Iterator[int]:
    """Yield the numbers of the steps whose bits are set."""
    while fits:
        yield (fits & -fits).bit_length() - 1
        fits &= fits - 1


def plan_of(steps: Sequence[Any], within: timedelta, some: int | None) -> StepPlan:
    """Return the plan of steps that know whether they have to be `absent`."""
    missing = bool(steps) and steps[-1].absent
    return StepPlan(len(steps), round(within.total_seconds() * 1000), some, missing)


def check_plan(
    steps: Sequence[Any], within: timedelta, some: int | None, longest: timedelta
) -> Iterator[RecordFault]:
    """Yield what is wrong with steps and their time."""
    if not FEWEST <= len(steps) <= MOST:
        yield RecordFault("steps", f"{len(steps)} of them", f"give {FEWEST} to {MOST}")
    if not timedelta() < within <= longest:
        most = words(round(longest.total_seconds()))
        given = words(round(within.total_seconds()))
        yield RecordFault("within", f"{given} is impossible", f"give more than 0s, at most {most}")
    if some is not None and not FEWEST <= some <= len(steps):
        yield RecordFault("any", f"{some} of {len(steps)} steps", "give 2 up to all of them")
    for number, step in enumerate(steps):
        item = f"steps[{number}].absent"
        if step.absent and some is not None:
            yield RecordFault(item, "any of several cannot be missing", "take any or absent away")
        elif step.absent and number != len(steps) - 1:
            yield RecordFault(item, "only the last step can be", "move it there")


def measure(names: Sequence[str], options: Any) -> str:
    """Return steps of these names, with their `within` and `any_`, in words."""
    span = words(round(options.within.total_seconds()))
    if options.any_:
        return f"{options.any_} of {', '.join(names)} within {span}"
    last = "no " if options.steps[-1].absent else ""
    return f"{', then '.join([*names[:-1], last + names[-1]])} within {span}"
