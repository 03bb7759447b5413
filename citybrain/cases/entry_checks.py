"""What is wrong with one action where it stands; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from citybrain.accounts.roles import ROLES, WORK_CASES, may
from citybrain.cases.action_kind import ActionKind
from citybrain.cases.action_kinds import ACTION_KINDS, BY_MACHINE, OF_SUPERVISION
from citybrain.cases.case_words import DETAILS
from citybrain.cases.definition import HANDLER, ActionEntry, Stage, WorkflowDefinition
from citybrain.cases.stage_graph import kind_of
from citybrain.city.references import RecordFault
from citybrain.floor.strict import suggest

WORKING = tuple(role for role in ROLES if may(role, WORK_CASES))
"""Roles that can own a stage."""
_TO_HANDLER = frozenset({"dispatch", "transfer"})
_TO_END = frozenset({"close", "reject"})
_KEYS = ("within", "most", "redo_to")


def check_entry(
    definition: WorkflowDefinition, stage_id: str, name: str, entry: ActionEntry
) -> Iterator[RecordFault]:
    """Yield what is wrong with action `name` of a stage."""
    kind = ACTION_KINDS.get(kind_of(name, entry))
    if kind is None:
        problem = f"unknown kind of action {kind_of(name, entry)!r}"
        known = suggest(kind_of(name, entry), ACTION_KINDS.keys() - OF_SUPERVISION - BY_MACHINE)
        remedy = known if entry.does else f"{known} Or say which it is, with does"
        yield RecordFault("does" if entry.does else "", problem, remedy)
        return
    if kind.name in OF_SUPERVISION:
        yield RecordFault("", "supervision stands beside all stages", "take it away")
        return
    if kind.name in BY_MACHINE:
        yield RecordFault("", "no person does it", "take it away; machine says where it leads")
        return
    misplaced = list(_place(definition, stage_id, kind))
    yield from misplaced
    yield from _leading(definition, stage_id, kind, entry)
    yield from _keys(kind, entry)
    yield from _people(definition, stage_id, kind, entry)
    yield from () if misplaced else _answers(definition, stage_id, kind)
    for index, detail in enumerate(entry.needs):
        yield from one_of(detail, DETAILS, f"needs[{index}]", "detail")


def _place(
    definition: WorkflowDefinition, stage_id: str, kind: ActionKind
) -> Iterator[RecordFault]:
    ends = bool(definition.stages[stage_id].ends)
    if kind.where == "ended" and not ends:
        yield RecordFault("", f"{kind.name} is for cases that are closed", "put it into an end")
    if kind.where == "going" and ends:
        remedy = "put it into a stage that goes on"
        yield RecordFault("", f"{kind.name} is for cases that go on", remedy)


def _leading(
    definition: WorkflowDefinition, stage_id: str, kind: ActionKind, entry: ActionEntry
) -> Iterator[RecordFault]:
    stages = definition.stages
    for key, to in (("to", entry.to), ("redo_to", entry.redo_to)):
        if to:
            yield from one_of(to, stages, key, "stage")
    if entry.to and kind.leads == "nowhere":
        yield RecordFault("to", f"{kind.name} leads nowhere", "take it away")
    if not entry.to and kind.leads == "on":
        yield RecordFault("", "key 'to' is missing", "say which stage it leads to")
    if not entry.redo_to and "redo_to" in kind.keys:
        yield RecordFault("", "key 'redo_to' is missing", "say who does again what is not right")
    target = stages.get(entry.to or stage_id)
    if target is not None and (entry.to or kind.leads != "on"):
        yield from _target(kind, entry, target)


def _target(kind: ActionKind, entry: ActionEntry, target: Stage) -> Iterator[RecordFault]:
    if kind.name in _TO_HANDLER and (target.at != HANDLER or target.ends):
        yield RecordFault(
            "to", f"no unit has what {kind.name} gives it", "give a stage at: handler"
        )
    if kind.name in _TO_END and entry.to and not target.ends:
        yield RecordFault("to", f"{entry.to!r} does not end", f"{kind.name} leads to an end")
    if kind.where == "ended" and entry.to and target.ends:
        yield RecordFault("to", f"{entry.to!r} ends", f"{kind.name} leads to a stage that goes on")


def _keys(kind: ActionKind, entry: ActionEntry) -> Iterator[RecordFault]:
    for key in _KEYS:
        if getattr(entry, key) and key not in kind.keys:
            yield RecordFault(key, f"{kind.name} has none", "take it away")
    if entry.most < 0:
        yield RecordFault("most", f"{entry.most} is negative", "give 0 or more")


def _people(
    definition: WorkflowDefinition, stage_id: str, kind: ActionKind, entry: ActionEntry
) -> Iterator[RecordFault]:
    if entry.who:
        yield from check_roles(entry.who, kind.grant, "who")
        return
    owner = definition.stages[stage_id].owner
    if not owner and definition.stages[stage_id].ends:
        yield RecordFault("", "nobody may do it: an end has no owner", "give who")
    elif owner in ROLES and not may(owner, kind.grant):
        problem = f"nobody may do it: {owner}, who owns the stage, is not granted {kind.grant}"
        yield RecordFault("", problem, f"give who, of {_listed(granted(kind.grant))}")


def check_roles(roles: Iterable[str], grant: str, item: str) -> Iterator[RecordFault]:
    """Yield which of `roles` there are not, and if none of them is granted what it is for."""
    names = tuple(roles)
    for index, role in enumerate(names):
        yield from one_of(role, ROLES, f"{item}[{index}]", "role")
    known = [role for role in names if role in ROLES]
    if known and not any(may(role, grant) for role in known):
        problem = f"nobody may do it: {_listed(known)} is not granted {grant}"
        yield RecordFault(item, problem, f"name one of {_listed(granted(grant))}")


def _answers(
    definition: WorkflowDefinition, stage_id: str, kind: ActionKind
) -> Iterator[RecordFault]:
    there = {kind_of(name, one) for name, one in definition.actions_of(stage_id).items()}
    for name in kind.answered_by:
        if name not in there:
            problem = f"nothing in stage {stage_id!r} ends what it begins"
            yield RecordFault("", problem, f"add {name}")


def granted(grant: str) -> list[str]:
    """Return the roles of accounts that are granted `grant`."""
    return [role for role in ROLES if may(role, grant)]


def one_of(name: str, known: Iterable[str], item: str, what: str) -> Iterator[RecordFault]:
    """Yield that there is no `what` called `name`."""
    names = list(known)
    if name not in names:
        yield RecordFault(item, f"unknown {what} {name!r}", suggest(name, names))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
