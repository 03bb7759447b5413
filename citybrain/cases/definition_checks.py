"""What is wrong with a workflow, stage by stage and as a whole; pure: no files, no lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from citybrain.accounts.roles import DISPATCH_CASES, SUPERVISE_CASES, WORK_CASES
from citybrain.cases import entry_checks, stage_graph
from citybrain.cases.action_kinds import ACTION_KINDS
from citybrain.cases.definition import ABOVE, CENTRE, HANDLER, Stage, WorkflowDefinition
from citybrain.cases.records import DEFERRED, SUSPENDED
from citybrain.city.references import RecordFault, check_id

_WORK = frozenset({WORK_CASES, DISPATCH_CASES})
LONGEST_DEFERRAL_DAYS = 366
"""A year, and the day that some have more."""


@dataclass(frozen=True)
class KnownNames:
    """What a workflow may name.

    Attributes:
        units: ids of units; None: nobody knows them.
        limits: keys of limits; None: nobody knows them.
    """

    units: frozenset[str] | None
    limits: frozenset[str] | None = None


def check_definition(one: WorkflowDefinition, known: KnownNames) -> Iterator[RecordFault]:
    """Yield everything that is wrong with a workflow."""
    yield from check_id(one.id)
    yield from _numbers(one)
    yield from _unit(one.centre, known, "centre")
    yield from _start(one)
    for name, stage in one.stages.items():
        item = f"stages.{name}"
        yield from _prefixed(item, check_id(name))
        yield from _prefixed(item, _stage(one, stage, known))
        for action, entry in stage.actions.items():
            found = entry_checks.check_entry(one, name, action, entry)
            yield from _prefixed(f"{item}.actions.{action}", found)
    yield from _everywhere(one)
    yield from _limits(one, known)
    yield from _supervision(one, known)
    yield from _machine(one)
    yield from _names(one)
    yield from _graph(one)


def _unit(name: str, known: KnownNames, item: str) -> Iterator[RecordFault]:
    if known.units is not None:
        yield from entry_checks.one_of(name, known.units, item, "unit")


def _numbers(one: WorkflowDefinition) -> Iterator[RecordFault]:
    if one.version < 1:
        yield RecordFault("version", f"{one.version} is no version", "count from 1")
    if one.extensions < 0:
        yield RecordFault("extensions", f"{one.extensions} is negative", "give 0 or more")
    if not 1 <= one.deferral_days <= LONGEST_DEFERRAL_DAYS:
        problem = f"{one.deferral_days} days"
        yield RecordFault("deferral_days", problem, "a case is put aside for a year at the most")
    for name in ("redos", "transfers"):
        if getattr(one.problem, name) < 1:
            remedy = "give 1 or more"
            yield RecordFault(f"problem.{name}", f"{getattr(one.problem, name)} times", remedy)


def _start(one: WorkflowDefinition) -> Iterator[RecordFault]:
    yield from entry_checks.one_of(one.start, one.stages, "start", "stage")
    if one.start in one.stages and one.stages[one.start].ends:
        yield RecordFault("start", f"{one.start!r} is an end", "begin with a stage that goes on")
    if not any(stage.ends for stage in one.stages.values()):
        yield RecordFault("stages", "no case ever ends", "give a stage ends: closed")


def _stage(one: WorkflowDefinition, stage: Stage, known: KnownNames) -> Iterator[RecordFault]:
    if stage.at not in {CENTRE, HANDLER}:
        yield from _unit(stage.at, known, "at")
    if stage.ends:
        for name in ("owner", "clock", "pauses"):
            if getattr(stage, name):
                yield RecordFault(name, "a stage that ends has none", "take it away")
        return
    if stage.owner:
        working = entry_checks.WORKING
        yield from entry_checks.one_of(stage.owner, working, "owner", "role that works")
    else:
        remedy = f"give owner, one of {', '.join(entry_checks.WORKING)}"
        yield RecordFault("", "nobody owns it", remedy)
    yield from _clock(one, stage)


def _clock(one: WorkflowDefinition, stage: Stage) -> Iterator[RecordFault]:
    if not stage.clock:
        yield RecordFault("", "no clock runs in it", "give clock, the key of a limit")
    if stage.clock and stage.clock == one.clock:
        remedy = "give the stage a limit of its own"
        yield RecordFault("clock", f"{stage.clock!r} is the limit of the whole case", remedy)
    if stage.pauses and not one.clock:
        remedy = "give the workflow a clock, or take it away"
        yield RecordFault("pauses", "no clock of the whole case stands still in it", remedy)


def _everywhere(one: WorkflowDefinition) -> Iterator[RecordFault]:
    going = [name for name, stage in one.stages.items() if not stage.ends]
    for action, entry in one.everywhere.items():
        told: dict[RecordFault, None] = {}
        for name in (name for name in going if action not in one.stages[name].actions):
            told |= dict.fromkeys(entry_checks.check_entry(one, name, action, entry))
        yield from _prefixed(f"everywhere.{action}", told)


def _limits(one: WorkflowDefinition, known: KnownNames) -> Iterator[RecordFault]:
    if known.limits is None:
        return
    named = [("clock", one.clock)]
    entries = [(f"everywhere.{name}", entry) for name, entry in one.everywhere.items()]
    for name, stage in one.stages.items():
        named.append((f"stages.{name}.clock", stage.clock))
        own = stage.actions.items()
        entries += [(f"stages.{name}.actions.{action}", entry) for action, entry in own]
    for item, entry in entries:
        named += [(f"{item}.clock", entry.clock), (f"{item}.within", entry.within)]
    for item, key in named:
        if key:
            yield from entry_checks.one_of(key, known.limits, item, "limit")


def _supervision(one: WorkflowDefinition, known: KnownNames) -> Iterator[RecordFault]:
    plan = one.supervision
    if plan.at == HANDLER:
        problem = "who has the case would supervise itself, and could close that"
        yield RecordFault("supervision.at", problem, f"give {CENTRE}, {ABOVE} or a unit")
    elif plan.at not in {CENTRE, ABOVE}:
        yield from _unit(plan.at, known, "supervision.at")
    for name, roles in (("who", plan.who), ("closes", plan.closes)):
        yield from entry_checks.check_roles(roles, SUPERVISE_CASES, f"supervision.{name}")
        if not roles:
            yield RecordFault(f"supervision.{name}", "nobody", "give a role, such as supervisor")
    if not plan.levels:
        yield RecordFault("supervision.levels", "no level", "give at least one")
    for role, place in _working(one).items():
        if role in plan.closes:
            problem = f"{role} works {place}, and could close its own supervision"
            yield RecordFault("supervision.closes", problem, f"leave {role} out")


def _machine(one: WorkflowDefinition) -> Iterator[RecordFault]:
    for name in ("reported", "persists"):
        to, item = getattr(one.machine, name), f"machine.{name}"
        if to:
            yield from entry_checks.one_of(to, one.stages, item, "stage")
    persists = one.stages.get(one.machine.persists)
    if persists is not None and persists.ends:
        problem = f"{one.machine.persists!r} ends, and nothing would be done"
        yield RecordFault("machine.persists", problem, "give a stage that goes on")


def _working(one: WorkflowDefinition) -> dict[str, str]:
    """Return the roles that do a case's work, each with a place where it does."""
    found: dict[str, str] = {}
    for stage_id, name, entry in one.placed():
        stage, kind = one.stages[stage_id], ACTION_KINDS.get(entry.does or name)
        if stage.ends or kind is None or kind.by != "owner" or kind.grant not in _WORK:
            continue
        for role in entry.who or (stage.owner,):
            found.setdefault(role, f"stage {stage_id!r} ({name})")
    return found


def _names(one: WorkflowDefinition) -> Iterator[RecordFault]:
    for state in one.words:
        yield from entry_checks.one_of(state, (SUSPENDED, DEFERRED), f"words.{state}", "state")
    ids = [f"conditions.{name}" for name in one.conditions]
    ids += [f"supervision.levels.{name}" for name in one.supervision.levels]
    for item in ids:
        yield from _prefixed(item, check_id(item.rpartition(".")[2]))
    for before, name in one.renamed.items():
        yield from entry_checks.one_of(name, one.stages, f"renamed.{before}", "stage")
        if before in one.stages:
            problem, remedy = f"{before!r} is still a stage", "take it away"
            yield RecordFault(f"renamed.{before}", problem, remedy)


def _graph(one: WorkflowDefinition) -> Iterator[RecordFault]:
    if one.start not in one.stages or not _leads_somewhere(one):
        return  # what is told of that is the cause
    reached, ending = stage_graph.reachable(one), stage_graph.ending(one)
    for name in one.stages:
        if name not in reached:
            remedy = "let an action lead to it, or take it away"
            yield RecordFault(f"stages.{name}", "no case ever gets into it", remedy)
        elif name not in ending and any(other.ends for other in one.stages.values()):
            remedy = "let an action lead on from it"
            yield RecordFault(f"stages.{name}", "dead end: no case gets from it to an end", remedy)
    for name, action in dict.fromkeys(stage_graph.without_handler(one)):
        own = action in one.stages[name].actions
        item = f"stages.{name}.actions.{action}" if own else f"everywhere.{action}"
        problem = "leads to a stage of the handler before a case was dispatched to one"
        yield RecordFault(item, problem, "dispatch it first, or give that stage at: centre")


def _leads_somewhere(one: WorkflowDefinition) -> bool:
    """Return whether every action that leads on names a stage that there is."""
    for _, name, entry in one.placed():
        kind = ACTION_KINDS.get(entry.does or name)
        missing = kind is None or (kind.leads == "on" and not entry.to)
        if missing or any(to and to not in one.stages for to in (entry.to, entry.redo_to)):
            return False
    return True


def _prefixed(item: str, found: Iterable[RecordFault]) -> Iterator[RecordFault]:
    for one in found:
        place = f"{item}.{one.item}" if one.item else item
        yield RecordFault(place, one.problem, one.remedy)
