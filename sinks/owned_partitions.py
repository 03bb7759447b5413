"""Which partitions of a topic are this sink's, as far as Kafka told and the log does not deny."""

from __future__ import annotations

import threading

from sinks.ledger_view import ClaimLedger
from sinks.repair import NotOurs


class OwnedPartitions:
    """What Kafka assigned last. Told by the event loop, read by the side lane.

    Attributes:
        now: the partitions, as of the last look.
    """

    def __init__(self) -> None:
        """Own none."""
        self._lock = threading.Lock()
        self._assigned: frozenset[int] = frozenset()
        self._is_new = False
        self._since = 0
        self.now: frozenset[int] = frozenset()

    def assign(self, partitions: frozenset[int]) -> None:
        """Take note of what Kafka assigned."""
        with self._lock:
            self._assigned, self._is_new = partitions, True

    def look(self, view: ClaimLedger) -> None:
        """Go by the newest assignment, with the log as known in `view`."""
        with self._lock:
            self.now = self._assigned
            if self._is_new:
                self._since, self._is_new = view.known, False

    def check(self, view: ClaimLedger) -> None:
        """Go on only where nobody else went on in a partition since it was assigned to us.

        Raises:
            NotOurs: somebody did, so it is theirs and we were not told yet. Once that was said, the
                next look believes Kafka again.
        """
        for partition in self.now:
            seq, owner = view.claimed_by.get(partition, (0, view.owner))
            if owner != view.owner and seq > self._since:
                with self._lock:
                    self._is_new = True
                raise NotOurs
