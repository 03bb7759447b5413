"""Taking an alert, and what it is once nobody holds it any more; pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from citybrain.alerts.records import Alert
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Command

ACKNOWLEDGED_FOR = timedelta(hours=1)
"""How long an acknowledgement keeps an alert, where the person does not say."""


def unheld(alert: Alert, now: datetime) -> dict[str, Any]:
    """Return what an alert is once its acknowledgement is over: escalation counts from `now`."""
    fields = {"acknowledged_at": None, "acknowledged_until": None, "escalation": 0}
    state = "pending" if alert.episode.state == "pending" else "firing"
    return {**fields, "state": state, "notified_at": now if alert.notified_at else None}


def taken(alert: Alert, command: Command) -> dict[str, Any]:
    """Return what an alert is once the actor has taken it; whoever was asked to need not answer."""
    given = command.details.get("expires_at")
    until = datetime.fromisoformat(given) if given else command.at + ACKNOWLEDGED_FOR
    return {
        "state": "acknowledged",
        "owner": command.actor.user,
        "comment": command.details.get("comment", alert.comment),
        "acknowledged_at": command.at,
        "acknowledged_until": until,
        "escalation": 0,
        "assignment": None,
    }


def holds_for_a_time(_alert: Alert, command: Command) -> Reason | None:
    """Return why an acknowledgement cannot last as long as was asked."""
    given = command.details.get("expires_at")
    if not given:
        return None
    try:
        until = datetime.fromisoformat(given)
    except ValueError:
        return Reason("no_time", {"given": given})
    over = until.tzinfo is None or until <= command.at
    return Reason("acknowledgement_over") if over else None
