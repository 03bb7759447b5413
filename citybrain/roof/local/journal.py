"""The supervisor's own log: a line for each thing that happened, in words."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

from citybrain.floor.clock import Clock


class Journal:
    """Writes lines to a file, with the time before them, and shows them where somebody looks."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Append to `path`; its folder is made when it is missing."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path, self._clock = path, clock
        self.show: Callable[[str], None] | None = None

    def __call__(self, line: str) -> None:
        """Write `line`; a full disk loses it from the file, and nothing more."""
        with contextlib.suppress(OSError), self._path.open("a") as file:
            file.write(f"{self._clock.now().isoformat(timespec='milliseconds')} {line}\n")
        if self.show is not None:
            self.show(line)
