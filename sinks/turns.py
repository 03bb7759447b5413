"""Who may change a topic's tables now: one at a time, and the flow goes before repair."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """Gives turns to the flow of new rows and to the repair beside it."""

    def __init__(self) -> None:
        """Start with nobody's turn."""
        self._changed = threading.Condition()
        self._busy = False
        self._flow_waits = 0

    @contextmanager
    def of_flow(self) -> Iterator[None]:
        """Wait for a turn; at most one of repair's pieces goes before."""
        with self._changed:
            self._flow_waits += 1
            self._changed.wait_for(lambda: not self._busy)
            self._flow_waits -= 1
            self._busy = True
        try:
            yield
        finally:
            self._end()

    @contextmanager
    def of_repair(self) -> Iterator[None]:
        """Wait until nobody of the flow waits or works."""
        with self._changed:
            self._changed.wait_for(lambda: not self._busy and not self._flow_waits)
            self._busy = True
        try:
            yield
        finally:
            self._end()

    def _end(self) -> None:
        with self._changed:
            self._busy = False
            self._changed.notify_all()
