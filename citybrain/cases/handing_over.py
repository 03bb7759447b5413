"""Who has a case: taking it in, sending it to a unit, giving it back, handing it on; pure."""

from __future__ import annotations

from msgspec.structs import replace

from citybrain.accounts.roles import DISPATCH_CASES, WORK_CASES
from citybrain.cases.action_kind import ActionKind, CaseContext, PlacedAction
from citybrain.cases.case_parts import CaseReturn, CaseTransfer
from citybrain.cases.moving import entered, said
from citybrain.cases.records import Case
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Command

WORDS = {
    "no_unit": Text("没有“{given}”这个单位", "there is no unit '{given}'"),
    "same_unit": Text("案件已在{unit}", "it is with {unit} already"),
    "no_condition": Text("没有“{given}”这个情形", "there is no condition '{given}'"),
    "within_over": Text("期限已于 {due} 届满", "the time for that was over at {due}"),
    "done_too_often": Text("已达 {most} 次上限", "it was done {most} times, which is the most"),
}
"""Why a case cannot go to somebody else."""


def known_unit(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    """Return why the unit that was given cannot be."""
    del case
    given = command.details["unit"]
    return None if given in placed.units else Reason("no_unit", {"given": given})


def _another_unit(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    if command.details["unit"] == case.unit:
        return Reason("same_unit", {"unit": case.unit})
    return known_unit(placed, case, command)


def in_time(placed: PlacedAction, case: Case, context: CaseContext) -> Reason | None:
    """Return why it is too late, or was done too often."""
    within, most = placed.entry.within, placed.entry.most
    due = context.deadlines.due_at(case, within) if within else None
    if due is not None and due < context.now:
        return Reason("within_over", {"due": due.isoformat()})
    if most and placed.kind.count(case) >= most:
        return Reason("done_too_often", {"most": str(most)})
    return None


def _accept(placed: PlacedAction, case: Case, command: Command) -> Case:
    after = entered(placed, case, placed.entry.to, command)
    stays = after.unit == case.unit and after.stage == case.stage
    return replace(after, person=command.actor.user) if stays else after


def _move(placed: PlacedAction, case: Case, command: Command) -> Case:
    return entered(placed, case, placed.entry.to, command)


def _dispatch(placed: PlacedAction, case: Case, command: Command) -> Case:
    after = replace(case, handler=command.details["unit"])
    return entered(placed, after, placed.entry.to, command)


def _recall(placed: PlacedAction, case: Case, command: Command) -> Case:
    return entered(placed, replace(case, handler=""), placed.entry.to, command)


def _return(placed: PlacedAction, case: Case, command: Command) -> Case:
    back = CaseReturn(**said(command), unit=case.unit)
    after = replace(case, handler="", returns=(*case.returns, back))
    return entered(placed, after, placed.entry.to, command)


def _transfer(placed: PlacedAction, case: Case, command: Command) -> Case:
    unit = command.details["unit"]
    one = CaseTransfer(**said(command), from_unit=case.unit, to_unit=unit)
    after = replace(case, handler=unit, transfers=(*case.transfers, one))
    return entered(placed, after, placed.entry.to or case.stage, command)


def _assign(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    return replace(case, person=command.details["person"])


def _release(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed, command
    return replace(case, person="")


def _reclassify(placed: PlacedAction, case: Case, command: Command) -> Case:
    given = command.details
    kind, condition = given.get("kind") or case.kind, given.get("condition", "")
    return entered(placed, replace(case, kind=kind, condition=condition), placed.entry.to, command)


def _known_class(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    kind = command.details.get("kind") or case.kind
    if not placed.knows_kind(kind):
        return Reason("no_kind", {"given": kind})
    given, known = command.details.get("condition", ""), placed.definition.conditions
    fits = not known or given in known
    return None if fits else Reason("no_condition", {"given": given})


def handed_on(case: Case) -> int:
    """Return how often a unit that had been given the case handed it on or back."""
    return len(case.transfers) + len(case.returns)


KINDS = (
    ActionKind(
        name="accept",
        done="accepted",
        title=Text("受理", "Accept"),
        told=Text("受理", "accepted"),
        grant=WORK_CASES,
        apply=_accept,
        leads="perhaps",
    ),
    ActionKind(
        name="move",
        done="moved_on",
        title=Text("转下一环节", "Move on"),
        told=Text("转下一环节", "moved on"),
        grant=WORK_CASES,
        apply=_move,
        leads="on",
    ),
    ActionKind(
        name="dispatch",
        done="dispatched",
        title=Text("派遣", "Dispatch"),
        told=Text("派遣", "dispatched"),
        grant=DISPATCH_CASES,
        apply=_dispatch,
        leads="on",
        needs=("unit",),
        fits=known_unit,
    ),
    ActionKind(
        name="recall",
        done="recalled",
        title=Text("收回", "Recall"),
        told=Text("收回", "recalled"),
        grant=DISPATCH_CASES,
        apply=_recall,
        leads="on",
        by="centre",
        needs=("comment",),
    ),
    ActionKind(
        name="return",
        done="returned",
        title=Text("退回（非本单位职责）", "Return: not ours"),
        told=Text("退回（非本单位职责）", "returned: not theirs"),
        grant=WORK_CASES,
        apply=_return,
        leads="on",
        needs=("comment",),
        keys=frozenset({"within", "most"}),
        timely=in_time,
        count=lambda case: len(case.returns),
    ),
    ActionKind(
        name="transfer",
        done="transferred",
        title=Text("转办", "Transfer"),
        told=Text("转办", "transferred"),
        grant=WORK_CASES,
        apply=_transfer,
        leads="perhaps",
        needs=("unit", "comment"),
        keys=frozenset({"within", "most"}),
        fits=_another_unit,
        timely=in_time,
        count=lambda case: len(case.transfers),
    ),
    ActionKind(
        name="assign",
        done="assigned",
        title=Text("指定经办人", "Assign"),
        told=Text("指定经办人", "assigned"),
        grant=WORK_CASES,
        apply=_assign,
        needs=("person",),
    ),
    ActionKind(
        name="release",
        done="released",
        title=Text("交还单位", "Give back to the unit"),
        told=Text("交还单位", "given back to the unit"),
        grant=WORK_CASES,
        apply=_release,
    ),
    ActionKind(
        name="reclassify",
        done="reclassified",
        title=Text("重新分类", "Classify anew"),
        told=Text("重新分类", "classified anew"),
        grant=WORK_CASES,
        apply=_reclassify,
        leads="perhaps",
        needs=("condition",),
        fits=_known_class,
    ),
)
