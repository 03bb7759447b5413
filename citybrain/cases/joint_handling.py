"""Joint handling: several units do a case together, each its part, until its own time; pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from citybrain.accounts.roles import WORK_CASES
from citybrain.cases.action_kind import ActionKind, PlacedAction
from citybrain.cases.case_parts import JointPart
from citybrain.cases.handing_over import known_unit
from citybrain.cases.moving import instant_of, said
from citybrain.cases.records import Case
from citybrain.cases.units import acts_for
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command

WORDS = {
    "has_part": Text("{unit}已有未完成的协办任务", "{unit} has a part that is not done yet"),
    "no_part": Text("没有待完成的协办任务", "there is no part to be done"),
    "parts_open": Text("协办单位未完成：{unit}", "parts are still to be done: {unit}"),
    "due_over": Text("期限须在将来", "it must be due in the future"),
}
"""Why joint handling goes no further."""


def _new_part(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    unit, due = command.details["unit"], instant_of(command, "due_at")
    if any(part.unit == unit for part in case.open_parts):
        return Reason("has_part", {"unit": unit})
    if due is None:
        return Reason("no_time", {"given": command.details["due_at"]})
    return Reason("due_over") if due <= command.at else known_unit(placed, case, command)


def _join(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    due = instant_of(command, "due_at") or command.at
    part = JointPart(**said(command), unit=command.details["unit"], due_at=due)
    return replace(case, parts=(*case.parts, part))


def _has_part(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    del placed
    own = [part for part in case.open_parts if acts_for(actor, part.unit)]
    return None if own else Reason("no_part")


def _names_part(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    del placed
    return None if _meant(case, command) else Reason("no_part")


def _meant(case: Case, command: Command) -> JointPart | None:
    """Return the part that is meant: of the unit that is named, or the only one of the actor's."""
    unit = command.details.get("unit")
    own = [part for part in case.open_parts if acts_for(command.actor, part.unit)]
    found = [part for part in own if part.unit == unit] if unit else own
    return found[0] if len(found) == 1 else None


def _withdrawable(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    del placed
    unit = command.details["unit"]
    return None if any(part.unit == unit for part in case.open_parts) else Reason("no_part")


def _on_part(
    fields: Callable[[Command], dict[str, Any]], which: Callable[[Case, Command], str]
) -> Callable[[PlacedAction, Case, Command], Case]:
    def apply(placed: PlacedAction, case: Case, command: Command) -> Case:
        del placed
        unit, changed = which(case, command), fields(command)
        parts = (replace(one, **changed) if _is(one, unit) else one for one in case.parts)
        return replace(case, parts=tuple(parts))

    return apply


def _is(part: JointPart, unit: str) -> bool:
    return part.open and part.unit == unit


def _own_unit(case: Case, command: Command) -> str:
    part = _meant(case, command)
    return part.unit if part else ""


def _finished(command: Command) -> dict[str, Any]:
    return {
        "done_at": command.at,
        "done_by": command.actor.user,
        "result": command.details["comment"],
    }


def all_done(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    """Return which parts are still to be done."""
    del placed, actor
    units = ",".join(part.unit for part in case.open_parts)
    return Reason("parts_open", {"unit": units}) if units else None


KINDS = (
    ActionKind(
        name="join",
        done="joined",
        title=Text("协办", "Ask another unit to join"),
        told=Text("增加协办单位", "another unit joined"),
        grant=WORK_CASES,
        apply=_join,
        needs=("unit", "due_at", "comment"),
        fits=_new_part,
        answered_by=("finish_part",),
    ),
    ActionKind(
        name="finish_part",
        done="part_finished",
        title=Text("完成协办", "Finish our part"),
        told=Text("完成协办", "a part was finished"),
        grant=WORK_CASES,
        apply=_on_part(_finished, _own_unit),
        by="anyone",
        needs=("comment",),
        allowed=_has_part,
        fits=_names_part,
    ),
    ActionKind(
        name="withdraw_part",
        done="part_withdrawn",
        title=Text("撤销协办", "Withdraw a part"),
        told=Text("撤销协办", "a part was withdrawn"),
        grant=WORK_CASES,
        apply=_on_part(
            lambda command: {"withdrawn_at": command.at},
            lambda _case, command: command.details["unit"],
        ),
        needs=("unit",),
        fits=_withdrawable,
    ),
)
