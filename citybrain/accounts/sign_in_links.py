"""Links by which the holder of an account signs in once: for phones, and without a password."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from pathlib import Path

from citybrain.accounts.accounts_file import account_of, changing, token_hash
from citybrain.accounts.records import Account, Link, folded
from citybrain.floor.errors import ConfigError, Fault

PREFIX = "cbl_"
LASTS = timedelta(hours=24)
LONGEST = timedelta(days=14)
_BYTES = 32


def issue_link(path: Path, name: str, now: datetime, lasts: timedelta = LASTS) -> str:
    """Make a link's token for an account, keep its hash, and return it; the one before is void.

    Raises:
        ConfigError: there is no such account in use, or it would last for too long.
    """
    name = folded(name)
    account = account_of(path, name)
    if account is None or account.disabled_at is not None:
        problem = "there is no such account in use"
        raise ConfigError([Fault(str(path), name, problem, "see 'citybrain accounts list'")])
    if not timedelta(0) < lasts <= LONGEST:
        problem = f"a link cannot last for {lasts.total_seconds() / 3600:g} hours"
        raise ConfigError([Fault(str(path), name, problem, "give 1 to 336 hours")])
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    with changing(path) as draft:
        draft.put_link(Link(name=name, sha256=token_hash(token), expires_at=now + lasts))
    return token


def redeem_link(path: Path, token: str, now: datetime) -> Account | None:
    """Return the account that a link's token lets in, this once; None: it lets nobody in.

    Raises:
        ConfigError: the file cannot be read.
    """
    if not token.startswith(PREFIX):
        return None
    with changing(path) as draft:
        link = draft.take_link(token_hash(token))
        account = draft.account(link.name) if link is not None else None
    if link is None or account is None or account.disabled_at is not None:
        return None
    return account if now <= link.expires_at else None
