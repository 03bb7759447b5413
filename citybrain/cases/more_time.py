"""Extensions: the original limit once more, asked by who has the case, answered by others; pure.

What counts is when it was asked: nobody asks once it is overdue, and an answer to what was asked in
time may come later. What was declined is not counted.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import replace

from citybrain.accounts.roles import SUPERVISE_CASES, WORK_CASES
from citybrain.cases.action_kind import ActionKind, Apply, CaseContext, PlacedAction
from citybrain.cases.case_parts import Extension
from citybrain.cases.moving import said
from citybrain.cases.records import Case
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command

WORDS = {
    "extension_asked": Text("已申请延期，等待审批", "more time was asked for already"),
    "no_extension_asked": Text("没有待审批的延期申请", "nobody has asked for more time"),
    "extended_most": Text("延期已达 {most} 次上限", "it was extended {most} times, the most"),
    "overdue": Text("已于 {due} 超期，不能申请延期", "it is overdue since {due}: no more time"),
    "own_extension": Text("须由另一人审批", "somebody else must answer what you asked for"),
}
"""Why there is no more time."""


def _may_ask(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    del actor
    if case.asked_extension is not None:
        return Reason("extension_asked")
    most = placed.definition.extensions
    full = len(case.approved_extensions) >= most
    return Reason("extended_most", {"most": str(most)}) if full else None


def _not_overdue(placed: PlacedAction, case: Case, context: CaseContext) -> Reason | None:
    due = context.deadlines.due_at(case, placed.stage.clock)
    over = due is not None and due < context.now
    return Reason("overdue", {"due": due.isoformat()}) if over and due else None


def _ask(placed: PlacedAction, case: Case, command: Command) -> Case:
    one = Extension(**said(command), limit=placed.stage.clock, leg=len(case.legs) - 1)
    return replace(case, extensions=(*case.extensions, one))


def _may_answer(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    asked = case.asked_extension
    if asked is None or asked.limit != placed.stage.clock:
        return Reason("no_extension_asked")
    return Reason("own_extension") if asked.by == actor.user else None


def _answering(answer: Literal["approved", "declined"]) -> Apply:
    def apply(placed: PlacedAction, case: Case, command: Command) -> Case:
        del placed
        given: dict[str, Any] = {
            "answer": answer,
            "answered_at": command.at,
            "answered_by": command.actor.user,
            "words": command.details.get("comment", ""),
        }
        last = replace(case.extensions[-1], **given)
        return replace(case, extensions=(*case.extensions[:-1], last))

    return apply


KINDS = (
    ActionKind(
        name="ask_extension",
        done="extension_asked",
        title=Text("申请延期", "Ask for more time"),
        told=Text("申请延期", "asked for more time"),
        grant=WORK_CASES,
        apply=_ask,
        needs=("comment",),
        allowed=_may_ask,
        timely=_not_overdue,
        answered_by=("approve_extension", "decline_extension"),
    ),
    ActionKind(
        name="approve_extension",
        done="extended",
        title=Text("同意延期", "Approve more time"),
        told=Text("同意延期", "extended"),
        grant=SUPERVISE_CASES,
        apply=_answering("approved"),
        by="centre",
        allowed=_may_answer,
    ),
    ActionKind(
        name="decline_extension",
        done="extension_declined",
        title=Text("不同意延期", "Decline more time"),
        told=Text("不同意延期", "more time was declined"),
        grant=SUPERVISE_CASES,
        apply=_answering("declined"),
        by="centre",
        needs=("comment",),
        allowed=_may_answer,
    ),
)
