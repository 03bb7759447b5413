"""What an alert can go through: its states, what people do with it, and the words of refusals.

Each accepted command is one step. One more action is one more `Action` here: roles, buttons, the
refusals and the desk's page follow from it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from citybrain.accounts.roles import COMMENT, HANDLE
from citybrain.alerts import incidents
from citybrain.alerts.records import Alert, AlertChange
from citybrain.floor.reason import Phrases, Reason
from citybrain.floor.text import Text
from citybrain.workflow import refusals
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.workflow import Action, Workflow

ACKNOWLEDGED_FOR = timedelta(hours=1)
"""How long an acknowledgement keeps an alert, where the person does not say."""
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
    },
    {"state": STATES},
).joined(refusals.PHRASES)


def unheld(alert: Alert, now: datetime) -> dict[str, Any]:
    """Return what an alert is once its acknowledgement is over: escalation counts from `now`."""
    fields = {"acknowledged_at": None, "acknowledged_until": None, "escalation": 0}
    state = "pending" if alert.episode.state == "pending" else "firing"
    return {**fields, "state": state, "notified_at": now if alert.notified_at else None}


def _acknowledge(alert: Alert, command: Command) -> dict[str, Any]:
    given = command.details.get("expires_at")
    until = datetime.fromisoformat(given) if given else command.at + ACKNOWLEDGED_FOR
    return {
        "state": "acknowledged",
        "owner": command.actor.user,
        "comment": command.details.get("comment", alert.comment),
        "acknowledged_at": command.at,
        "acknowledged_until": until,
        "escalation": 0,
    }


def _holds_for_a_time(_alert: Alert, command: Command) -> Reason | None:
    given = command.details.get("expires_at")
    if not given:
        return None
    try:
        until = datetime.fromisoformat(given)
    except ValueError:
        return Reason("no_time", {"given": given})
    over = until.tzinfo is None or until <= command.at
    return Reason("acknowledgement_over") if over else None


def _unacknowledge(alert: Alert, command: Command) -> dict[str, Any]:
    return {**unheld(alert, command.at), "owner": ""}


def _assign(_alert: Alert, command: Command) -> dict[str, Any]:
    return {"owner": command.details["assignee"]}


def _comment(_alert: Alert, command: Command) -> dict[str, Any]:
    return {"comment": command.details["comment"]}


def _resolve(alert: Alert, command: Command) -> dict[str, Any]:
    comment = command.details.get("comment", alert.comment)
    owner = alert.owner or command.actor.user
    fields = {"state": "resolved", "closed_at": command.at, "mutes": ()}
    return {**fields, "comment": comment, "owner": owner}


def _reopen(alert: Alert, command: Command) -> dict[str, Any]:
    return {**unheld(alert, command.at), "closed_at": None, "notified_level": ""}


def _not_over(_actor: Actor, alert: Alert) -> Reason | None:
    return OVER if alert.episode.state == "ended" else None


def _split(alert: Alert, _command: Command) -> dict[str, Any]:
    return {"incident": incidents.apart(alert)}


def _merge(_alert: Alert, command: Command) -> dict[str, Any]:
    return {"incident": command.details["into"]}


ALERTS = Workflow.of(
    "alert",
    AlertChange,
    STATES,
    by_itself=("muted", "unmuted", "notified", "escalated", "corrected"),
    actions=(
        Action(
            name="acknowledge",
            done="acknowledged",
            title=Text("受理", "Acknowledge"),
            told=Text("受理", "acknowledged"),
            key="a",
            grant=HANDLE,
            apply=_acknowledge,
            from_states=("pending", "firing"),
            fits=_holds_for_a_time,
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
        Action(
            name="assign",
            done="assigned",
            title=Text("指派", "Assign"),
            told=Text("指派", "assigned"),
            key="g",
            grant=HANDLE,
            apply=_assign,
            from_states=OPEN,
            needs=("assignee",),
        ),
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
        Action(
            name="resolve",
            done="resolved",
            title=Text("办结", "Resolve"),
            told=Text("办结", "resolved"),
            key="r",
            grant=HANDLE,
            apply=_resolve,
            from_states=OPEN,
        ),
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
