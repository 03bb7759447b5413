"""Recorded histories through another version of a workflow: who could not go on, and why; pure.

What people did is done again, in its order, by the engine that runs live, as far as a workflow
decides it: roles, stages, details. Clocks, other cases and who was of which unit are believed, for
they were judged when it happened. What happened by itself is taken over.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from msgspec.structs import replace

from citybrain.cases.case_flow import CaseFlow, case_flow, changed
from citybrain.cases.definition import WorkflowDefinition
from citybrain.cases.records import Case, CaseStep
from citybrain.cases.units import Units
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Actor, Command

_ADDED = ("command", "action", "role", "case")
"""Details that the engine adds to a command's own."""
_OF_THE_WORKFLOW = frozenset(
    {
        "version",
        "state",
        "stage",
        "unit",
        "person",
        "workflow_version",
        "clock",
        "legs",
        "concerned",
    }
)
"""What a workflow decides; never taken over from a recorded step."""


@dataclass(frozen=True)
class ReplayedCase:
    """What becomes of a case by another version.

    Attributes:
        number, case: what people call it, and its id.
        was, is_: the stage in which it is by its own version, and by the other.
        refusal: why it could not go on; None: it could.
        step: version of the recorded step that could not be; 0: all could.
        what, by: of that step.
    """

    number: str
    case: str
    was: str
    is_: str
    refusal: Reason | None = None
    step: int = 0
    what: str = ""
    by: str = ""

    @property
    def same(self) -> bool:
        """Whether it comes out where it was."""
        return self.refusal is None and self.was == self.is_


def compare(
    definition: WorkflowDefinition,
    steps: Iterable[CaseStep],
    units: Units,
    kinds: frozenset[str] | None = None,
) -> list[ReplayedCase]:
    """Return what becomes of each case of that workflow among `steps`, by number.

    Args:
        definition: the version to compare with, of which nothing is wrong.
        steps: recorded ones, of any cases, in any order.
        units: the units of the city.
        kinds: ids of the city's catalogue; None: any will do.
    """
    flow = case_flow(definition, units, kinds)
    ours = [step for step in steps if step.after.workflow == definition.id]
    ours.sort(key=lambda step: (step.after.number, step.id, step.version))
    histories = (list(own) for _, own in groupby(ours, key=lambda step: step.id))
    return [_replayed(flow, history) for history in histories]


def _replayed(flow: CaseFlow, history: list[CaseStep]) -> ReplayedCase:
    first, last = history[0].after, history[-1].after
    stage = _stage(flow, first.stage)
    if first.version != 1:
        return _stopped(last, first.stage, Reason("history_cut"), history[0])
    if stage not in flow.definition.stages:
        return _stopped(last, stage, Reason("no_such_stage", {"stage": stage}), history[0])
    case = replace(first, stage=stage, state=stage, workflow_version=flow.definition.version)
    for before, step in pairwise(history):
        found = _again(flow, case, before.after, step)
        if isinstance(found, Reason):
            return _stopped(last, case.stage, found, step)
        case = found
    return ReplayedCase(last.number, last.id, _stage(flow, last.stage), case.stage)


def _again(flow: CaseFlow, case: Case, before: Case, step: CaseStep) -> Case | Reason:
    action = step.details.get("action", "")
    if not action or "case" in step.details:
        taken = {
            name: value
            for name, value in changed(before, step.after).items()
            if name not in _OF_THE_WORKFLOW
        }
        return replace(case, **taken, version=step.version)
    command = Command(
        id=step.details["command"],
        action=action,
        target=step.id,
        actor=Actor(user=step.by, role=step.details.get("role", "")),
        at=step.at,
        details={name: said for name, said in step.details.items() if name not in _ADDED},
    )
    refused = flow.refusal(case, command)
    if refused is not None:
        return refused
    return flow.commanded(case, command, step.cause).after


def _stage(flow: CaseFlow, stage: str) -> str:
    return flow.definition.renamed.get(stage, stage)


def _stopped(last: Case, stage: str, refusal: Reason, step: CaseStep) -> ReplayedCase:
    return ReplayedCase(
        last.number, last.id, last.stage, stage, refusal, step.version, step.what, step.by
    )


def told(found: Iterable[ReplayedCase]) -> Iterator[ReplayedCase]:
    """Yield those of which something is to be said: what stops first, then what differs."""
    every = list(found)
    yield from (one for one in every if one.refusal is not None)
    yield from (one for one in every if one.refusal is None and not one.same)
