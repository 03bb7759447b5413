"""Which buttons are shown: what would be accepted of this person on this alert; pure.

The owner of the alerts decides; the desk only spares people a refusal.
"""

from __future__ import annotations

from citybrain.accounts.roles import may
from citybrain.alerts.records import Alert

ON_ALERTS = frozenset(
    {"acknowledge", "unacknowledge", "assign", "comment", "resolve", "reopen", "merge", "split"}
)
ON_SILENCES = frozenset({"silence", "approve_silence", "expire_silence"})
_STATES = {
    "acknowledge": ("pending", "firing"),
    "unacknowledge": ("acknowledged",),
    "assign": ("pending", "firing", "acknowledged"),
    "resolve": ("pending", "firing", "acknowledged"),
    "reopen": ("resolved",),
}


def actions_of(role: str) -> frozenset[str]:
    """Return the actions of the desk that `role` may ask for."""
    return frozenset(action for action in ON_ALERTS | ON_SILENCES if may(role, action))


def verdicts(alert: Alert, role: str) -> dict[str, str]:
    """Return each action with why it would be refused now; "" where it would be accepted."""
    allowed = actions_of(role)
    return {action: _why_not(action, alert, allowed) for action in sorted(ON_ALERTS | {"silence"})}


def _why_not(action: str, alert: Alert, allowed: frozenset[str]) -> str:
    if action not in allowed:
        return "您的角色不能这样做 / your role may not"
    if alert.state not in _STATES.get(action, (alert.state,)):
        return f"告警状态为 {alert.state} / the alert is {alert.state}"
    return ""
