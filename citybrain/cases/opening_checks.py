"""Why a case cannot be opened as it was brought; pure."""

from __future__ import annotations

import uuid

import msgspec

from citybrain.accounts.roles import OPEN_CASES, may
from citybrain.cases.action_kind import CaseContext
from citybrain.cases.opening import CaseOpening, words_refusal
from citybrain.cases.remarks import files_refusal
from citybrain.cases.workflow_files import CaseSetup
from citybrain.floor.reason import Reason
from citybrain.workflow import refusals
from citybrain.workflow.commands import Command


def opening_of(command: Command) -> CaseOpening | Reason:
    """Return what a command ``open`` brings, nobody's numbers in it, or why it is none."""
    try:
        found = msgspec.json.decode(command.record, type=CaseOpening)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        return Reason("bad_opening", {"problem": str(error)})
    return found.without_numbers()


def refusal(
    setup: CaseSetup, command: Command, opening: CaseOpening, context: CaseContext
) -> Reason | None:
    """Return why the case that is brought cannot be opened."""
    if not may(command.actor.role, OPEN_CASES):
        return refusals.ROLE
    areas = command.actor.areas
    if areas and not opening.area.startswith(areas):
        return refusals.SCOPE
    return (
        _of_id(command, context)
        or _of_names(setup, opening)
        or words_refusal(opening)
        or files_refusal(opening.attachments)
    )


def _of_id(command: Command, context: CaseContext) -> Reason | None:
    try:
        uuid.UUID(command.target)
    except ValueError:
        return Reason("bad_case_id", {"given": command.target})
    there = context.cases.get(command.target)
    if there is not None:
        return Reason("case_exists", {"number": there.number})
    return None if context.number else Reason("no_number")


def _of_names(setup: CaseSetup, opening: CaseOpening) -> Reason | None:
    for code, given, known in (
        ("no_kind", opening.kind, setup.city.kinds),
        ("no_area", opening.area, setup.city.areas),
        ("no_unit", opening.handler, setup.units.by_id),
    ):
        if given not in known and (given or code == "no_kind"):
            return Reason(code, {"given": given})
    return None
