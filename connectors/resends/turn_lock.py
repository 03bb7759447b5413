"""Whose turn it is with a feed, among the processes that share a folder."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from pathlib import Path
from time import sleep

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError

TURN_S = 0.5
"""How long one process may go on while others live."""
WAIT_S = 5.0
"""How long one waits for its turn."""
_PAUSE_S = 0.002


class TurnLock:
    """The lock on a file; the kernel gives it back when the process ends.

    Attributes:
        handle: of the file, while the turn is held; None: it is not.
    """

    def __init__(self, file: Path, others_live: Callable[[], bool]) -> None:
        """Use `file`; `others_live` says whether other processes may want a turn."""
        self._file, self._others_live = file, others_live
        self._me = os.urandom(16)
        self._ends = 0.0
        self.handle: int | None = None

    def take(self, within: threading.Lock) -> bool:
        """Take the turn, or go on with it; return whether another process had it since.

        Args:
            within: held by the caller; released while it waits, so that the turn can end.

        Raises:
            BusError: another process does not end its turn.
            OSError: the file cannot be made.
        """
        ends = monotonic() + WAIT_S
        while not (self._goes_on() or self._locked()):
            if monotonic() > ends:
                problem = f"another gateway has been at work on feed {self._file.stem}"
                raise BusError(f"{problem} for {WAIT_S:g} s; send it again later")
            within.release()
            try:
                sleep(_PAUSE_S)
            finally:
                within.acquire()
        return self.was_another()

    def take_at_once(self) -> bool:
        """Take the turn, or go on with it, without waiting; say whether it is held.

        Raises:
            OSError: the file cannot be made.
        """
        return self.handle is not None or self._locked()

    def was_another(self) -> bool:
        """Say whether another process had the turn since this one signed last."""
        assert self.handle is not None  # noqa: S101  only in a turn
        return os.pread(self.handle, len(self._me), 0) != self._me

    def sign(self) -> None:
        """Note that this process had the turn last, and knows what is there."""
        assert self.handle is not None  # noqa: S101  only in a turn
        os.pwrite(self.handle, self._me, 0)

    def end(self) -> None:
        """End the turn, if it is held."""
        if self.handle is not None:
            os.close(self.handle)
            self.handle = None

    def _goes_on(self) -> bool:
        return self.handle is not None and (monotonic() < self._ends or not self._others_live())

    def _locked(self) -> bool:
        """Try to take the lock; say whether it was taken."""
        if self.handle is not None:
            return False  # held for too long: what is under way ends first
        self._file.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            return False
        self.handle, self._ends = handle, monotonic() + TURN_S
        return True
