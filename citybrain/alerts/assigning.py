"""Giving an alert to somebody, who accepts or declines it within a time; pure.

An assignment that is declined or has no answer in time goes back: the alert is nobody's, and
escalates as one that nobody acknowledged; who gave it is told (`assigned_notices`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from citybrain.accounts.roles import HANDLE
from citybrain.alerts.handling import HandlingPolicy
from citybrain.alerts.holding import holds_for_a_time, taken, unheld
from citybrain.alerts.records import Alert, Assignment
from citybrain.floor.reason import Reason
from citybrain.floor.text import Text
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.workflow import Action

ASSIGNED = "assigned"
DECLINED, OVERDUE = "assignment_declined", "assignment_overdue"
PHRASES = {
    "not_assigned_to_you": Text("没有等您答复的指派", "it is not assigned to you for an answer"),
}
_NOT_YOURS = Reason("not_assigned_to_you")


def given_back(alert: Alert, now: datetime) -> dict[str, Any]:
    """Return what `alert` is once its assignment has failed: nobody's.

    What was never acknowledged goes on escalating where it is; what was begins anew.
    """
    fields: dict[str, Any] = {"owner": "", "assignment": None}
    return fields | (unheld(alert, now) if alert.state == "acknowledged" else {})


def actions(policy: HandlingPolicy, open_states: tuple[str, ...]) -> tuple[Action[Alert], ...]:
    """Return what people do to give an alert to somebody, and to answer."""

    def assign(_alert: Alert, command: Command) -> dict[str, Any]:
        owner, by = command.details["assignee"], command.actor.user
        if owner == by:
            return {"owner": owner, "assignment": None}
        until = command.at + policy.answer_within
        return {"owner": owner, "assignment": Assignment(by=by, at=command.at, until=until)}

    return (
        Action(
            name="assign",
            done=ASSIGNED,
            title=Text("指派", "Assign"),
            told=Text("指派", "assigned"),
            key="g",
            grant=HANDLE,
            apply=assign,
            from_states=open_states,
            needs=("assignee",),
        ),
        Action(
            name="accept_assignment",
            done="assignment_accepted",
            title=Text("接受指派", "Accept"),
            told=Text("接受指派", "assignment accepted"),
            grant=HANDLE,
            apply=taken,
            from_states=open_states,
            allowed=_is_asked,
            fits=holds_for_a_time,
        ),
        Action(
            name="decline_assignment",
            done=DECLINED,
            title=Text("退回指派", "Decline"),
            told=Text("退回指派", "assignment declined"),
            grant=HANDLE,
            apply=_decline,
            from_states=open_states,
            needs=("comment",),
            allowed=_is_asked,
        ),
    )


def _decline(alert: Alert, command: Command) -> dict[str, Any]:
    return given_back(alert, command.at) | {"comment": command.details["comment"]}


def _is_asked(actor: Actor, alert: Alert) -> Reason | None:
    asked = alert.assignment is not None and alert.owner == actor.user
    return None if asked else _NOT_YOURS
