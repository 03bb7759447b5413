"""How far each feed was fed, in one file that outlives the process: where a restart goes on."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO

import msgspec

from citybrain.floor.clock import Instant
from citybrain.floor.errors import LaunchError


class FeedProgress(msgspec.Struct):
    """A simulated feed's progress, in milliseconds.

    Attributes:
        sent: everything before this instant was brought.
        until: the parcel [sent, until) was begun; after a crash exactly this one comes again, so
            that the door knows it. Equal to `sent`: none was.
    """

    sent: int
    until: int


class ClerkProgress(msgspec.Struct, frozen=True):
    """How far the simulated clerks are.

    Attributes:
        begin: cases begin from this instant on.
        sent: everything until this instant was done.
    """

    begin: Instant
    sent: Instant


class ReplayState(msgspec.Struct):
    """Progress of all feeds.

    Attributes:
        simulated: feed → how far it was simulated.
        played: data set → series → number of the row that is next.
        clerks: None: they have yet to begin.
    """

    simulated: dict[str, FeedProgress] = {}
    played: dict[str, dict[str, int]] = {}
    clerks: ClerkProgress | None = None


class StateFile:
    """The file of a data folder's `ReplayState`; held by one process at a time."""

    def __init__(self, folder: Path) -> None:
        """Hold ``<folder>/state.json``; the folder is made if it is missing.

        Raises:
            LaunchError: another process holds it, or the folder cannot be written.
        """
        self._path = folder / "state.json"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("w")
        except OSError as error:
            raise LaunchError(f"{folder}: cannot be written: {error}; free it") from error
        _hold(self._lock, folder)
        self.state = self._read()

    def save(self) -> None:
        """Write the state; whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        part = self._path.with_suffix(".part")
        part.write_bytes(msgspec.json.encode(self.state))
        part.replace(self._path)

    def close(self) -> None:
        """Let others have it."""
        self._lock.close()

    def _read(self) -> ReplayState:
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            return msgspec.json.decode(self._path.read_bytes(), type=ReplayState)
        return ReplayState()


def _hold(lock: IO[str], folder: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        lock.close()
        problem = f"{folder}: another replay is running on this data folder; "
        raise LaunchError(problem + "stop it, or set CITYBRAIN_DATA to another folder") from error
    lock.write(str(os.getpid()))
    lock.flush()
