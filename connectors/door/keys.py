"""API keys of departments: 256 random bits each, kept as SHA-256 hashes in one JSON file.

A department may have several keys, so that a new one can be handed out before the old is revoked.
A running gateway sees a change of the file within `LOOK_S`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import hmac
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from citybrain.floor.clock import Clock, SystemClock, monotonic
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import Settings

log = structlog.get_logger(__name__)
LOOK_S = 1.0
PREFIX = "cbk_"
_BYTES = 32


class Key(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a key.

    Attributes:
        id: the first 12 hex digits of its hash, for people to name it by.
        department: the department that it belongs to.
        sha256: its hash, in hex.
        created_at: instant of issue.
        revoked_at: instant from which it opens nothing any more.
    """

    id: str
    department: str
    sha256: str
    created_at: datetime
    revoked_at: datetime | None = None


class _Ring(msgspec.Struct, frozen=True):
    version: int = 1
    keys: tuple[Key, ...] = ()


def issue(settings: Settings, department: str, clock: Clock | None = None) -> str:
    """Make a key for `department`, keep its hash, and return it: it is shown this once.

    Raises:
        ConfigError: the file of keys cannot be read.
    """
    key = PREFIX + secrets.token_urlsafe(_BYTES)
    digest = hash_of(key)
    at = (clock or SystemClock()).now()
    fresh = Key(id=digest[:12], department=department, sha256=digest, created_at=at)
    with _changing(settings.keys_path) as keys:
        keys.append(fresh)
    return key


def revoke(settings: Settings, key_id: str, clock: Clock | None = None) -> Key | None:
    """Take the key `key_id` out of use; return it, None if there is no such key in use.

    Raises:
        ConfigError: the file of keys cannot be read.
    """
    at = (clock or SystemClock()).now()
    with _changing(settings.keys_path) as keys:
        for index, key in enumerate(keys):
            if key.id == key_id and key.revoked_at is None:
                keys[index] = msgspec.structs.replace(key, revoked_at=at)
                return keys[index]
    return None


def listed(path: Path) -> tuple[Key, ...]:
    """Return all keys, also revoked ones, oldest first.

    Raises:
        ConfigError: the file of keys cannot be read.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Ring).keys
    except FileNotFoundError:
        return ()
    except (OSError, msgspec.MsgspecError) as error:
        problem = f"cannot be read: {error}"
        remedy = "restore it from a backup, or remove it and issue new keys"
        raise ConfigError([Fault(str(path), "keys", problem, remedy)]) from error


def owner(key: str, keys: tuple[Key, ...]) -> str | None:
    """Return whose `key` is; takes the same time whichever key it is, or none."""
    digest, found = hash_of(key), None
    for known in keys:
        if hmac.compare_digest(known.sha256, digest) and known.revoked_at is None:
            found = known.department
    return found


def hash_of(key: str) -> str:
    """Return the hash that is kept; no salt is needed for 256 random bits."""
    return hashlib.sha256(key.encode()).hexdigest()


class KeyRing:
    """The keys as the gateway uses them: read again when the file has changed."""

    def __init__(self, path: Path, now: Callable[[], float] = monotonic) -> None:
        """Read `path` when the first key is asked for."""
        self._path, self._now = path, now
        self._keys: tuple[Key, ...] = ()
        self._look_at = -LOOK_S
        self._seen: tuple[int, int, int] | None = None
        self._lock = threading.Lock()

    def department(self, key: str) -> str | None:
        """Return the department that `key` belongs to, None if it opens nothing."""
        with self._lock:
            if self._now() >= self._look_at:
                self._look_at = self._now() + LOOK_S
                self._refresh()
        return owner(key, self._keys)

    def _refresh(self) -> None:
        try:
            status = self._path.stat()
            look = (status.st_mtime_ns, status.st_size, status.st_ino)
        except OSError:
            look = None
        if look == self._seen:
            return
        try:
            self._keys = listed(self._path) if look else ()
        except ConfigError as error:
            log.warning("keys_unreadable", problem=str(error))
        else:
            self._seen = look


@contextlib.contextmanager
def _changing(path: Path) -> Iterator[list[Key]]:
    """Give the keys to change; what is left in the list is written, by one process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        before = listed(path)
        keys = list(before)
        yield keys
        if tuple(keys) != before:
            _write(path, msgspec.json.encode(_Ring(keys=tuple(keys))))


def _write(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(msgspec.json.format(content, indent=1) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
