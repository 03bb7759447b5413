"""What was done to accounts and walls, as entries of the audit log.

They are kept in the file itself until the screens have sent them, so that what is done while
everything is down is told as well.
"""

from __future__ import annotations

from typing import Literal

from citybrain.accounts.records import Account, Reader, Wall
from citybrain.floor.audit_entry import AuditEntry, entry
from citybrain.floor.terminal import user_of_machine

By = Literal["console", "oidc"]
"""Whose doing it is: somebody's at this machine, or an identity provider's for the person."""
_SHOWN = ("role", "title", "departments", "areas", "subject")


def account_entry(old: Account | None, new: Account, by: By) -> AuditEntry | None:
    """Return the entry of what led from `old` to `new`; no secret is in it. None: nothing did."""
    same = old is not None and (old.changed_at, old.epoch) == (new.changed_at, new.epoch)
    return None if same else _of_account(old, new, by)


def _of_account(old: Account | None, new: Account, by: By) -> AuditEntry:
    shown = {name: (_text(old, name), _text(new, name)) for name in _SHOWN}
    return entry(
        new.changed_at,
        _act(old, new),
        "accepted",
        user=new.name if by == "oidc" else user_of_machine(),
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


def token_entry(what: str, token: Wall | Reader, by: By) -> AuditEntry:
    """Return the entry of what was done to a token; it is not in it."""
    scope = {name: ",".join(getattr(token, name, ())) for name in ("departments", "areas")}
    return entry(
        token.revoked_at or token.created_at,
        f"{what}_{'revoke' if token.revoked_at else 'issue'}",
        "accepted",
        user=user_of_machine(),
        role=by,
        target=token.id,
        details={"name": token.name} | {name: text for name, text in scope.items() if text},
    )


def _text(account: Account | None, name: str) -> str:
    """Return an attribute as text: lists with commas between."""
    if account is None:
        return ""
    value = getattr(account, name)
    return value if isinstance(value, str) else ",".join(value)
