"""What no person does: what a source reports, what a signal says, and the machine's revisit; pure.

These kinds stand in every stage of every workflow, and lead where its `machine` says.
"""

from __future__ import annotations

from functools import partial

from msgspec.structs import replace

from citybrain.accounts.roles import PLATFORM, WORK_CASES
from citybrain.cases.action_kind import ActionKind, PlacedAction
from citybrain.cases.case_parts import CaseFlag
from citybrain.cases.definition import ActionEntry, WorkflowDefinition
from citybrain.cases.finishing import redone, reopened
from citybrain.cases.moving import entered, said
from citybrain.cases.records import ENGINE, HELD, Case
from citybrain.cases.signals import GONE, PERSISTS, verdict
from citybrain.floor.event_columns import CLOSED, OPEN, STATUSES
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command

ITSELF = Actor(user=ENGINE, role=PLATFORM.id)
"""The system, as it makes the steps that no person makes."""
REPORT, NOTE_SIGNAL, MACHINE_REVISIT = "report", "note_signal", "machine_revisit"
YES, NO = "yes", "no"
FOUND = {
    GONE: Text("信号已消失", "the signal is gone"),
    PERSISTS: Text("信号仍在，问题未消除", "the signal is still there"),
}
"""What a machine's revisit finds."""
HOLDS = {YES: Text("出现", "is there"), NO: Text("消失", "is gone")}
"""How a signal changes."""
REPORTED = {
    CLOSED: Text("已办结", "solved"),
    OPEN: Text("重新处理中", "open again"),
}
"""What a source reports."""
WORDS = {
    "by_machine": Text("此步骤由系统自动完成", "the system does that by itself"),
    "no_signal": Text("案件没有可监测的信号", "the case came from no signal"),
    "another_alert": Text("该信号已由另一告警接续", "another alert tells of that signal now"),
    "other_finding": Text(
        "信号此时并不说明“{given}”", "that is not what the signal says now: {given}"
    ),
    "bad_report": Text(
        "来源报告的状态须为 open 或 closed：“{given}”",
        "a source reports open or closed, not '{given}'",
    ),
}
"""Why such a step is not made."""


def entries(definition: WorkflowDefinition) -> dict[str, ActionEntry]:
    """Return those steps as a workflow has them beside its stages."""
    plan = definition.machine
    places = {REPORT: plan.reported, NOTE_SIGNAL: ""}
    places |= {MACHINE_REVISIT: plan.persists} if plan.persists else {}
    return {name: ActionEntry(to=to, who=(PLATFORM.id,)) for name, to in places.items()}


def _allowed(_placed: PlacedAction, actor: Actor, _case: Case) -> Reason | None:
    itself = actor.user == ENGINE and actor.role == PLATFORM.id
    return None if itself else Reason("by_machine")


def _is_status(_placed: PlacedAction, _case: Case, command: Command) -> Reason | None:
    given = command.details["status"]
    return None if given in STATUSES else Reason("bad_report", {"given": given})


def _reported(placed: PlacedAction, case: Case, command: Command) -> Case:
    """Return the case after its source said how it is there: what is done is claimed, once."""
    if command.details["status"] != CLOSED:
        return replace(case, comment=command.details.get("comment", ""))
    flag = CaseFlag(**said(command), what="reported", leg=len(case.legs) - 1)
    after = replace(case, flags=(*case.flags, flag))
    if not case.open or case.claimed_at is not None or case.state in HELD:
        return after
    claimed = replace(after, claimed_at=command.at, answer=command.details.get("comment", ""))
    return entered(placed, claimed, placed.entry.to, command)


def _is_of_signal(_placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    if case.signal is None:
        return Reason("no_signal")
    other = command.details.get("alert", "") != case.signal.alert
    return Reason("another_alert") if other and command.details["holds"] != YES else None


def _noted(_placed: PlacedAction, case: Case, command: Command) -> Case:
    if case.signal is None:
        return case
    holds, alert = command.details["holds"] == YES, command.details.get("alert", "")
    since = case.signal.since if holds == case.signal.holds else command.at
    signal = replace(case.signal, holds=holds, since=since, alert=alert)
    return replace(case, signal=signal, alerts=tuple(dict.fromkeys((*case.alerts, alert))))


def _is_so(_placed: PlacedAction, case: Case, command: Command) -> Reason | None:
    given = command.details["result"]
    so = verdict(case, command.at) == given
    return None if so else Reason("other_finding", {"given": given})


def _revisited(placed: PlacedAction, case: Case, command: Command) -> Case:
    if case.signal is None:
        return case
    if command.details["result"] == GONE:
        return replace(case, signal=replace(case.signal, verdict=GONE))
    flag = CaseFlag(**said(command), what="not_seen", leg=len(case.legs) - 1)
    after = replace(case, flags=(*case.flags, flag))
    again = redone if case.open else reopened
    return again(placed, after, command, placed.entry.to)


_by_machine = partial(
    ActionKind,
    grant=WORK_CASES,
    by="anyone",
    where="anywhere",
    allowed=_allowed,
    any_version=True,
)
KINDS = (
    _by_machine(
        name=REPORT,
        done="reported",
        title=Text("来源报告进展", "Report of the source"),
        told=Text("来源系统报告", "reported by its source"),
        apply=_reported,
        leads="perhaps",
        needs=("status",),
        held=HELD,
        fits=_is_status,
    ),
    _by_machine(
        name=NOTE_SIGNAL,
        done="signal_noted",
        title=Text("信号变化", "Signal"),
        told=Text("信号变化", "its signal changed"),
        apply=_noted,
        needs=("holds",),
        held=HELD,
        fits=_is_of_signal,
    ),
    _by_machine(
        name=MACHINE_REVISIT,
        done="machine_revisited",
        title=Text("机器回访", "Machine revisit"),
        told=Text("机器回访", "revisited by the machine"),
        apply=_revisited,
        leads="perhaps",
        needs=("result",),
        fits=_is_so,
    ),
)
