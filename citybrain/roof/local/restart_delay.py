"""How long to wait before what died is started again."""

from __future__ import annotations

FIRST_S = 1.0
LONGEST_S = 30.0
STABLE_S = 60.0
CROWDED = 2.0
"""Who want to run for each processor, from which on a wait takes longer."""
MOST_TIMES = 4.0


class RestartDelay:
    """Doubles from one process's death to its next, and begins anew after a stable run.

    A start costs more than work does, so on a machine where many stand in line for a processor
    everything takes longer, this wait too.
    """

    def __init__(self) -> None:
        """Begin with the shortest wait."""
        self._next_s = FIRST_S

    def after(self, ran_s: float, load: float = 0.0) -> float:
        """Return the seconds to wait after a run of `ran_s` seconds.

        Args:
            ran_s: how long it ran.
            load: how many want to run for each processor of the machine.
        """
        if ran_s >= STABLE_S:
            self._next_s = FIRST_S
        wait_s = self._next_s
        self._next_s = min(2 * wait_s, LONGEST_S)
        return wait_s * min(max(load / CROWDED, 1.0), MOST_TIMES)
