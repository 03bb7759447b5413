"""What each role is granted, as data: a role can do nothing that is not in this table.

``wall`` and ``reader`` are no account's roles: they are what such a token opens; ``platform`` is
what acts by itself. Whose departments and areas a record must belong to is a matter of the account,
not of its role.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from citybrain.floor.text import Text


@dataclass(frozen=True)
class Role:
    """One role.

    Attributes:
        id: as in accounts, commands and the audit log.
        title: its name on screens.
        actions: everything that it is granted.
    """

    id: str
    title: Text
    actions: frozenset[str]


SEE_WALLS = "see_walls"
SEE_DESK = "see_desk"
SEE_METRICS = "see_metrics"
READ_ALERTS = "read_alerts"
"""By other programs: CAP messages, and what Alertmanager's API answers."""

_LOOK = frozenset({SEE_WALLS, SEE_DESK, READ_ALERTS})
HANDLE = "handle_alerts"
"""All that people do with alerts, but for saying something about them."""
COMMENT = "comment"
SEE_CASES = "see_cases"
OPEN_CASES = "open_cases"
WORK_CASES = "work_cases"
"""What who has a case does with it: accept, hand back, resolve, ask for time …"""
DISPATCH_CASES = "dispatch_cases"
"""Who has a case, and which cases are one."""
SUPERVISE_CASES = "supervise_cases"
"""Watching over it, and answering what is asked: more time, an appeal."""
COMMENT_CASES = "comment_cases"
EXPORT_CASES = "export_cases"
"""Taking lists of cases along as a file; every time is noted."""
_CASES = frozenset({SEE_CASES, OPEN_CASES, COMMENT_CASES})
_WORK = _CASES | {WORK_CASES}
_DISPATCH = _WORK | {DISPATCH_CASES}
_DUTY = _LOOK | {HANDLE, COMMENT, "silence", "expire_silence", EXPORT_CASES} | _DISPATCH
_COMMAND = _DUTY | {"approve_silence", SUPERVISE_CASES}

ACTIONS = _COMMAND | {SEE_METRICS}
"""All grants that there are; what people do with a record names the one that it needs."""

WALL = Role("wall", Text("大屏", "wall"), frozenset({SEE_WALLS, SEE_METRICS}))
READER = Role("reader", Text("读取程序", "reader"), frozenset({READ_ALERTS}))
PLATFORM = Role("platform", Text("系统", "the system"), _DISPATCH | {SUPERVISE_CASES})
"""What the platform does with cases by itself: signals that persist, tickets that a feed closes."""
_OF_NO_ACCOUNT = {role.id: role for role in (WALL, READER, PLATFORM)}
ROLES: Mapping[str, Role] = {
    role.id: role
    for role in (
        Role("viewer", Text("观察员", "viewer"), _LOOK),
        Role("officer", Text("值班员", "duty officer"), _DUTY),
        Role("commander", Text("指挥长", "commander"), _COMMAND),
        Role("rule_author", Text("规则员", "rule author"), _LOOK | {COMMENT}),
        Role("clerk", Text("经办员", "clerk"), _WORK),
        Role("mediator", Text("调解员", "mediator"), _WORK),
        Role("grid_worker", Text("网格员", "grid worker"), _WORK),
        Role("dispatcher", Text("派遣员", "dispatcher"), _DISPATCH | {EXPORT_CASES}),
        Role(
            "supervisor",
            Text("督办员", "supervisor"),
            _CASES | {SUPERVISE_CASES, EXPORT_CASES},
        ),
        Role("administrator", Text("管理员", "administrator"), ACTIONS),
    )
}
"""The roles that an account can have."""


def may(role: str, action: str) -> bool:
    """Return whether `role` is granted `action`; an unknown role may do nothing."""
    found = _OF_NO_ACCOUNT.get(role) or ROLES.get(role)
    return found is not None and action in found.actions


def title(role: str) -> Text:
    """Return the name of `role`."""
    found = _OF_NO_ACCOUNT.get(role) or ROLES.get(role)
    return found.title if found else Text(role, role)
