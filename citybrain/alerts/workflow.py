"""What an alert can go through: its states, what people do with it, and the words of refusals.

Each accepted command is one step. One more action is one more `Action` here: roles, buttons, the
refusals and the desk's page follow from it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from citybrain.accounts.roles import COMMENT, HANDLE
from citybrain.alerts import assigning, closing, incidents
from citybrain.alerts.handling import HandlingPolicy
from citybrain.alerts.holding import holds_for_a_time, taken, unheld
from citybrain.alerts.records import Alert, AlertChange
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text
from citybrain.workflow import refusals
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.workflow import Action, Workflow

OPEN = ("pending", "firing", "acknowledged")
STATES = {
    "pending": Text("待定", "pending"),
    "firing": Text("待受理", "firing"),
    "acknowledged": Text("已受理", "acknowledged"),
    "resolved": Text("已办结", "resolved"),
    "ended": Text("已自动解除", "ended"),
    "revised": Text("已被数据更正撤销", "revised"),
}
OVER = Reason("alert_over")
UNKNOWN_INCIDENT = Reason("no_incident")
SAME_INCIDENT = Reason("same_incident")
LESSER_ORIGIN = Reason("lesser_origin")


def _unacknowledge(alert: Alert, command: Command) -> dict[str, Any]:
    return {**unheld(alert, command.at), "owner": "", "assignment": None}


def _comment(_alert: Alert, command: Command) -> dict[str, Any]:
    return {"comment": command.details["comment"]}


def _reopen(alert: Alert, command: Command) -> dict[str, Any]:
    return {**unheld(alert, command.at), "closed_at": None, "notified_level": "", "result": ""}


def _not_over(_actor: Actor, alert: Alert) -> Reason | None:
    return OVER if alert.episode.state == "ended" else None


def _split(alert: Alert, _command: Command) -> dict[str, Any]:
    return {"incident": incidents.apart(alert)}


def _merge(_alert: Alert, command: Command) -> dict[str, Any]:
    return {"incident": command.details["into"]}


_PLAIN = HandlingPolicy()
ALERTS = Workflow.of(
    "alert",
    AlertChange,
    STATES,
    by_itself=("muted", "unmuted", "notified", "escalated", "corrected", "case_opened"),
    actions=(
        Action(
            name="acknowledge",
            done="acknowledged",
            title=Text("受理", "Acknowledge"),
            told=Text("受理", "acknowledged"),
            key="a",
            grant=HANDLE,
            apply=taken,
            from_states=("pending", "firing"),
            fits=holds_for_a_time,
        ),
        Action(
            name="unacknowledge",
            done="unacknowledged",
            title=Text("退回待受理", "Undo acknowledge"),
            told=Text("退回待受理", "acknowledgement undone"),
            grant=HANDLE,
            apply=_unacknowledge,
            from_states=("acknowledged",),
        ),
        *assigning.actions(_PLAIN, OPEN),
        Action(
            name="comment",
            done="commented",
            title=Text("备注", "Comment"),
            told=Text("备注", "commented"),
            key="c",
            grant=COMMENT,
            apply=_comment,
            needs=("comment",),
            any_version=True,
        ),
        *closing.actions(_PLAIN, OPEN),
        Action(
            name="reopen",
            done="reopened",
            title=Text("重新打开", "Reopen"),
            told=Text("重新打开", "reopened"),
            grant=HANDLE,
            apply=_reopen,
            from_states=("resolved",),
            allowed=_not_over,
        ),
        Action(
            name="split",
            done="split",
            title=Text("拆出事件", "Split off"),
            told=Text("拆出事件", "split off"),
            grant=HANDLE,
            apply=_split,
            from_states=OPEN,
        ),
        Action(
            name="merge",
            done="merged",
            title=Text("并入事件", "Merge"),
            told=Text("并入事件", "merged"),
            grant=HANDLE,
            apply=_merge,
            from_states=OPEN,
            alone=False,
        ),
    ),
)
"""What alerts go through where the city says nothing."""


def workflow_of(policy: HandlingPolicy) -> Workflow[Alert, AlertChange]:
    """Return what alerts go through in a city with `policy`; it differs in refusals alone."""
    own = (*assigning.actions(policy, OPEN), *closing.actions(policy, OPEN))
    return replace(ALERTS, actions={**ALERTS.actions, **{one.name: one for one in own}})


STEPS_IN_WORDS = {
    **{action.done: action.told for action in ALERTS.actions.values()},
    "pending": Text("进入待定", "pending"),
    "fired": Text("触发", "fired"),
    "raised": Text("升级", "raised"),
    "lowered": Text("降级", "lowered"),
    "ended": Text("条件解除", "ended by the data"),
    "revised": Text("数据更正撤销", "revised"),
    "case_opened": Text("转为案件", "became a case"),
    "acknowledgement_expired": Text("受理到期", "acknowledgement expired"),
    assigning.OVERDUE: Text("指派逾期未答复", "assignment not answered"),
}
"""What steps of an alert's life are called, by the name of the step."""
DETAILS = {
    "assignee": Text("指派对象", "somebody to give it to"),
    "comment": Text("说明", "a few words"),
    "result": Text("处置结果", "a result"),
    "into": Text("并入的事件", "an incident to merge into"),
}
"""What the details of commands are called."""
PARTS = {"engine": Text("系统", "the system"), "desk": Text("系统", "the system")}
"""What those are called that make steps and are no persons."""
PHRASES = Phrases(
    {
        "no_alert": Text("没有这个告警", "there is no such alert"),
        "alert_state": Text("告警{state}", "the alert is {state}"),
        "alert_state_by": Text("告警{state}，{by} 操作", "the alert is {state} ({what} by {by})"),
        "alert_changed": Text(
            "您看到的是第 {expected} 版，之后 {by} 已改动（{what}），"
            "告警{state}（第 {version} 版）",
            "you saw version {expected}; since then {by} changed it ({what}), and it is {state} "
            "(version {version})",
        ),
        "engine_holds_it_no_longer": Text("规则引擎不再保留", "the engine no longer holds it"),
        "alert_over": Text("数据显示已解除", "the data says that it is over"),
        "no_incident": Text("没有这个事件", "there is no such incident"),
        "same_incident": Text("已是同一事件", "it is the same incident"),
        "lesser_origin": Text(
            "模拟、回放或演练的事件不能并入更真实的告警",
            "what is simulated, replayed or an exercise gathers nothing that is more real",
        ),
        "acknowledgement_over": Text("确认的期限已过", "the acknowledgement would be over at once"),
        **assigning.PHRASES,
        **closing.PHRASES,
    },
    {"state": STATES, "what": STEPS_IN_WORDS, "name": DETAILS, "by": PARTS},
).joined(refusals.PHRASES)
