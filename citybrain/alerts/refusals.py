"""Why a command is refused, as a sentence in both languages; "" where it is accepted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from citybrain.accounts.roles import may
from citybrain.alerts.records import Actor, Alert, Command, Silence

ON_ALERTS = ("acknowledge", "unacknowledge", "assign", "comment", "resolve", "reopen", "split")
STATES: dict[str, tuple[str, ...]] = {
    "acknowledge": ("pending", "firing"),
    "unacknowledge": ("acknowledged",),
    "assign": ("pending", "firing", "acknowledged"),
    "resolve": ("pending", "firing", "acknowledged"),
    "reopen": ("resolved",),
    "split": ("pending", "firing", "acknowledged"),
    "merge": ("pending", "firing", "acknowledged"),
}
"""In which states of an alert an action makes sense; not named: in all."""
_STATES = {
    "pending": "待定",
    "firing": "待受理",
    "acknowledged": "已受理",
    "resolved": "已办结",
    "ended": "已自动解除",
    "revised": "已被数据更正撤销",
}
NEEDS = {"assign": "assignee", "comment": "comment"}
"""What an action cannot do without."""

UNKNOWN_ALERT = "没有这个告警 / there is no such alert"
UNKNOWN_SILENCE = "没有这个静默 / there is no such silence"
ROLE = "您的角色不能这样做 / your role may not do this"
KNOWN_SILENCE = "这个静默已经有了 / there is such a silence already"
WIDER = "静默超出您负责的部门或区域 / it reaches beyond the departments or areas that you act for"
UNKNOWN_INCIDENT = "没有这个事件 / there is no such incident"
SAME_INCIDENT = "已是同一事件 / it is the same incident"
OVER = "数据显示已解除 / the data says that it is over"
SCOPE = "不在您负责的部门或区域内 / outside the departments or areas that you act for"
SELF = "批准人不能是创建人本人 / who created it cannot approve it"


def of_alert(alert: Alert | None, command: Command) -> str:
    """Return why `command` on `alert` is refused."""
    if not may(command.actor.role, command.action):
        return ROLE
    if alert is None:
        return UNKNOWN_ALERT
    if not within(command.actor, alert):
        return SCOPE
    state = of_state(alert, command.action)
    return state or _missing(command) or _conflict(alert, command)


def of_state(alert: Alert, action: str) -> str:
    """Return why `action` makes no sense as `alert` is now."""
    if alert.state not in STATES.get(action, (alert.state,)):
        zh, who = _STATES[alert.state], alert.touched_by
        by = (f"，{who} 操作" if who else "", f" ({alert.touched_what} by {who})" if who else "")
        return f"告警{zh}{by[0]} / the alert is {alert.state}{by[1]}"
    return OVER if action == "reopen" and alert.episode.state == "ended" else ""


def of_merge(members: Sequence[Alert], into: Sequence[Alert], command: Command) -> str:
    """Return why all `members` of an incident may not join the incident of the alerts `into`."""
    if not members or not into:
        return UNKNOWN_INCIDENT if may(command.actor.role, command.action) else ROLE
    if members[0].incident == into[0].incident:
        return SAME_INCIDENT
    of_others = replace(command, expected=None)
    reasons = (of_alert(one, of_others) for one in (*members[1:], *into))
    return of_alert(members[0], command) or next((one for one in reasons if one), "")


def of_approval(silence: Silence | None, command: Command) -> str:
    """Return why the approval or early end of a silence is refused."""
    if not may(command.actor.role, command.action):
        return ROLE
    if silence is None:
        return UNKNOWN_SILENCE
    if silence.expired_at is not None or silence.ends_at <= command.at:
        return "静默已经结束 / the silence is over"
    if command.action == "approve_silence":
        if command.actor.user == silence.creator:
            return SELF
        if silence.approver or not silence.needs_approval:
            return "不需要批准 / it needs no approval"
    return ""


def within(actor: Actor, alert: Alert) -> bool:
    """Return whether `alert` belongs to the departments and areas that `actor` acts for."""
    episode = alert.episode
    mine = not actor.departments or bool({*actor.departments} & {*episode.departments})
    here = not actor.areas or any(episode.area.startswith(area) for area in actor.areas)
    return mine and here


def _missing(command: Command) -> str:
    needed = NEEDS.get(command.action)
    if needed and not command.details.get(needed, "").strip():
        return f"缺少 {needed} / {needed} is missing"
    given = command.details.get("expires_at")
    if command.action != "acknowledge" or not given:
        return ""
    try:
        until = datetime.fromisoformat(given)
    except ValueError:
        return f"{given!r} 不是时间 / {given!r} is no time"
    if until.tzinfo is None or until <= command.at:
        return "确认的期限已过 / the acknowledgement would be over at once"
    return ""


def _conflict(alert: Alert, command: Command) -> str:
    if command.expected is None or command.action == "comment":
        return ""
    if alert.touched <= command.expected <= alert.version:
        return ""
    if command.expected > alert.version:
        return f"没有第 {command.expected} 版 / there is no version {command.expected}"
    what, who, state = alert.touched_what, alert.touched_by, _STATES[alert.state]
    return (
        f"您看到的是第 {command.expected} 版，之后 {who} 已改动（{what}），告警{state}"
        f"（第 {alert.touched} 版） / you saw version {command.expected}; since then {who} changed "
        f"it ({what}), and it is {alert.state} (version {alert.touched})"
    )
