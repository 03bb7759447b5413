"""What the clocks of a case go by, told from the case before and after a step; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from citybrain.cases.clock_facts import EVERY_CLOCK, ClockFact
from citybrain.cases.definition import WorkflowDefinition
from citybrain.cases.records import DEFERRED, Case

PAUSED_BY_STAGE = "stage:"
"""How the reason of a pause begins that a stage brings along."""


def clock_facts(
    definition: WorkflowDefinition,
    before: Case | None,
    after: Case,
    at: datetime,
    done: str = "",
) -> Iterator[ClockFact]:
    """Yield what a step means to clocks.

    Args:
        definition: the case's workflow.
        before: the case as it stood; None: it begins.
        after: as it is then, its state too.
        at: instant of the step.
        done: key of a limit that what was done was measured by; "": none.
    """
    paused, pauses = _pause(definition, before), _pause(definition, after)
    if paused and paused != pauses:
        limit = _paused_limit(definition, paused)
        yield ClockFact(what="resumed", at=at, limit=limit, reason=paused)
    if before is not None and len(after.legs) > len(before.legs):
        yield ClockFact(what="reopened", at=at)
    yield from _turned(definition, before, after, at, done)
    if before is not None and before.open and after.open:
        yield from _changed(before, after, at)
    if pauses and paused != pauses:
        yield _standing(definition, after, at, pauses)


def facts_of_another_version(
    definition: WorkflowDefinition, before: Case, after: Case, at: datetime
) -> Iterator[ClockFact]:
    """Yield what it means to clocks that a case goes over to another version of its workflow.

    What runs there too goes on; what ended in this stage already does not begin again.
    """
    if not before.open:
        return
    whole = (definition.clock,) if definition.clock else ()
    wanted = (*whole, *definition.limits(after.stage))
    runs = running(before.clock)
    over = {one.limit for one in before.clock if one.reason == before.stage} - {*runs}
    for limit in runs:
        if limit not in wanted:
            yield ClockFact(what="stopped", at=at, limit=limit, reason=before.stage)
    for limit in wanted:
        if limit not in runs and limit not in over:
            yield _start(after, limit, at)


def running(facts: Iterable[ClockFact]) -> list[str]:
    """Return the limits whose clocks are started and not stopped, in the order of their starts."""
    found: dict[str, None] = {}
    for fact in facts:
        if fact.what == "started":
            found[fact.limit] = None
        elif fact.what == "stopped":
            found.pop(fact.limit, None)
    return list(found)


class ClockHistories(NamedTuple):
    """What the clocks of a case are folded from.

    Attributes:
        of: limit → its facts, in the order in which the clocks began.
        running: limits whose clocks are started and not stopped, in the order of their starts.
    """

    of: dict[str, list[ClockFact]]
    running: list[str]


def clock_histories(facts: Iterable[ClockFact]) -> ClockHistories:
    """Return the facts of each clock: its own, and those of every clock while it ran.

    A clock that is started while all stand still is paused at once.
    """
    of: dict[str, list[ClockFact]] = {}
    runs: dict[str, list[ClockFact]] = {}
    still: tuple[ClockFact, ...] = ()
    for fact in facts:
        limit, what = fact.limit, fact.what
        if what == "started":
            found = runs[limit] = of.setdefault(limit, [])
            found += (fact, *(msgspec.structs.replace(one, at=fact.at) for one in still))
        elif limit == EVERY_CLOCK:
            still = {"paused": (fact,), "deferred": (fact,), "resumed": ()}.get(what, still)
            for found in runs.values():
                found.append(fact)
        elif limit in runs:
            runs[limit].append(fact)
            if what == "stopped":
                del runs[limit]
    return ClockHistories(of, list(runs))


def facts_of(facts: Iterable[ClockFact], limit: str) -> list[ClockFact]:
    """Return what one clock is folded from, as `clock_histories` does."""
    return clock_histories(facts).of.get(limit, [])


def _pause(definition: WorkflowDefinition, case: Case | None) -> str:
    """Return why the clocks of a case stand still; "": they run, or there are none."""
    if case is None or not case.open:
        return ""
    if case.state != case.stage:
        return case.state
    return f"{PAUSED_BY_STAGE}{case.stage}" if definition.stages[case.stage].pauses else ""


def _paused_limit(definition: WorkflowDefinition, reason: str) -> str:
    """Return which clock a pause is of: a stage's pause is of the whole case's alone."""
    return definition.clock if reason.startswith(PAUSED_BY_STAGE) else EVERY_CLOCK


def _standing(definition: WorkflowDefinition, case: Case, at: datetime, reason: str) -> ClockFact:
    deferral = case.deferral
    if reason == DEFERRED and deferral is not None:
        return ClockFact(what="deferred", at=at, reason=reason, until=deferral.until)
    limit = _paused_limit(definition, reason)
    return ClockFact(what="paused", at=at, limit=limit, reason=reason)


def _turned(
    definition: WorkflowDefinition, before: Case | None, after: Case, at: datetime, done: str
) -> Iterator[ClockFact]:
    """Yield what stops and what starts.

    The clock of the whole case goes on while it is open, that of a stage while it is in it; those
    of actions stop when they are done, and begin anew for another unit.
    """
    runs = running(before.clock) if before is not None else []
    stops = [limit for limit in runs if _ends(definition, before, after, limit)]
    stops += [done] if done in runs and done not in stops else []
    reason = before.stage if before is not None else ""
    for limit in stops:
        yield ClockFact(what="stopped", at=at, limit=limit, reason=reason)
    for limit in _starting(definition, before, after):
        yield _start(after, limit, at)


def _start(case: Case, limit: str, at: datetime) -> ClockFact:
    return ClockFact(
        what="started",
        at=at,
        limit=limit,
        reason=case.stage,
        kind=case.kind,
        condition=case.condition,
    )


def _ends(definition: WorkflowDefinition, before: Case | None, after: Case, limit: str) -> bool:
    if before is None or not after.open:
        return True
    if limit == definition.clock:
        return False
    own = limit == definition.stages[before.stage].clock
    return before.stage != after.stage or (before.handler != after.handler and not own)


def _starting(definition: WorkflowDefinition, before: Case | None, after: Case) -> list[str]:
    if not after.open:
        return []
    limits = list(definition.limits(after.stage))
    if before is None or not before.open:
        return [*([definition.clock] if definition.clock else []), *limits]
    if before.stage != after.stage:
        return limits
    own = definition.stages[after.stage].clock
    return [one for one in limits if one != own] if before.handler != after.handler else []


def _changed(before: Case, after: Case, at: datetime) -> Iterator[ClockFact]:
    if (before.kind, before.condition) != (after.kind, after.condition):
        for limit in running(before.clock) if before.stage == after.stage else ():
            yield ClockFact(
                what="changed",
                at=at,
                limit=limit,
                reason=after.stage,
                kind=after.kind,
                condition=after.condition,
            )
    extended = len(after.approved_extensions) > len(before.approved_extensions)
    if extended and len(after.legs) == len(before.legs):
        yield ClockFact(what="extended", at=at, limit=after.approved_extensions[-1].limit)
