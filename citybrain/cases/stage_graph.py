"""The stages of a workflow as a graph: what can be reached, what ends, and every path; pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from citybrain.cases.action_kinds import ACTION_KINDS
from citybrain.cases.definition import HANDLER, ActionEntry, WorkflowDefinition


class Passage(NamedTuple):
    """A way from one stage to another.

    Attributes:
        action: name of the action that leads there.
        to: the stage.
        choice: "redo" where it is the other way that an action may lead.
    """

    action: str
    to: str
    choice: str = ""


Path = tuple[Passage, ...]
"""Passages from the start on; the first stage is the workflow's `start`."""
_CLEARING = frozenset({"return", "recall"})
_GIVING = frozenset({"dispatch", "transfer"})


def kind_of(name: str, entry: ActionEntry) -> str:
    """Return the kind of an action."""
    return entry.does or name


def passages(definition: WorkflowDefinition, stage_id: str) -> list[Passage]:
    """Return the ways out of a stage to stages that there are, in the order of the file."""
    found = []
    for name, entry in definition.actions_of(stage_id).items():
        for to, choice in ((entry.to, ""), (entry.redo_to, "redo")):
            if to in definition.stages and to != stage_id:
                found.append(Passage(name, to, choice))
    return found


def reachable(definition: WorkflowDefinition) -> frozenset[str]:
    """Return the stages that a case can get into."""
    return _closure({definition.start}, _graph(definition))


def ending(definition: WorkflowDefinition) -> frozenset[str]:
    """Return the stages from which a case can get to an end."""
    backwards: dict[str, set[str]] = {}
    for stage_id, found in _graph(definition).items():
        for to in found:
            backwards.setdefault(to, set()).add(stage_id)
    return _closure({name for name, one in definition.stages.items() if one.ends}, backwards)


def without_handler(definition: WorkflowDefinition) -> Iterator[tuple[str, str]]:
    """Yield each passage (stage, action) into a stage of the handler that comes with none."""
    seen: set[tuple[str, bool]] = set()
    start = definition.stages.get(definition.start)
    # One that begins at its handler has one from its opening on.
    waiting = [(definition.start, start is not None and start.at == HANDLER)]
    while waiting:
        stage_id, has = waiting.pop()
        if (stage_id, has) in seen or stage_id not in definition.stages:
            continue
        seen.add((stage_id, has))
        for passage in passages(definition, stage_id):
            kind = kind_of(passage.action, definition.actions_of(stage_id)[passage.action])
            given = kind in _GIVING or (has and kind not in _CLEARING)
            target = definition.stages[passage.to]
            if target.at == HANDLER and not given and not target.ends:
                yield stage_id, passage.action
            waiting.append((passage.to, given))


def paths(definition: WorkflowDefinition) -> list[Path]:
    """Return every path from the start to an end that is in no stage twice, short ones first.

    Several actions between the same two stages are paths of their own.
    """
    found: list[Path] = []
    waiting: list[Path] = [()]
    while waiting:
        path = waiting.pop()
        here = path[-1].to if path else definition.start
        if definition.stages[here].ends:
            found.append(path)
            continue
        been = {definition.start, *(one.to for one in path)}
        waiting += [(*path, one) for one in passages(definition, here) if one.to not in been]
    return sorted(found, key=lambda path: (len(path), path))


def said(definition: WorkflowDefinition, path: Path) -> str:
    """Return a path as a line: ``reporting -accept→ filing …``."""
    parts = [definition.start]
    for one in path:
        name = f"{one.action}:{one.choice}" if one.choice else one.action
        parts.append(f"-{name}→ {one.to}")
    return " ".join(parts)


def _graph(definition: WorkflowDefinition) -> dict[str, set[str]]:
    return {
        name: {
            one.to
            for one in passages(definition, name)
            if kind_of(one.action, definition.actions_of(name)[one.action]) in ACTION_KINDS
        }
        for name in definition.stages
    }


def _closure(found: set[str], graph: Mapping[str, set[str]]) -> frozenset[str]:
    seen: set[str] = set()
    waiting = [*found]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += graph.get(name, ())
    return frozenset(seen)
