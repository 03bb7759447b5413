"""An appeal after closing: reviewed twice, by two people; the fact stays, flagged exempt; pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from msgspec.structs import replace

from citybrain.accounts.roles import SUPERVISE_CASES, WORK_CASES
from citybrain.cases.action_kind import ActionKind, CaseContext, PlacedAction
from citybrain.cases.case_parts import Appeal, AppealReview, CaseFlag
from citybrain.cases.moving import said
from citybrain.cases.records import Case
from citybrain.cases.units import acts_for
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command

VERDICTS = {"upheld": Text("成立", "upheld"), "rejected": Text("不成立", "rejected")}
WORDS = {
    "appealed_before": Text("已申诉过一次", "it was appealed once before"),
    "never_handled": Text("该案件未派遣过单位", "no unit ever had it to handle"),
    "was_in_time": Text("案件未超期，无需申诉", "it was in time: there is nothing to appeal"),
    "no_first_review": Text("没有待初审的申诉", "no appeal waits for its first review"),
    "no_second_review": Text("没有待复审的申诉", "no appeal waits for its second review"),
    "own_appeal": Text("须由另一人审核", "somebody else must review it"),
    "no_verdict": Text(
        "审核结论须为 upheld 或 rejected：“{given}”",
        "a verdict is upheld or rejected, not '{given}'",
    ),
}
"""Why an appeal goes no further."""


def _once(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    del placed
    if case.appeal is not None:
        return Reason("appealed_before")
    if not case.handler:
        return Reason("never_handled")
    if acts_for(actor, case.handler):
        return None
    return Reason("not_your_unit", {"unit": case.handler})


def _late(placed: PlacedAction, case: Case, context: CaseContext) -> Reason | None:
    del placed
    return None if context.deadlines.was_late(case) else Reason("was_in_time")


def _appeal(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    return replace(case, appeal=Appeal(**said(command), leg=len(case.legs) - 1))


def _waits_for(
    state: Literal["first_review", "second_review"],
) -> Callable[[PlacedAction, Actor, Case], Reason | None]:
    def allowed(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
        del placed
        appeal = case.appeal
        if appeal is None or appeal.state != state:
            return Reason(f"no_{state}")
        before = {appeal.by, *(one.by for one in appeal.reviews)}
        return Reason("own_appeal") if actor.user in before else None

    return allowed


def _is_verdict(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    del placed, case
    given = command.details["verdict"]
    return None if given in VERDICTS else Reason("no_verdict", {"given": given})


def _review(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    appeal = case.appeal
    if appeal is None:
        return case
    verdict = command.details["verdict"]
    one = AppealReview(**said(command), verdict=verdict)  # type: ignore[arg-type]  # see `fits`
    appeal = replace(appeal, reviews=(*appeal.reviews, one))
    if appeal.state != "upheld":
        return replace(case, appeal=appeal)
    flag = CaseFlag(**said(command), what="exempt", leg=appeal.leg)
    return replace(case, appeal=appeal, flags=(*case.flags, flag))


KINDS = (
    ActionKind(
        name="appeal",
        done="appealed",
        title=Text("申诉", "Appeal"),
        told=Text("申诉", "appealed"),
        grant=WORK_CASES,
        apply=_appeal,
        by="anyone",
        where="ended",
        needs=("comment",),
        answered_by=("review_appeal",),
        allowed=_once,
        timely=_late,
    ),
    ActionKind(
        name="review_appeal",
        done="appeal_reviewed",
        title=Text("申诉初审", "Review the appeal"),
        told=Text("申诉初审", "appeal reviewed"),
        grant=SUPERVISE_CASES,
        apply=_review,
        by="centre",
        where="ended",
        needs=("verdict", "comment"),
        answered_by=("confirm_appeal",),
        allowed=_waits_for("first_review"),
        fits=_is_verdict,
    ),
    ActionKind(
        name="confirm_appeal",
        done="appeal_decided",
        title=Text("申诉复审", "Review the appeal again"),
        told=Text("申诉复审", "appeal decided"),
        grant=SUPERVISE_CASES,
        apply=_review,
        by="centre",
        where="ended",
        needs=("verdict", "comment"),
        allowed=_waits_for("second_review"),
        fits=_is_verdict,
    ),
)
