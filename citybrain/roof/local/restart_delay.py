"""How long to wait before what died is started again."""

from __future__ import annotations

FIRST_S = 1.0
LONGEST_S = 30.0
STABLE_S = 60.0


class RestartDelay:
    """Doubles from one process's death to its next, and begins anew after a stable run."""

    def __init__(self) -> None:
        """Begin with the shortest wait."""
        self._next_s = FIRST_S

    def after(self, ran_s: float) -> float:
        """Return the seconds to wait after a run of `ran_s` seconds."""
        if ran_s >= STABLE_S:
            self._next_s = FIRST_S
        wait_s = self._next_s
        self._next_s = min(2 * wait_s, LONGEST_S)
        return wait_s
