"""What was done to accounts and walls, as entries of the audit log.

They are kept in the file itself until the screens have sent them, so that what is done while
everything is down is told as well.
"""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from typing import Literal

from citybrain.accounts.records import Account, AccountsContent, Wall
from citybrain.floor.audit_entry import AuditEntry, entry

By = Literal["console", "oidc"]
"""Whose doing it is: somebody's at this machine, or an identity provider's for the person."""
_SHOWN = ("role", "title", "departments", "areas", "subject")


def entries(before: AccountsContent, after: AccountsContent, by: By) -> Iterator[AuditEntry]:
    """Yield an entry for each act that led from `before` to `after`; no secret is in any."""
    for account in after.accounts:
        old = before.account(account.name)
        if old is None or old.changed_at != account.changed_at or old.epoch != account.epoch:
            yield _of_account(old, account, by)
    known = {wall.id: wall for wall in before.walls}
    for wall in after.walls:
        if wall != known.get(wall.id):
            yield _of_wall(wall, by)


def _of_account(old: Account | None, new: Account, by: By) -> AuditEntry:
    shown = {name: (_text(old, name), _text(new, name)) for name in _SHOWN}
    return entry(
        new.changed_at,
        _act(old, new),
        "accepted",
        user=new.name if by == "oidc" else _at_this_machine(),
        role=by,
        target=new.name,
        details={
            name: after if old is None else f"{before or '-'} → {after or '-'}"
            for name, (before, after) in shown.items()
            if before != after
        },
    )


def _act(old: Account | None, new: Account) -> str:
    if old is None:
        return "account_add"
    if new.disabled_at != old.disabled_at:
        return "account_disable" if new.disabled_at else "account_enable"
    return "account_password" if new.epoch != old.epoch else "account_change"


def _of_wall(wall: Wall, by: By) -> AuditEntry:
    return entry(
        wall.revoked_at or wall.created_at,
        "wall_revoke" if wall.revoked_at else "wall_issue",
        "accepted",
        user=_at_this_machine(),
        role=by,
        target=wall.id,
        details={"name": wall.name},
    )


def _text(account: Account | None, name: str) -> str:
    """Return an attribute as text: lists with commas between."""
    if account is None:
        return ""
    value = getattr(account, name)
    return value if isinstance(value, str) else ",".join(value)


def _at_this_machine() -> str:
    """Return the name of the operating system's user, "" where it has none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""
