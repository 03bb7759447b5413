"""What each role may do, as data: a role can do nothing that is not in this table.

``wall`` is no account's role: it is what a wall token opens. Whose departments and areas an alert
must belong to is a matter of the account, not of its role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Role:
    """One role.

    Attributes:
        id: as in accounts, commands and the audit log.
        zh, en: its name on screens.
        actions: everything that it may do.
    """

    id: str
    zh: str
    en: str
    actions: frozenset[str]


SEE_WALLS = "see_walls"
SEE_DESK = "see_desk"
SEE_METRICS = "see_metrics"

_LOOK = frozenset({SEE_WALLS, SEE_DESK})
_ON_ALERTS = frozenset(
    {"acknowledge", "unacknowledge", "assign", "comment", "resolve", "reopen", "merge", "split"}
)
_DUTY = _LOOK | _ON_ALERTS | {"silence", "expire_silence"}
_COMMAND = _DUTY | {"approve_silence"}

ACTIONS = _COMMAND | {SEE_METRICS}
"""All actions that there are."""

WALL = Role("wall", "大屏", "wall", frozenset({SEE_WALLS, SEE_METRICS}))
ROLES: Mapping[str, Role] = {
    role.id: role
    for role in (
        Role("viewer", "观察员", "viewer", _LOOK),
        Role("officer", "值班员", "duty officer", _DUTY),
        Role("commander", "指挥长", "commander", _COMMAND),
        Role("rule_author", "规则员", "rule author", _LOOK | {"comment"}),
        Role("administrator", "管理员", "administrator", ACTIONS),
    )
}
"""The roles that an account can have."""


def may(role: str, action: str) -> bool:
    """Return whether `role` may do `action`; an unknown role may do nothing."""
    found = WALL if role == WALL.id else ROLES.get(role)
    return found is not None and action in found.actions


def title(role: str) -> tuple[str, str]:
    """Return the name of `role` in Chinese and English."""
    found = WALL if role == WALL.id else ROLES.get(role)
    return (found.zh, found.en) if found else (role, role)
