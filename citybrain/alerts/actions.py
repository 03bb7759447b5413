"""What people do with an alert: each accepted command is one step of it; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from citybrain.alerts import incidents
from citybrain.alerts.lifecycle import step, unheld
from citybrain.alerts.records import Alert, AlertChange, Command

ACKNOWLEDGED_FOR = timedelta(hours=1)
"""How long an acknowledgement keeps an alert, where the person does not say."""


def commanded(alert: Alert, command: Command, cause: str) -> AlertChange:
    """Return what an accepted command on an alert changes; `refusal` was asked before.

    Raises:
        KeyError: `command.action` is none on alerts.
    """
    now, by, details = command.at, command.actor.user, command.details
    fields = _FIELDS[command.action](alert, command)
    what = _DONE[command.action]
    said = {**details, "command": command.id}
    return step(alert, what, now, by, cause, details=said, **fields)


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


def _split(alert: Alert, _command: Command) -> dict[str, Any]:
    return {"incident": incidents.apart(alert)}


def _merge(_alert: Alert, command: Command) -> dict[str, Any]:
    return {"incident": command.details["into"]}


_FIELDS = {
    "acknowledge": _acknowledge,
    "unacknowledge": _unacknowledge,
    "assign": _assign,
    "comment": _comment,
    "resolve": _resolve,
    "reopen": _reopen,
    "split": _split,
    "merge": _merge,
}
_DONE = {
    "acknowledge": "acknowledged",
    "unacknowledge": "unacknowledged",
    "assign": "assigned",
    "comment": "commented",
    "resolve": "resolved",
    "reopen": "reopened",
    "split": "split",
    "merge": "merged",
}
