"""Which buttons are shown: what would be accepted of this person on this alert; pure.

The owner of the alerts decides; the desk only spares people a refusal.
"""

from __future__ import annotations

from citybrain.accounts.roles import may
from citybrain.alerts.handling import HandlingPolicy
from citybrain.alerts.records import Alert
from citybrain.alerts.workflow import ALERTS, workflow_of
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Actor
from citybrain.workflow.refusals import ROLE

PLAIN = HandlingPolicy()
ON_SILENCES = frozenset({"silence", "approve_silence", "expire_silence"})
ACTIONS = frozenset(ALERTS.actions) | ON_SILENCES
"""All that the desk can ask for."""


def actions_of(role: str) -> frozenset[str]:
    """Return the actions of the desk that `role` may ask for."""
    alone = {action.name for action in ALERTS.actions.values() if may(role, action.grant)}
    return frozenset(alone | {action for action in ON_SILENCES if may(role, action)})


def verdicts(
    alert: Alert, actor: Actor, policy: HandlingPolicy = PLAIN
) -> dict[str, Reason | None]:
    """Return each action with why it would be refused now; None where it would be accepted.

    Args:
        alert: as it stands.
        actor: who would do it.
        policy: how alerts are handled in the city.
    """
    flow = workflow_of(policy)
    found = {name: flow.verdict(actor, alert, name) for name in sorted(flow.actions)}
    return found | {"silence": None if may(actor.role, "silence") else ROLE}
