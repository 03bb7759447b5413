"""Resolving, checking, telling, closing and reopening: the way to the end of a case; pure.

Any way into a stage that ends closes the last leg; reopening begins another one, and the first
closing stays what it was.
"""

from __future__ import annotations

from msgspec.structs import replace

from citybrain.accounts.roles import DISPATCH_CASES, WORK_CASES
from citybrain.cases.action_kind import ActionKind, PlacedAction
from citybrain.cases.case_parts import CaseFlag, Redo, Revisit
from citybrain.cases.joint_handling import all_done
from citybrain.cases.moving import begun, entered, said
from citybrain.cases.records import Case
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Command

SATISFIED, UNSATISFIED, UNREACHED = "satisfied", "unsatisfied", "unreached"
RESULTS = {
    SATISFIED: Text("满意", "satisfied"),
    UNSATISFIED: Text("不满意", "not satisfied"),
    UNREACHED: Text("未联系上", "not reached"),
}
TRIES = 3
"""After so many visits without reaching anybody a case goes on, and says so."""
RATINGS = ("1", "2", "3", "4", "5")
WORDS = {
    "no_revisit_result": Text(
        "回访结果须为满意、不满意或未联系上：“{given}”",
        "a revisit is satisfied, unsatisfied or unreached, not '{given}'",
    ),
    "no_rating": Text("评价须为 1 至 5：“{given}”", "a rating is 1 to 5, not '{given}'"),
}
"""Why a case does not come to its end."""


def _resolve(placed: PlacedAction, case: Case, command: Command) -> Case:
    signal = case.signal and replace(case.signal, verdict="")
    return _move(placed, replace(case, claimed_at=command.at, signal=signal), command)


def _move(placed: PlacedAction, case: Case, command: Command) -> Case:
    return entered(placed, case, placed.entry.to, command)


def redone(placed: PlacedAction, case: Case, command: Command, to: str) -> Case:
    """Return an open case that goes back to its handler: what was claimed no longer stands."""
    redo = Redo(**said(command), unit=case.handler or case.unit)
    after = replace(case, redos=(*case.redos, redo), claimed_at=None)
    return entered(placed, after, to, command)


def _redo(placed: PlacedAction, case: Case, command: Command) -> Case:
    return redone(placed, case, command, placed.entry.to)


def _visit_result(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    del placed, case
    given = command.details["result"]
    return None if given in RESULTS else Reason("no_revisit_result", {"given": given})


def _revisit(placed: PlacedAction, case: Case, command: Command) -> Case:
    result = command.details["result"]
    visit = Revisit(**said(command), result=result)  # type: ignore[arg-type]  # `fits` was asked
    after = replace(case, revisits=(*case.revisits, visit))
    if result == UNSATISFIED:
        return redone(placed, after, command, placed.entry.redo_to)
    if result == SATISFIED:
        return entered(placed, after, placed.entry.to, command)
    if _tried_in_vain(after) < (placed.entry.most or TRIES):
        return after
    flag = CaseFlag(**said(command), what="unreached", leg=len(case.legs) - 1)
    return entered(placed, replace(after, flags=(*after.flags, flag)), placed.entry.to, command)


def _tried_in_vain(case: Case) -> int:
    """Return how many of the last visits in a row reached nobody."""
    count = 0
    for visit in reversed(case.revisits):
        if visit.result != UNREACHED:
            break
        count += 1
    return count


def _feedback(placed: PlacedAction, case: Case, command: Command) -> Case:
    after = replace(case, answer=command.details["comment"])
    return entered(placed, after, placed.entry.to, command)


def _is_rating(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    del placed, case
    given = command.details["rating"]
    return None if given in RATINGS else Reason("no_rating", {"given": given})


def _rate(placed: PlacedAction, case: Case, command: Command) -> Case:
    after = replace(case, rating=int(command.details["rating"]))
    return entered(placed, after, placed.entry.to, command)


def _reopen(placed: PlacedAction, case: Case, command: Command) -> Case:
    return reopened(placed, case, command, placed.entry.to)


def reopened(placed: PlacedAction, case: Case, command: Command, to: str) -> Case:
    """Return a closed case that begins another leg: what was claimed no longer stands."""
    return entered(placed, replace(begun(case, command), claimed_at=None), to, command)


KINDS = (
    ActionKind(
        name="resolve",
        done="resolved",
        title=Text("处置完成", "Resolve"),
        told=Text("处置完成", "resolved"),
        grant=WORK_CASES,
        apply=_resolve,
        leads="on",
        needs=("comment",),
        allowed=all_done,
    ),
    ActionKind(
        name="reject",
        done="rejected",
        title=Text("不予受理", "Reject"),
        told=Text("不予受理", "rejected"),
        grant=WORK_CASES,
        apply=_move,
        leads="on",
        needs=("comment",),
    ),
    ActionKind(
        name="redo",
        done="sent_back",
        title=Text("发回重办", "Send back to be redone"),
        told=Text("发回重办", "sent back to be redone"),
        grant=WORK_CASES,
        apply=_redo,
        leads="on",
        needs=("comment",),
    ),
    ActionKind(
        name="revisit",
        done="revisited",
        title=Text("回访", "Revisit"),
        told=Text("回访", "revisited"),
        grant=WORK_CASES,
        apply=_revisit,
        leads="on",
        needs=("result",),
        keys=frozenset({"redo_to", "most"}),
        fits=_visit_result,
    ),
    ActionKind(
        name="feedback",
        done="answered",
        title=Text("答复", "Answer"),
        told=Text("答复", "answered"),
        grant=WORK_CASES,
        apply=_feedback,
        leads="perhaps",
        needs=("comment",),
    ),
    ActionKind(
        name="rate",
        done="rated",
        title=Text("评价", "Rate"),
        told=Text("评价", "rated"),
        grant=WORK_CASES,
        apply=_rate,
        leads="perhaps",
        needs=("rating",),
        fits=_is_rating,
    ),
    ActionKind(
        name="close",
        done="closed",
        title=Text("结案", "Close"),
        told=Text("结案", "closed"),
        grant=WORK_CASES,
        apply=_move,
        leads="on",
        allowed=all_done,
    ),
    ActionKind(
        name="reopen",
        done="reopened",
        title=Text("重新打开", "Reopen"),
        told=Text("重新打开", "reopened"),
        grant=DISPATCH_CASES,
        apply=_reopen,
        leads="on",
        by="centre",
        where="ended",
        needs=("comment",),
    ),
)
