"""The file of accounts, walls and readers: SQLite, a row each, so that a change costs one row.

A running process sees a change within `LOOK_S`: somebody disabled is out by then. It reads what
changed, not all; so a city's twenty thousand accounts cost neither a start nor a sign-in.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from citybrain.accounts import private_files
from citybrain.accounts.account_audit import By, account_entry, token_entry
from citybrain.accounts.records import Account, AccountsContent, Link, Reader, Wall
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import monotonic
from citybrain.floor.errors import ConfigError, Fault

log = structlog.get_logger(__name__)
LOOK_S = 1.0
UNTOLD = 500
"""Entries for the audit log that are given at once."""
_ALL = -1
_VERSION = 1
_WAIT_S = 15.0
T = TypeVar("T", Wall, Reader)
S = TypeVar("S", bound=msgspec.Struct)
_REMEDY = "restore it from a backup, or remove it and add the accounts anew"
_TABLES = """
CREATE TABLE accounts (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, subject TEXT NOT NULL,
    change INTEGER NOT NULL, record BLOB NOT NULL
);
CREATE UNIQUE INDEX accounts_by_subject ON accounts (subject) WHERE subject <> '';
CREATE INDEX accounts_by_change ON accounts (change);
CREATE TABLE tokens (kind TEXT NOT NULL, id TEXT NOT NULL, record BLOB NOT NULL,
    PRIMARY KEY (kind, id));
CREATE TABLE links (sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, record BLOB NOT NULL);
CREATE TABLE untold (place INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, record BLOB NOT NULL);
"""


class AccountsDraft:
    """The accounts and tokens while they are being changed, in one transaction."""

    def __init__(self, db: sqlite3.Connection, by: By) -> None:
        """Change what is in `db`; it is done `by` whom the audit log says."""
        self._db, self._by = db, by
        self.walls: list[Wall] = _tokens(db, "wall", Wall)
        self.readers: list[Reader] = _tokens(db, "reader", Reader)
        tokens: tuple[Wall | Reader, ...] = (*self.walls, *self.readers)
        self._before = {one.id: one for one in tokens}

    def account(self, name: str) -> Account | None:
        """Return the account of `name` (folded), None if there is none."""
        return _account(self._db, name)

    def put(self, account: Account) -> None:
        """Add `account`, or put it in the place of the one with its name."""
        told = account_entry(self.account(account.name), account, self._by)
        self._store(account)
        self._tell(told)

    def _store(self, account: Account) -> None:
        self._db.execute(
            "INSERT INTO accounts (name, subject, change, record) VALUES (?, ?,"
            " (SELECT coalesce(max(change), 0) + 1 FROM accounts), ?)"
            " ON CONFLICT (name) DO UPDATE SET"
            " subject = excluded.subject, change = excluded.change, record = excluded.record",
            (account.name, account.subject, msgspec.json.encode(account)),
        )

    def put_link(self, link: Link) -> None:
        """Add a link by which somebody signs in once; those of the account before are gone."""
        self._db.execute("DELETE FROM links WHERE name = ?", (link.name,))
        row = (link.sha256, link.name, msgspec.json.encode(link))
        self._db.execute("INSERT INTO links (sha256, name, record) VALUES (?, ?, ?)", row)

    def take_link(self, sha256: str) -> Link | None:
        """Return the link of that hash, and remove it; None: there is none (any more)."""
        found = self._db.execute(
            "DELETE FROM links WHERE sha256 = ? RETURNING record", (sha256,)
        ).fetchall()
        return msgspec.json.decode(found[0][0], type=Link) if found else None

    def forget(self, entry: AuditEntry) -> None:
        """Take note that `entry` is in the audit log."""
        self._db.execute("DELETE FROM untold WHERE id = ?", (entry.id,))

    def write(self) -> None:
        """Write the tokens that changed."""
        for kind, tokens in (("wall", self.walls), ("reader", self.readers)):
            for one in tokens:
                if one != self._before.get(one.id):
                    self._store_token(kind, one)
                    self._tell(token_entry(kind, one, self._by))

    def take_over(self, content: AccountsContent) -> None:
        """Put in what a file of the version before held."""
        for account in content.accounts:
            self._store(account)
        for one in content.untold:
            self._tell(one)
        for kind, tokens in (("wall", content.walls), ("reader", content.readers)):
            for token in tokens:
                self._store_token(kind, token)

    def _store_token(self, kind: str, token: Wall | Reader) -> None:
        row = (kind, token.id, msgspec.json.encode(token))
        self._db.execute("INSERT OR REPLACE INTO tokens VALUES (?, ?, ?)", row)

    def _tell(self, entry: AuditEntry | None) -> None:
        if entry is not None:
            row = (entry.id, msgspec.json.encode(entry))
            self._db.execute("INSERT OR IGNORE INTO untold (id, record) VALUES (?, ?)", row)


def read(path: Path) -> AccountsContent:
    """Return all that `path` holds; nothing where there is no such file.

    Raises:
        ConfigError: it cannot be read.
    """
    with _reading(path) as db:
        return AccountsContent() if db is None else _content(db, _accounts(db))


def account_of(path: Path, name: str) -> Account | None:
    """Return the account of `name` (folded), None if there is none.

    Raises:
        ConfigError: the file cannot be read.
    """
    with _reading(path) as db:
        return None if db is None else _account(db, name)


def identity_of(path: Path, subject: str) -> Account | None:
    """Return the account of an OIDC identity, None if there is none.

    Raises:
        ConfigError: the file cannot be read.
    """
    asked = "SELECT record FROM accounts WHERE subject = ? AND subject <> ''"
    with _reading(path) as db:
        found = [] if db is None else _records(db, Account, asked, subject)
    return found[0] if found else None


@contextlib.contextmanager
def changing(path: Path, by: By = "console") -> Iterator[AccountsDraft]:
    """Give the accounts to change; what is left is written whole, by one process at a time.

    What it changes, done `by` whom, is for the audit log.

    Raises:
        ConfigError: the file cannot be read.
    """
    _make(path)
    with _connected(path) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.DatabaseError as error:
            raise _unreadable(path, error) from error
        draft = AccountsDraft(db, by)
        yield draft
        draft.write()
        db.execute("COMMIT")


class AccountsFile:
    """The file as a server uses it: read again when it has changed, kept when it is unreadable."""

    def __init__(self, path: Path, now: Callable[[], float] = monotonic) -> None:
        """Read `path` when it is first asked for; `now` in seconds."""
        self.path, self._now = path, now
        self._content = AccountsContent()
        self._accounts: dict[str, Account] = {}
        self._change = 0
        self._look_at = -LOOK_S
        self._seen: tuple[int, int, int] | None = None
        self._lock = threading.Lock()

    @property
    def content(self) -> AccountsContent:
        """The accounts as known now."""
        with self._lock:
            if self._now() >= self._look_at:
                self._look_at = self._now() + LOOK_S
                self._refresh()
            return self._content

    def account(self, name: str) -> Account | None:
        """Return the account of `name` (folded) if one may sign in with it, else None."""
        content = self.content
        found = self._accounts.get(name) if content is self._content else content.account(name)
        return found if found is not None and found.disabled_at is None else None

    def wall(self, token: str) -> Wall | None:
        """Return the wall that `token` opens, None where it opens none."""
        return _opened(self.content.walls, token)

    def reader(self, token: str) -> Reader | None:
        """Return the program that reads by `token`, None where there is none."""
        return _opened(self.content.readers, token)

    @contextlib.contextmanager
    def untold(self) -> Iterator[tuple[AuditEntry, ...]]:
        """Give what was done to accounts and walls and is not in the audit log yet, not too much.

        Meanwhile other servers with the same file are given nothing.

        Raises:
            ConfigError: the file cannot be read.
        """
        if not self.content.untold:
            yield ()
            return
        telling = private_files.free(self.path.with_suffix(".telling"))
        with telling as mine, _reading(self.path) as db:
            yield tuple(_untold(db, UNTOLD)) if mine and db is not None else ()

    def told(self, entry: AuditEntry) -> None:
        """Take note that `entry` is in the audit log.

        Raises:
            ConfigError: the file cannot be read.
        """
        with changing(self.path) as draft:
            draft.forget(entry)
        self.forget()

    def forget(self) -> None:
        """Look at the file at the next question, without waiting."""
        with self._lock:
            self._look_at = -LOOK_S

    def _refresh(self) -> None:
        look = private_files.look(self.path)
        if look == self._seen and look is not None:
            return
        same = look is not None and self._seen is not None and look[2] == self._seen[2]
        try:
            with _reading(self.path) as db:
                if db is not None:
                    self._read_changes(db, self._change if same else 0)
        except ConfigError as error:
            # Those known so far go on; whoever is disabled meanwhile is not, until it is readable.
            log.warning("accounts_unreadable", problem=str(error))
        else:
            self._seen = private_files.look(self.path) if look is None else look

    def _read_changes(self, db: sqlite3.Connection, since: int) -> None:
        known = self._accounts if since else {}
        self._accounts = {**known, **{one.name: one for one in _accounts(db, since)}}
        ((self._change,),) = db.execute("SELECT coalesce(max(change), 0) FROM accounts")
        self._content = _content(db, self._accounts.values(), untold=1)


def _content(
    db: sqlite3.Connection, accounts: Iterable[Account], untold: int = _ALL
) -> AccountsContent:
    """Return `accounts` with the tokens, and so many entries that are not in the audit log."""
    return AccountsContent(
        accounts=tuple(accounts),
        walls=tuple(_tokens(db, "wall", Wall)),
        readers=tuple(_tokens(db, "reader", Reader)),
        untold=tuple(_untold(db, untold)),
    )


def _untold(db: sqlite3.Connection, most: int) -> list[AuditEntry]:
    return _records(db, AuditEntry, "SELECT record FROM untold ORDER BY place LIMIT ?", most)


def _accounts(db: sqlite3.Connection, since: int = 0) -> list[Account]:
    """Return the accounts that changed after the change numbered `since`; 0: all."""
    asked = "SELECT record FROM accounts WHERE change > ? ORDER BY id"
    return _records(db, Account, asked, since)


def _account(db: sqlite3.Connection, name: str) -> Account | None:
    found = _records(db, Account, "SELECT record FROM accounts WHERE name = ?", name)
    return found[0] if found else None


def _tokens(db: sqlite3.Connection, kind: str, type_: type[T]) -> list[T]:
    return _records(db, type_, "SELECT record FROM tokens WHERE kind = ? ORDER BY rowid", kind)


def _records(db: sqlite3.Connection, type_: type[S], asked: str, *given: object) -> list[S]:
    decoder = msgspec.json.Decoder(type_)
    return [decoder.decode(record) for (record,) in db.execute(asked, given)]


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Give the file to read, None where there is none."""
    if not path.exists() and not _former(path).exists():
        yield None
        return
    _make(path)
    with _connected(path) as db:
        try:
            yield db
        except (sqlite3.DatabaseError, msgspec.MsgspecError) as error:
            raise _unreadable(path, error) from error


@contextlib.contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Connect to a file that is there; what is not committed is taken back."""
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=_WAIT_S)
    except sqlite3.OperationalError:
        db = _read_only(path)
    db.isolation_level = None
    try:
        _check(path, db)
        yield db
    finally:
        db.close()


def _read_only(path: Path) -> sqlite3.Connection:
    try:
        return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=_WAIT_S)
    except sqlite3.OperationalError as error:
        raise _unreadable(path, error) from error


def _check(path: Path, db: sqlite3.Connection) -> None:
    try:
        ((version,),) = db.execute("PRAGMA user_version")
    except sqlite3.DatabaseError as error:
        raise _unreadable(path, error) from error
    if version == 0:
        raise _unreadable(path, ValueError("it holds no accounts"))
    if version != _VERSION:
        raise _unknown(path, version)


def _unknown(path: Path, version: int) -> ConfigError:
    problem = f"version {version} is not known"
    return ConfigError([Fault(str(path), "version", problem, "use the software that wrote it")])


def _unreadable(path: Path, error: Exception) -> ConfigError:
    return ConfigError([Fault(str(path), "accounts", f"cannot be read: {error}", _REMEDY)])


def _make(path: Path) -> None:
    """Make the file where it is missing, of the one of the version before where there is one."""
    if path.exists():
        return
    with private_files.alone(path):
        if path.exists():
            return
        former = _former(path)
        content = _former_content(former)
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        os.close(os.open(fresh, os.O_CREAT | os.O_WRONLY, 0o600))
        db = sqlite3.connect(fresh, isolation_level=None)
        try:
            db.executescript(f"BEGIN;{_TABLES}PRAGMA user_version = {_VERSION};COMMIT;")
            db.execute("BEGIN")
            AccountsDraft(db, "console").take_over(content)
            db.execute("COMMIT")
        finally:
            db.close()
        fresh.replace(path)
        if former.exists():
            former.rename(former.with_suffix(".json.taken-over"))


def _former(path: Path) -> Path:
    """Return where the version before kept accounts: JSON, all in one."""
    return path.with_suffix(".json")


def _former_content(path: Path) -> AccountsContent:
    try:
        content = msgspec.json.decode(path.read_bytes(), type=AccountsContent)
    except FileNotFoundError:
        return AccountsContent()
    except (OSError, msgspec.MsgspecError) as error:
        raise _unreadable(path, error) from error
    if content.version != _VERSION:
        raise _unknown(path, content.version)
    return content


def _opened(known: Iterable[T], token: str) -> T | None:
    """Return what `token` opens; takes the same time whichever it is, or none."""
    digest, found = token_hash(token), None
    for one in known:
        if hmac.compare_digest(one.sha256, digest) and one.revoked_at is None:
            found = one
    return found


def token_hash(token: str) -> str:
    """Return the hash that is kept of a token; no salt is needed for 256 random bits."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()
