"""The file of accounts and walls: changed under a lock, read again when it has changed.

A running process sees a change within `LOOK_S`: somebody disabled is out by then.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import structlog

from citybrain.accounts import private_files
from citybrain.accounts.account_audit import By, entries
from citybrain.accounts.records import Account, AccountsContent, Reader, Wall
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import monotonic
from citybrain.floor.errors import ConfigError, Fault

log = structlog.get_logger(__name__)
LOOK_S = 1.0
_VERSION = 1
T = TypeVar("T", Wall, Reader)
_REMEDY = "restore it from a backup, or remove it and add the accounts anew"


class AccountsDraft:
    """The accounts and walls while they are being changed."""

    def __init__(self, content: AccountsContent) -> None:
        """Begin with what is in the file."""
        self.accounts = {one.name: one for one in content.accounts}
        self.walls = list(content.walls)
        self.readers = list(content.readers)
        self.untold = list(content.untold)

    def put(self, account: Account) -> None:
        """Add `account`, or put it in the place of the one with its name."""
        self.accounts[account.name] = account

    def content(self) -> AccountsContent:
        """Return what is to be written."""
        return AccountsContent(
            accounts=tuple(self.accounts.values()),
            walls=tuple(self.walls),
            readers=tuple(self.readers),
            untold=tuple(self.untold),
        )


def read(path: Path) -> AccountsContent:
    """Return what `path` holds; nothing where there is no such file.

    Raises:
        ConfigError: it cannot be read.
    """
    try:
        content = msgspec.json.decode(path.read_bytes(), type=AccountsContent)
    except FileNotFoundError:
        return AccountsContent()
    except (OSError, msgspec.MsgspecError) as error:
        problem = f"cannot be read: {error}"
        raise ConfigError([Fault(str(path), "accounts", problem, _REMEDY)]) from error
    if content.version != _VERSION:
        problem = f"version {content.version} is not known"
        raise ConfigError([Fault(str(path), "version", problem, "use the software that wrote it")])
    return content


@contextlib.contextmanager
def changing(path: Path, by: By = "console") -> Iterator[AccountsDraft]:
    """Give the accounts to change; what is left is written, by one process at a time.

    What it changes, done `by` whom, is for the audit log.

    Raises:
        ConfigError: the file cannot be read.
    """
    with private_files.alone(path):
        before = read(path)
        draft = AccountsDraft(before)
        yield draft
        draft.untold += entries(before, draft.content(), by)
        if draft.content() != before:
            private_files.write(
                path, msgspec.json.format(msgspec.json.encode(draft.content())) + b"\n"
            )


class AccountsFile:
    """The file as a server uses it: read again when it has changed, kept when it is unreadable."""

    def __init__(self, path: Path, now: Callable[[], float] = monotonic) -> None:
        """Read `path` when it is first asked for; `now` in seconds."""
        self.path, self._now = path, now
        self._content = AccountsContent()
        self._accounts: dict[str, Account] = {}
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
        """Give what was done to accounts and walls and is not in the audit log yet.

        Meanwhile other servers with the same file are given nothing.

        Raises:
            ConfigError: the file cannot be read.
        """
        if not self.content.untold:
            yield ()
            return
        with private_files.free(self.path.with_suffix(".telling")) as mine:
            yield read(self.path).untold if mine else ()

    def told(self, entry: AuditEntry) -> None:
        """Take note that `entry` is in the audit log.

        Raises:
            ConfigError: the file cannot be read.
            OSError: it cannot be written.
        """
        with changing(self.path) as draft:
            draft.untold = [one for one in draft.untold if one.id != entry.id]
        self.forget()

    def forget(self) -> None:
        """Look at the file at the next question, without waiting."""
        with self._lock:
            self._look_at = -LOOK_S

    def _refresh(self) -> None:
        look = private_files.look(self.path)
        if look == self._seen:
            return
        try:
            self._content = read(self.path)
        except ConfigError as error:
            # Those known so far go on; whoever is disabled meanwhile is not, until it is readable.
            log.warning("accounts_unreadable", problem=str(error))
        else:
            self._accounts = {one.name: one for one in self._content.accounts}
            self._seen = look


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
