"""A watched folder: which file is whole and whose turn it is, and where it goes when it is done.

    <folder>/cases.csv                            waits, or is being read
    <folder>/cases.csv.part, .hidden, ~$lock.xlsx not looked at
    <folder>/done/2026-11-23/cases.csv            read to its end
    <folder>/failed/2026-11-23/cases.csv          could not be read; why: cases.csv.reason.txt
    <folder>/.lock                                held by the gateway that reads this folder

Only the holder of the lock (flock, given back by the kernel when a process dies) reads or moves
files, so of gateways that share a folder one works and the others stand by.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO

import structlog
from watchfiles import watch

from citybrain.floor.patterns import fits_glob
from connectors.fetch.source import WAIT_S

log = structlog.get_logger(__name__)
DONE, FAILED, LOCK = "done", "failed", ".lock"
UNFINISHED = (".part", ".tmp", ".filepart", ".crdownload", ".swp", "~")
_BLOCK = 1024 * 1024
STEP_MS = 250
"""How often the system is asked for changes; a file has to settle for longer."""

Look = tuple[int, int]


class FolderWatch:
    """Tells that something changed in a folder; where the system cannot tell, it never does."""

    def __init__(self, path: Path) -> None:
        """Watch the folder at `path`, which exists."""
        self._watch = watch(
            path,
            watch_filter=None,
            recursive=False,
            step=STEP_MS,
            rust_timeout=int(WAIT_S * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
        )
        self.works = True

    def wait(self) -> bool:
        """Wait for a change, `WAIT_S` at most; say whether there was one."""
        try:
            return bool(next(self._watch))
        except (OSError, RuntimeError, StopIteration) as error:
            log.info("folder_changes_not_told", problem=str(error), remedy="it is listed instead")
            self.works = False
            return False


class DropFolder:
    """One feed's folder."""

    def __init__(self, path: Path, pattern: str, settle: timedelta) -> None:
        """Look after the folder at `path`, which is made if it is missing.

        Args:
            path: the folder.
            pattern: glob that the names of files to be read match.
            settle: for how long size and time of a file must not change before it is read.

        Raises:
            OSError: the folder cannot be made.
        """
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._pattern = pattern
        self._settle = settle
        self._seen: dict[str, tuple[Look, datetime]] = {}
        self._lock: IO[str] | None = None

    def lock(self) -> bool:
        """Say whether the folder is ours to read; take it if nobody else has it.

        Raises:
            OSError: the lock file cannot be opened.
        """
        if self._lock is None:
            handle = (self.path / LOCK).open("a")
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                handle.close()
                return False
            self._lock = handle
        return True

    @property
    def mine(self) -> bool:
        """Whether we hold the lock."""
        return self._lock is not None

    def unlock(self) -> None:
        """Let another gateway read the folder."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def ready(self, now: datetime) -> list[Path]:
        """Return the files that may be read, the oldest first; call it again later for more.

        Raises:
            OSError: the folder cannot be listed.
        """
        looks = dict(self._list())
        self._seen = {
            name: old if (old := self._seen.get(name)) and old[0] == look else (look, now)
            for name, look in looks.items()
        }
        settled = [
            (look[1], name)
            for name, (look, since) in self._seen.items()
            if now - since >= self._settle
        ]
        return [self.path / name for _, name in sorted(settled)]

    def settles_at(self, now: datetime) -> datetime | None:
        """Return when the next file that is known, but not yet settled, may be."""
        times = (since + self._settle for _, since in self._seen.values())
        return min((time for time in times if time > now), default=None)

    def finish(self, file: Path, day: str) -> Path:
        """Move a file that was read to its end; return where it is now.

        Raises:
            OSError: it cannot be moved.
        """
        return self._move(file, DONE, day)

    def fail(self, file: Path, day: str, reason: str) -> Path:
        """Move a file that cannot be read, and write beside it why; return where it is now.

        Raises:
            OSError: it cannot be moved.
        """
        moved = self._move(file, FAILED, day)
        moved.with_name(moved.name + ".reason.txt").write_text(reason + "\n", encoding="utf-8")
        return moved

    def _list(self) -> Iterator[tuple[str, Look]]:
        with os.scandir(self.path) as entries:
            for entry in entries:
                if not self._wanted(entry.name):
                    continue
                try:
                    if entry.is_file(follow_symlinks=False):
                        yield entry.name, look_at(Path(entry.path))
                except FileNotFoundError:
                    continue

    def _wanted(self, name: str) -> bool:
        hidden = name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED)
        return not hidden and bool(fits_glob(self._pattern, name))

    def _move(self, file: Path, where: str, day: str) -> Path:
        folder = self.path / where / day
        folder.mkdir(parents=True, exist_ok=True)
        target, number = folder / file.name, 1
        while target.exists():
            number += 1
            target = folder / f"{file.stem}.{number}{file.suffix}"
        file.rename(target)
        self._seen.pop(file.name, None)
        return target


def look_at(file: Path) -> Look:
    """Return size and time of change of a file: while they stay, so did the file.

    Raises:
        OSError: it is gone, or may not be looked at.
    """
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def identity(file: Path) -> str:
    """Return an id of a file's name and content, the same for the same file dropped again.

    Raises:
        OSError: it cannot be read.
    """
    digest = hashlib.blake2b(os.fsencode(file.name) + b"\0", digest_size=8)
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
