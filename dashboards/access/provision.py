"""The account of somebody who comes from an identity provider: made at the first sign-in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from citybrain.accounts.accounts_file import account_of as account_named
from citybrain.accounts.accounts_file import identity_of
from citybrain.accounts.changes import add, change
from citybrain.accounts.records import Account, folded
from citybrain.floor.errors import CityBrainError
from dashboards.access.oidc import Identity


class NoAccountError(CityBrainError):
    """The identity may not, or cannot, have an account here."""


def account_of(path: Path, identity: Identity, now: datetime) -> Account:
    """Return the account of `identity`, made or changed to what the issuer says of it.

    An account that was made here is nobody's from outside, whatever name they have there.

    Raises:
        NoAccountError: it is disabled, or its name is taken.
        ConfigError: its name is none for an account.
    """
    wanted: dict[str, Any] = {"role": identity.role, "title": identity.title}
    if identity.departments is not None:
        wanted["departments"] = identity.departments
    known = identity_of(path, identity.subject)
    if known is None:
        if account_named(path, folded(identity.name)) is not None:
            problem = f"{folded(identity.name)}: another account has this name"
            raise NoAccountError(f"{problem}; rename one of the two")
        return add(path, identity.name, None, now, "oidc", subject=identity.subject, **wanted)
    if known.disabled_at is not None:
        raise NoAccountError(f"{known.name}: the account is disabled")
    if any(getattr(known, name) != value for name, value in wanted.items()):
        return change(path, known.name, now, "oidc", **wanted)
    return known
