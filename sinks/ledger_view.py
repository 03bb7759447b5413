"""One sink's view of a topic's log of claims: what follows from its entries. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sinks.ledger_entries import (
    CLAIM,
    DEFERRED,
    REFUSED,
    SETTLED,
    Entry,
    RecordPlace,
    claim_id,
)
from sinks.record_batch import OffsetRange

NONE: frozenset[int] = frozenset()


@dataclass
class ClaimLedger:
    """One sink's view of one topic's log.

    Attributes:
        topic: whose log it is.
        owner: who looks.
        known: number of the last entry that was read.
        reached: last claimed offset by partition.
        open: by owner its newest claim, with the partitions that nobody settled or deferred yet.
        deferred: by claim id a deferral, with the partitions that nobody settled yet.
        refused: by claim id the records that are not for the store.
        settled: by claim id the partitions that were, where the claim may yet be deferred.
        claimed_by: by partition the number and the owner of the newest claim that was seen.
    """

    topic: str
    owner: str
    known: int = 0
    reached: dict[int, int] = field(default_factory=dict)
    open: dict[str, tuple[Entry, frozenset[int]]] = field(default_factory=dict)
    deferred: dict[str, tuple[Entry, frozenset[int]]] = field(default_factory=dict)
    refused: dict[str, frozenset[RecordPlace]] = field(default_factory=dict)
    settled: dict[str, frozenset[int]] = field(default_factory=dict)
    claimed_by: dict[int, tuple[int, str]] = field(default_factory=dict)

    def learn(self, entries: Iterable[Entry]) -> None:
        """Take in `entries`, in order of their numbers; those known already are passed over."""
        take = {CLAIM: self._open, DEFERRED: self._defer, REFUSED: self._refuse}
        for entry in entries:
            if entry.seq <= self.known:
                continue
            self.known = entry.seq
            self.reached = dict(entry.reached)
            take.get(entry.kind, self._close)(entry)

    def unclaimed(self, ranges: Iterable[OffsetRange]) -> tuple[OffsetRange, ...]:
        """Return what of `ranges` nobody has claimed."""
        return tuple(
            OffsetRange(part.partition, max(part.first, self._next(part)), part.last)
            for part in ranges
            if part.last >= self._next(part)
        )

    def skipped(self, ranges: Iterable[OffsetRange]) -> tuple[OffsetRange, ...]:
        """Return the offsets between what was claimed last and the beginning of `ranges`."""
        return tuple(
            OffsetRange(part.partition, self.reached[part.partition] + 1, part.first - 1)
            for part in ranges
            if part.partition in self.reached and part.first > self.reached[part.partition] + 1
        )

    def pass_over(self, part: OffsetRange) -> None:
        """Take note that `part` holds no records that are unclaimed."""
        reached = self.reached.get(part.partition, -1)
        self.reached[part.partition] = max(reached, part.last)

    def others(self, partitions: frozenset[int]) -> list[Entry]:
        """Return other owners' open claims on `partitions`, oldest first."""
        found = [
            claim
            for owner, (claim, parts) in self.open.items()
            if owner != self.owner and parts & partitions
        ]
        return sorted(found, key=lambda claim: claim.seq)

    def own(self) -> Entry | None:
        """Return the own newest claim, None where it is not open or was never made."""
        claim, parts = self.open.get(self.owner, (None, NONE))
        return claim if parts else None

    def is_open(self, claim: Entry) -> bool:
        """Whether nobody settled or deferred `claim`, and its owner did not go on."""
        return any(parts for one, parts in self.open.values() if one.claim_id == claim.claim_id)

    def left(self, claim_id: str) -> frozenset[int]:
        """Return the partitions of a deferred claim that nobody settled yet."""
        return self.deferred[claim_id][1] if claim_id in self.deferred else NONE

    def oldest(self) -> int:
        """Return the number from which on the log is still needed."""
        return min((entry.seq for entry, _ in self.deferred.values()), default=self.known)

    def claim(self, ranges: tuple[OffsetRange, ...], rows: int) -> Entry:
        """Return the entry that claims `ranges`, which must be unclaimed."""
        reached = self.reached | {part.partition: part.last for part in ranges}
        token = claim_id(self.topic, ranges, rows)
        return Entry(self.known + 1, CLAIM, self.owner, token, ranges, rows, reached)

    def deferral(self, claim: Entry) -> Entry:
        """Return the entry that says that `claim` is completed beside the flow."""
        return self._about(claim, DEFERRED, claim.ranges, claim.rows)

    def refusal(self, claim: Entry, places: Iterable[RecordPlace]) -> Entry:
        """Return the entry that says that the records at `places` are not for the store."""
        ranges = (OffsetRange(partition, at, at) for partition, at in sorted(places))
        return self._about(claim, REFUSED, tuple(ranges))

    def settlement(self, claim: Entry, partitions: frozenset[int]) -> Entry:
        """Return the entry that says that `claim` is in the store, as far as `partitions` go."""
        parts = tuple(part for part in claim.ranges if part.partition in partitions)
        return self._about(claim, SETTLED, parts)

    def _about(
        self, claim: Entry, kind: str, ranges: tuple[OffsetRange, ...], rows: int = 0
    ) -> Entry:
        seq, reached = self.known + 1, dict(self.reached)
        return Entry(seq, kind, self.owner, claim.claim_id, ranges, rows, reached)

    def _next(self, part: OffsetRange) -> int:
        return self.reached.get(part.partition, -1) + 1

    def _open(self, claim: Entry) -> None:
        self.open[claim.owner] = (claim, claim.partitions)
        self.claimed_by |= dict.fromkeys(claim.partitions, (claim.seq, claim.owner))

    def _defer(self, deferral: Entry) -> None:
        left = deferral.partitions - self.settled.get(deferral.claim_id, NONE)
        self._shut(deferral.claim_id, deferral.partitions)
        if left:
            self.deferred[deferral.claim_id] = (deferral, left)

    def _refuse(self, refusal: Entry) -> None:
        places = frozenset((part.partition, part.first) for part in refusal.ranges)
        self.refused[refusal.claim_id] = self.refused.get(refusal.claim_id, frozenset()) | places

    def _close(self, settled: Entry) -> None:
        name, done = settled.claim_id, settled.partitions
        self.settled[name] = self.settled.get(name, NONE) | done
        still_open = self._shut(name, done)
        if name in self.deferred:
            entry, parts = self.deferred.pop(name)
            if parts - done:
                self.deferred[name] = (entry, parts - done)
                return
            self.refused.pop(name, None)
            still_open = False
        if still_open is False:  # it was known, and nothing of it is left
            self.settled.pop(name, None)

    def _shut(self, name: str, done: frozenset[int]) -> bool | None:
        """Close an open claim as far as `done` goes; return what is open, None: it is not known."""
        known = None
        for owner, (claim, parts) in list(self.open.items()):
            if claim.claim_id == name:
                self.open[owner] = (claim, parts - done)
                known = bool(parts - done)
        return known
