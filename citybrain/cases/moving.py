"""Going from stage to stage, and what follows from any change of a case; pure.

A kind of action says only what it changes. Its state, whom it concerns and the facts of its clocks
follow from the case before and after, in this one place.
"""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict

from msgspec.structs import replace

from citybrain.cases.action_kind import PlacedAction
from citybrain.cases.case_parts import Leg
from citybrain.cases.clock_turns import clock_facts
from citybrain.cases.definition import ABOVE, CENTRE, HANDLER, WorkflowDefinition
from citybrain.cases.records import DEFERRED, MERGED, SUSPENDED, Case
from citybrain.cases.units import Units
from citybrain.workflow.commands import Command


class Said(TypedDict):
    """What every `Doing` has."""

    at: datetime
    by: str
    comment: str


def said(command: Command) -> Said:
    """Return who did it, when, and in which words."""
    words = command.details.get("comment", "")
    return {"at": command.at, "by": command.actor.user, "comment": words}


def instant_of(command: Command, name: str) -> datetime | None:
    """Return the instant that a detail says; None where it is none, or has no time zone."""
    try:
        found = datetime.fromisoformat(command.details.get(name, ""))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def entered(placed: PlacedAction, case: Case, stage_id: str, command: Command) -> Case:
    """Return `case` in a stage of its workflow, or where it is if none is given.

    Whoever had it within a unit has it no more once another unit or stage has it; in a stage that
    ends the last leg is closed, and what was still open beside it ends.
    """
    if not stage_id:
        return case
    definition = placed.definition
    stage = definition.stages[stage_id]
    if stage_id != case.stage:
        case = _lapsed(case, command)
    if stage.ends:
        return _ended(replace(case, stage=stage_id, person=""), stage.ends, command)
    unit = holder(definition, case, stage.at)
    same = unit == case.unit and stage_id == case.stage
    return replace(case, stage=stage_id, unit=unit, person=case.person if same else "")


def holder(definition: WorkflowDefinition, case: Case, at: str) -> str:
    """Return the unit that has a case at ``centre``, at its ``handler``, or at a unit."""
    if at == HANDLER:
        return case.handler or definition.centre
    return definition.centre if at == CENTRE else at


def supervising_unit(definition: WorkflowDefinition, units: Units, case: Case) -> str:
    """Return who supervises a case: never one that works it, as long as there is one above."""
    at = definition.supervision.at
    unit = units.above(case.unit) if at == ABOVE else holder(definition, case, at)
    return above_work(units, case, unit)


def above_work(units: Units, case: Case, unit: str) -> str:
    """Return `unit`, or the nearest one above it that does not work the case."""
    working = worked_by(case)
    return next((one for one in units.path(unit) if one not in working), units.path(unit)[-1])


def worked_by(case: Case) -> frozenset[str]:
    """Return the units that a case, or a part of it, was given to."""
    return frozenset({case.handler, *(part.unit for part in case.open_parts)} - {""})


def settled(
    definition: WorkflowDefinition,
    units: Units,
    before: Case | None,
    after: Case,
    at: datetime,
    done: str = "",
) -> Case:
    """Return `after` with everything that follows from what changed since `before`.

    Args:
        definition: the case's workflow.
        units: of the city.
        before: the case as it stood; None: it begins.
        after: as what was done left it.
        at: instant of the step.
        done: key of the limit that what was done was measured by; "": none.
    """
    named = [definition.centre, after.unit, after.handler, *(part.unit for part in after.parts)]
    named += [one.unit for one in after.supervisions if one.open]
    concerned = units.concerned(name for name in named if name)
    state = _state(after)
    if after.state != state or after.concerned != concerned:
        after = replace(after, state=state, concerned=concerned)
    facts = (*clock_facts(definition, before, after, at, done),)
    return replace(after, clock=after.clock + facts) if facts else after


def _state(case: Case) -> str:
    if case.merged_into:
        return MERGED
    if case.deferral is not None:
        return DEFERRED
    return SUSPENDED if case.suspension is not None else case.stage


def _lapsed(case: Case, command: Command) -> Case:
    """Return `case` without a request for more time that nobody answered while it made sense."""
    if case.asked_extension is None:
        return case
    last = replace(case.extensions[-1], answer="lapsed", answered_at=command.at)
    return replace(case, extensions=(*case.extensions[:-1], last))


def _ended(case: Case, outcome: str, command: Command) -> Case:
    last = replace(
        case.legs[-1],
        closed_at=command.at,
        closed_by=command.actor.user,
        stage=case.stage,
        outcome=outcome,
    )
    parts = tuple(replace(one, withdrawn_at=command.at) if one.open else one for one in case.parts)
    return replace(case, legs=(*case.legs[:-1], last), parts=parts)


def begun(case: Case, command: Command) -> Case:
    """Return `case` in a new leg; the ones before stay as they were."""
    leg = Leg(
        opened_at=command.at,
        opened_by=command.actor.user,
        reason=command.details.get("comment", ""),
    )
    return replace(case, legs=(*case.legs, leg))
