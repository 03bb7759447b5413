"""What runs on this machine's data folder: a lock that dies with its holder, and a state file."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TextIO

import msgspec

from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Settings


class ProcessState(msgspec.Struct, frozen=True):
    """One process as the supervisor sees it.

    `state` is ``waiting`` (for what it needs), ``starting``, ``up``, ``slow`` (it gets too little
    of a processor), ``stalled`` (it runs, but its work does not move), ``down`` (it ended and will
    be started again) or ``stopped``; `detail` says what stands or is waited for.
    """

    name: str
    state: str
    pid: int = 0
    started_at: datetime | None = None
    restarts: int = 0
    last_exit: str = ""
    detail: str = ""


class ProcessesSnapshot(msgspec.Struct, frozen=True):
    """All processes at one instant."""

    supervisor: int
    at: datetime
    processes: tuple[ProcessState, ...]


def run_folder(settings: Settings) -> Path:
    """Return the folder of the lock and the state file."""
    return settings.data / "run"


@contextlib.contextmanager
def sole(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock; the kernel lets go of it however this process ends.

    Raises:
        LaunchError: another supervisor holds it.
    """
    folder = run_folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+") as lock:
        if not _lock(lock):
            problem = f"{settings.data}: the system already runs on this folder"
            remedy = "see './city status', stop it with './city down'"
            raise LaunchError(f"{problem}{_by(settings)}; {remedy}")
        yield


def is_running(settings: Settings) -> bool:
    """Whether a supervisor runs on the data folder."""
    try:
        with (run_folder(settings) / "lock").open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def write(settings: Settings, snapshot: ProcessesSnapshot) -> None:
    """Replace the state file at once; a full disk leaves the old one."""
    path = run_folder(settings) / "state.json"
    fresh = path.with_suffix(".new")
    with contextlib.suppress(OSError):
        fresh.write_bytes(msgspec.json.encode(snapshot))
        os.replace(fresh, path)


def read(settings: Settings) -> ProcessesSnapshot | None:
    """Return what the state file says, None where there is none or it is broken."""
    try:
        return msgspec.json.decode(
            (run_folder(settings) / "state.json").read_bytes(), type=ProcessesSnapshot
        )
    except (OSError, msgspec.DecodeError):
        return None


def _by(settings: Settings) -> str:
    snapshot = read(settings)
    return f" (supervisor {snapshot.supervisor})" if snapshot else ""


def _lock(lock: TextIO) -> bool:
    for _ in range(5):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:  # perhaps only somebody's `is_running`, which is over at once
            time.sleep(0.05)
        else:
            return True
    return False
