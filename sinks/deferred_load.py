"""How much is deferred, and what of it nobody has tried; told by the flow and its side lane."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from sinks.ledger_entries import Entry
from sinks.record_batch import RecordBatch

MOST_CLAIMS = 2_000
MOST_ROWS = 5_000_000
MOST_IN_DOUBT = 16
"""Claims that this flow may have brought into doubt at a time: so many, and it is no single claim.
Those that it found, as after a start in the middle of a backfill, do not hold it up."""
HELD_BYTES = 64 * 1024 * 1024
"""Rows of untried claims that are kept, so as not to read them again."""


class DeferredLoad:
    """What one topic's side lane has before it. Used by several threads.

    Attributes:
        claims: how many are deferred, as the lane last saw it.
    """

    def __init__(self) -> None:
        """Know of none."""
        self._lock = threading.Lock()
        self._held: dict[str, RecordBatch] = {}
        self._untried: set[str] = set()
        self._doubted: set[str] = set()
        self._rows = self._unseen = 0
        self.claims = 0

    def add(self, claim: Entry, batch: RecordBatch | None) -> None:
        """Take note that the flow deferred `claim`; with its records, where nothing was tried."""
        with self._lock:
            self._unseen += 1
            if batch is None:
                self._doubted.add(claim.claim_id)
            else:
                self._untried.add(claim.claim_id)
                if batch.size + sum(held.size for held in self._held.values()) <= HELD_BYTES:
                    self._held[claim.claim_id] = batch

    def has_room(self) -> bool:
        """Whether the flow may defer more."""
        with self._lock:
            claims, rows, doubted = self.claims + self._unseen, self._rows, len(self._doubted)
        return claims < MOST_CLAIMS and rows < MOST_ROWS and doubted < MOST_IN_DOUBT

    def look(self) -> None:
        """Take note that the lane reads the log: it will see what was added so far."""
        with self._lock:
            self._unseen = 0

    def seen(self, deferred: Iterable[Entry]) -> None:
        """Take note of all claims that are deferred now."""
        entries = {entry.claim_id: entry for entry in deferred}
        with self._lock:
            self._untried &= entries.keys()
            self._held = {name: batch for name, batch in self._held.items() if name in entries}
            self._doubted &= entries.keys()
            self.claims = len(entries)
            self._rows = sum(entry.rows for entry in entries.values())

    def is_untried(self, claim_id: str) -> bool:
        """Whether nobody has tried that claim."""
        return claim_id in self._untried

    def take(self, claim_id: str) -> tuple[bool, RecordBatch | None]:
        """Return whether nobody tried that claim, and its records if they are kept; now it is."""
        with self._lock:
            untried, batch = claim_id in self._untried, self._held.pop(claim_id, None)
            self._untried.discard(claim_id)
        return untried, batch

    def doubt_all(self) -> None:
        """Take note that other sinks may have tried what is deferred."""
        with self._lock:
            self._untried.clear()
            self._held.clear()
