"""What is done to accounts and walls, by the command line, a first start or an OIDC sign-in.

Every change that ends sessions makes the account's epoch anew.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from citybrain.accounts import passwords
from citybrain.accounts.account_audit import By
from citybrain.accounts.accounts_file import AccountsDraft, changing, token_hash
from citybrain.accounts.records import Account, Reader, Wall, folded, name_problem
from citybrain.accounts.roles import ROLES
from citybrain.floor.errors import ConfigError, Fault

T = TypeVar("T", Wall, Reader)
PREFIX, READER_PREFIX = "cbw_", "cbr_"
_BYTES = 32


def add(
    path: Path, name: str, password: str | None, now: datetime, by: By = "console", **more: Any
) -> Account:
    """Make an account; one without a password signs in by OIDC only.

    Args:
        path: the file of accounts.
        name: its name, in any spelling.
        password: in clear; only its hash is kept.
        now: the present instant.
        by: whose doing it is.
        more: further attributes of `Account`; `role` is needed.

    Raises:
        ConfigError: name, role or password are no good, or there is such an account already.
    """
    name = folded(name)
    faults = [*_name_faults(path, name), *_role_faults(path, name, more.get("role", ""))]
    if password is not None:
        faults += _password_faults(path, name, password)
    if faults:
        raise ConfigError(faults)
    kept = "" if password is None else passwords.hash_of(password)
    fresh = Account(
        name=name, created_at=now, changed_at=now, epoch=_epoch(), password=kept, **more
    )
    with changing(path, by) as draft:
        if draft.account(name) is not None:
            problem = "there is such an account already"
            remedy = f"choose another name, or see 'accounts change {name}'"
            raise ConfigError([Fault(str(path), name, problem, remedy)])
        draft.put(fresh)
    return fresh


def change(path: Path, name: str, now: datetime, by: By = "console", **changes: Any) -> Account:
    """Change attributes of an account; sessions go on, with what it may do now.

    Raises:
        ConfigError: there is no such account, or the role is none.
    """
    name = folded(name)
    if "role" in changes and (faults := _role_faults(path, name, changes["role"])):
        raise ConfigError(faults)
    with changing(path, by) as draft:
        fresh = msgspec.structs.replace(_known(draft, path, name), changed_at=now, **changes)
        draft.put(fresh)
    return fresh


def set_password(path: Path, name: str, password: str, now: datetime) -> Account:
    """Give an account another password; all its sessions end.

    Raises:
        ConfigError: there is no such account, or the password is no good.
    """
    name = folded(name)
    if faults := _password_faults(path, name, password):
        raise ConfigError(faults)
    return change(path, name, now, password=passwords.hash_of(password), epoch=_epoch())


def rehash(path: Path, account: Account, password: str) -> None:
    """Keep `password`, which was right, with the parameters of today; sessions go on."""
    kept = passwords.hash_of(password)
    with changing(path) as draft:
        known = draft.account(account.name)
        if known is not None and known.password == account.password:
            draft.put(msgspec.structs.replace(known, password=kept))


def disable(path: Path, name: str, now: datetime) -> Account:
    """Let nobody sign in with an account any more; all its sessions end.

    Raises:
        ConfigError: there is no such account.
    """
    return change(path, name, now, disabled_at=now, epoch=_epoch())


def enable(path: Path, name: str, now: datetime) -> Account:
    """Let the person of an account sign in again.

    Raises:
        ConfigError: there is no such account.
    """
    return change(path, name, now, disabled_at=None, epoch=_epoch())


def issue_wall(path: Path, name: str, now: datetime) -> str:
    """Make a token that opens the walls, keep its hash, and return it: it is shown this once.

    Raises:
        ConfigError: the file cannot be read.
    """
    token = PREFIX + secrets.token_urlsafe(_BYTES)
    digest = token_hash(token)
    with changing(path) as draft:
        draft.walls.append(Wall(id=digest[:12], name=name, sha256=digest, created_at=now))
    return token


def revoke_wall(path: Path, wall_id: str, now: datetime) -> Wall | None:
    """Take a wall's token out of use; return it, None if there is no such token in use.

    Raises:
        ConfigError: the file cannot be read.
    """
    with changing(path) as draft:
        return _revoked(draft.walls, wall_id, now)


def issue_reader(
    path: Path,
    name: str,
    now: datetime,
    *,
    departments: tuple[str, ...] = (),
    areas: tuple[str, ...] = (),
) -> str:
    """Make a token by which a program reads alerts, keep its hash, and return it.

    Args:
        path: the file of accounts.
        name: which program it is for.
        now: the present instant.
        departments: ids that it may read of; empty: all.
        areas: area codes, with everything below them; empty: all.

    Raises:
        ConfigError: the file cannot be read.
    """
    token = READER_PREFIX + secrets.token_urlsafe(_BYTES)
    digest = token_hash(token)
    fresh = Reader(
        id=digest[:12],
        name=name,
        sha256=digest,
        created_at=now,
        departments=departments,
        areas=areas,
    )
    with changing(path) as draft:
        draft.readers.append(fresh)
    return token


def revoke_reader(path: Path, reader_id: str, now: datetime) -> Reader | None:
    """Take a reader's token out of use; return it, None if there is no such token in use.

    Raises:
        ConfigError: the file cannot be read.
    """
    with changing(path) as draft:
        return _revoked(draft.readers, reader_id, now)


def _revoked(tokens: list[T], token_id: str, now: datetime) -> T | None:
    """Take a token out of use where it is in use; return it."""
    for index, token in enumerate(tokens):
        if token.id == token_id and token.revoked_at is None:
            tokens[index] = msgspec.structs.replace(token, revoked_at=now)
            return tokens[index]
    return None


def _known(draft: AccountsDraft, path: Path, name: str) -> Account:
    found = draft.account(name)
    if found is None:
        problem = "there is no such account"
        raise ConfigError([Fault(str(path), name, problem, "see 'citybrain accounts list'")])
    return found


def _name_faults(path: Path, name: str) -> list[Fault]:
    remedy = "use letters, digits and . _ @ -, at most 64, for example 'li.na'"
    problem = name_problem(name)
    return [Fault(str(path), "name", problem, remedy)] if problem else []


def _role_faults(path: Path, name: str, role: str) -> list[Fault]:
    if role in ROLES:
        return []
    return [Fault(str(path), name, f"there is no role {role!r}", f"known are {', '.join(ROLES)}")]


def _password_faults(path: Path, name: str, password: str) -> list[Fault]:
    problem = passwords.problem(password, name)
    remedy = f"choose one of {passwords.SHORTEST} to {passwords.LONGEST} characters, hard to guess"
    return [Fault(str(path), name, f"password: {problem}", remedy)] if problem else []


def _epoch() -> str:
    return secrets.token_hex(8)
