"""What the file of accounts holds, and what a name may look like."""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime

import msgspec

from citybrain.floor.audit_entry import AuditEntry

LONGEST_NAME = 64
RESERVED = frozenset({"system", "engine", "desk", "wall", "reader"})
"""Names under which the platform itself acts."""
_NAME = re.compile(r"\w[\w.@-]*")


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """A person who may sign in.

    Attributes:
        name: what is typed to sign in, as `folded` returns it.
        role: one of `citybrain.accounts.roles.ROLES`.
        title: the person's name on screens; "": the account's name.
        password: argon2id hash; "": signs in by OIDC only.
        subject: ``issuer subject`` of the OIDC identity that it belongs to; "": a local account.
        departments: ids of departments that it may see and act for; empty: all.
        areas: area codes, with everything below them; empty: all.
        epoch: made anew whenever sessions that were begun before must end.
        created_at, changed_at: instants.
        disabled_at: since when nobody may sign in with it.
    """

    name: str
    role: str
    created_at: datetime
    changed_at: datetime
    epoch: str
    title: str = ""
    password: str = ""
    subject: str = ""
    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    disabled_at: datetime | None = None


class Wall(msgspec.Struct, frozen=True, kw_only=True):
    """A token that opens the walls, and nothing else.

    Attributes:
        id: the first 12 hex digits of its hash, for people to name it by.
        name: which wall it was made for.
        sha256: its hash, in hex; the token itself is kept nowhere.
        created_at: instant of issue.
        revoked_at: instant from which it opens nothing any more.
    """

    id: str
    name: str
    sha256: str
    created_at: datetime
    revoked_at: datetime | None = None


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """A token by which another program reads alerts, and does nothing else.

    Attributes:
        id: the first 12 hex digits of its hash, for people to name it by.
        name: which program it was made for.
        sha256: its hash, in hex; the token itself is kept nowhere.
        departments: ids that it may read of; empty: all.
        areas: area codes, with everything below them; empty: all.
        created_at: instant of issue.
        revoked_at: instant from which it opens nothing any more.
    """

    id: str
    name: str
    sha256: str
    created_at: datetime
    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    revoked_at: datetime | None = None


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """A link by which the holder of an account signs in, once.

    Attributes:
        name: the account's.
        sha256: hash of its token, in hex; the token itself is kept nowhere.
        expires_at: until when it lets in.
    """

    name: str
    sha256: str
    expires_at: datetime


class AccountsContent(msgspec.Struct, frozen=True, kw_only=True):
    """All accounts and tokens; also the form of the file before it was SQLite.

    Attributes:
        version: of its form.
        accounts, walls, readers: all of them, in the order they were made.
        untold: what was done to them and is not in the audit log yet, oldest first.
    """

    version: int = 1
    accounts: tuple[Account, ...] = ()
    walls: tuple[Wall, ...] = ()
    readers: tuple[Reader, ...] = ()
    untold: tuple[AuditEntry, ...] = ()

    def account(self, name: str) -> Account | None:
        """Return the account of `name` (folded), None if there is none."""
        return next((one for one in self.accounts if one.name == name), None)


def folded(name: str) -> str:
    """Return `name` as accounts are known by: one spelling, whatever the keyboard made of it."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())


def name_problem(name: str) -> str:
    """Return what is wrong with the folded name of an account, "" if nothing is."""
    if len(name) > LONGEST_NAME:
        return f"{name[:LONGEST_NAME]!r}… is longer than {LONGEST_NAME} characters"
    if not _NAME.fullmatch(name):
        return f"{name!r} is no name of an account"
    if name in RESERVED:
        return f"{name!r} is a name of the platform itself"
    return ""
