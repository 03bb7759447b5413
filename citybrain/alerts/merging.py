"""Why all alerts of one incident may not join another one."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from citybrain.accounts.roles import HANDLE, may
from citybrain.alerts.records import Alert
from citybrain.alerts.workflow import ALERTS, LESSER_ORIGIN, SAME_INCIDENT, UNKNOWN_INCIDENT
from citybrain.floor.origins import Deed, origin_rank, permits
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Command
from citybrain.workflow.refusals import ROLE


def merge_refusal(
    members: Sequence[Alert], into: Sequence[Alert], command: Command
) -> Reason | None:
    """Return why the `members` of an incident may not join the incident of the alerts `into`."""
    if not members or not into:
        return UNKNOWN_INCIDENT if may(command.actor.role, HANDLE) else ROLE
    if members[0].incident == into[0].incident:
        return SAME_INCIDENT
    above = min((one.episode.world for one in into), key=origin_rank)
    if not all(permits(Deed.GROUP, above, one.episode.world) for one in members):
        return LESSER_ORIGIN
    of_others = replace(command, expected=None)
    reasons = (ALERTS.refusal(one, of_others) for one in (*members[1:], *into))
    return ALERTS.refusal(members[0], command) or next((one for one in reasons if one), None)
