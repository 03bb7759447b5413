"""Which processes that share a data folder live: each holds a lock that ends with it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from uuid import uuid4

from citybrain.floor.clock import monotonic

LOOK_S = 1.0
_ENDING = ".lock"


class ProcessLock:
    """One process among those that use a folder.

    Attributes:
        own: the name of this one.
    """

    def __init__(self, folder: Path) -> None:
        """Join those of `folder`."""
        self._folder, self._looked_at, self._others = folder, -LOOK_S, False
        self.own = uuid4().hex
        folder.mkdir(parents=True, exist_ok=True)
        self._handle = os.open(self._path(self.own), os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def lives_elsewhere(self, name: str) -> bool:
        """Say whether `name` is another process, and has not ended; clears away who has."""
        if name in {"", self.own}:
            return False
        try:
            with self._path(name).open("r+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        self._path(name).unlink(missing_ok=True)
        return False

    def others_live(self) -> bool:
        """Say whether another process uses the folder; looked at once a second."""
        now = monotonic()
        if now - self._looked_at > LOOK_S:
            names = (path.stem for path in self._folder.glob(f"*{_ENDING}"))
            self._looked_at, self._others = now, any(map(self.lives_elsewhere, names))
        return self._others

    def close(self) -> None:
        """Leave; a second time does nothing."""
        if self._handle >= 0:
            self._path(self.own).unlink(missing_ok=True)
            os.close(self._handle)
            self._handle = -1

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}{_ENDING}"
