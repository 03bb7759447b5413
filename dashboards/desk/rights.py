"""Which buttons are shown: what would be accepted of this person on this alert; pure.

The owner of the alerts decides; the desk only spares people a refusal.
"""

from __future__ import annotations

from citybrain.accounts.roles import may
from citybrain.alerts import refusals
from citybrain.alerts.records import Alert
from citybrain.alerts.refusals import ROLE, of_state

ON_ALERTS = frozenset(refusals.ON_ALERTS) | {"merge"}
ON_SILENCES = frozenset({"silence", "approve_silence", "expire_silence"})


def actions_of(role: str) -> frozenset[str]:
    """Return the actions of the desk that `role` may ask for."""
    return frozenset(action for action in ON_ALERTS | ON_SILENCES if may(role, action))


def verdicts(alert: Alert, role: str) -> dict[str, str]:
    """Return each action with why it would be refused now; "" where it would be accepted."""
    allowed = actions_of(role)
    return {
        action: of_state(alert, action) if action in allowed else ROLE
        for action in sorted(ON_ALERTS | {"silence"})
    }
