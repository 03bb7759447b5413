"""Suspension and deferral (挂账): a case stands still in its stage, and its clocks with it; pure.

Whoever is measured by a clock cannot stop it: both are done for the workflow's centre, by roles
that supervise.
"""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from citybrain.accounts.roles import SUPERVISE_CASES
from citybrain.cases.action_kind import ActionKind, PlacedAction
from citybrain.cases.case_parts import Deferral, Doing
from citybrain.cases.moving import instant_of, said
from citybrain.cases.records import DEFERRED, SUSPENDED, Case
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command

WORDS = {
    "deferred_before": Text("已挂账过一次", "it was put aside once before"),
    "deferred_too_long": Text(
        "挂账最长 {days} 天", "it can be put aside for {days} days at the most"
    ),
    "until_over": Text("挂账须到将来某时", "it must be put aside until a time to come"),
}
"""Why a case cannot be put aside."""


def _suspend(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    return replace(case, suspension=Doing(**said(command)))


def _resume(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed, command
    return replace(case, suspension=None)


def _once(placed: PlacedAction, actor: Actor, case: Case) -> Reason | None:
    del placed, actor
    return Reason("deferred_before") if case.deferrals else None


def _not_too_long(placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    del case
    until, days = instant_of(command, "until"), placed.definition.deferral_days
    if until is None:
        return Reason("no_time", {"given": command.details["until"]})
    if until <= command.at:
        return Reason("until_over")
    too_long = until > command.at + timedelta(days=days)
    return Reason("deferred_too_long", {"days": str(days)}) if too_long else None


def _defer(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    until = instant_of(command, "until") or command.at
    one = Deferral(**said(command), until=until)
    return replace(case, deferrals=(*case.deferrals, one))


def _end_deferral(placed: PlacedAction, case: Case, command: Command) -> Case:
    del placed
    last = replace(case.deferrals[-1], ended_at=command.at, ended_by=command.actor.user)
    return replace(case, deferrals=(*case.deferrals[:-1], last))


KINDS = (
    ActionKind(
        name="suspend",
        done="suspended",
        title=Text("中止", "Suspend"),
        told=Text("中止", "suspended"),
        grant=SUPERVISE_CASES,
        apply=_suspend,
        by="centre",
        needs=("comment",),
        answered_by=("resume",),
    ),
    ActionKind(
        name="resume",
        done="resumed",
        title=Text("恢复", "Resume"),
        told=Text("恢复", "resumed"),
        grant=SUPERVISE_CASES,
        apply=_resume,
        by="centre",
        held=(SUSPENDED,),
        only_held=True,
    ),
    ActionKind(
        name="defer",
        done="put_aside",
        title=Text("挂账", "Put aside"),
        told=Text("挂账", "put aside"),
        grant=SUPERVISE_CASES,
        apply=_defer,
        by="centre",
        needs=("until", "comment"),
        allowed=_once,
        fits=_not_too_long,
        answered_by=("end_deferral",),
    ),
    ActionKind(
        name="end_deferral",
        done="taken_up_again",
        title=Text("销账恢复", "Take up again"),
        told=Text("销账恢复", "taken up again"),
        grant=SUPERVISE_CASES,
        apply=_end_deferral,
        by="centre",
        held=(DEFERRED,),
        only_held=True,
    ),
)
