"""Files that only their owner may read: written whole or not at all, changed by one at a time."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

_BYTES = 32


def write(path: Path, content: bytes) -> None:
    """Put `content` in the place of `path`, mode 0600, so that no reader ever sees a part of it."""
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        os.fchmod(handle, 0o600)
        out.write(content)
        out.flush()
        os.fsync(handle)
    fresh.replace(path)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep every other process from changing `path` meanwhile; its folder is made if missing."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(path.with_suffix(".lock"), os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


@contextlib.contextmanager
def free(path: Path) -> Iterator[bool]:
    """Say whether nobody else has the lock `path`, and keep it meanwhile if so; never waits."""
    lock = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        yield _taken(lock)
    finally:
        os.close(lock)


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def look(path: Path) -> tuple[int, int, int] | None:
    """Return what tells whether `path` was changed since; None: it is not there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def secret(path: Path) -> bytes:
    """Return the 256 random bits kept in `path`; they are made when it is missing.

    One that is there is only read: it may be mounted where nothing can be written.
    """
    if kept := _secret(path):
        return kept
    with alone(path):
        kept = _secret(path)
        if not kept:
            kept = secrets.token_bytes(_BYTES)
            write(path, kept.hex().encode() + b"\n")
    return kept


def _secret(path: Path) -> bytes:
    try:
        kept = bytes.fromhex(path.read_text())
    except (FileNotFoundError, ValueError):
        return b""
    return kept if len(kept) >= _BYTES else b""
