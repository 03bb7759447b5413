"""What was done to accounts and walls, as entries of the audit log.

They are kept in the file itself until the screens have sent them, so that what is done while
everything is down is told as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from citybrain.accounts.records import Account, AccountsContent, Reader, Wall
from citybrain.floor.audit_entry import AuditEntry, entry
from citybrain.floor.terminal import user_of_machine

By = Literal["console", "oidc"]
"""Whose doing it is: somebody's at this machine, or an identity provider's for the person."""
_SHOWN = ("role", "title", "departments", "areas", "subject")


def entries(before: AccountsContent, after: AccountsContent, by: By) -> Iterator[AuditEntry]:
    """Yield an entry for each act that led from `before` to `after`; no secret is in any."""
    for account in after.accounts:
        old = before.account(account.name)
        if old is None or old.changed_at != account.changed_at or old.epoch != account.epoch:
            yield _of_account(old, account, by)
    tokens: tuple[tuple[str, Iterable[Wall | Reader], Iterable[Wall | Reader]], ...] = (
        ("wall", before.walls, after.walls),
        ("reader", before.readers, after.readers),
    )
    for what, old_ones, new_ones in tokens:
        known = {one.id: one for one in old_ones}
        for one in new_ones:
            if one != known.get(one.id):
                yield _of_token(what, one, by)


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


def _of_token(what: str, token: Wall | Reader, by: By) -> AuditEntry:
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
