"""Notice a worker that stands still: records wait, the broker answers, and nothing is processed.

Faust is known to stall in rare cases after a rebalance or an outage of the broker. A process that
does nothing looks healthy from outside, so it has to find out itself; the supervisor starts it
anew.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Watchdog(Generic[K]):
    """Compares what was processed with what there is, look by look."""

    def __init__(self, limit_s: float) -> None:
        """Call it a stall when something waits for `limit_s` without any progress."""
        self._limit_s = limit_s
        self._positions: dict[K, int] = {}
        self._waiting_since: dict[K, float] = {}

    def stalled(
        self, now_s: float, positions: Mapping[K, int], ends: Mapping[K, int] | None
    ) -> list[K]:
        """Return what stands still at `now_s` (seconds of a clock that never goes back).

        Args:
            now_s: the present.
            positions: what is worked on → offset that is processed next.
            ends: the same → offset where its log ends; None: the broker does not answer, and
                nothing can be said against the worker.
        """
        if ends is None:
            self._waiting_since.clear()
            return []
        waiting = {
            key
            for key, position in positions.items()
            if self._positions.get(key) == position and ends.get(key, 0) > position
        }
        self._positions = dict(positions)
        self._waiting_since = {key: self._waiting_since.get(key, now_s) for key in waiting}
        return [key for key, since in self._waiting_since.items() if now_s - since >= self._limit_s]
