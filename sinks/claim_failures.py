"""Claims that fail while the store answers: when each is tried again, and which are set aside."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import structlog

from citybrain.floor.clock import monotonic
from sinks.ledger_entries import Entry

log = structlog.get_logger(__name__)

TRIES = 5
FIRST_S, AGAIN_S = 1.0, 60.0
_WORDS = 1_000


@dataclass(frozen=True)
class ClaimAside:
    """A claim that does not get into the store.

    Attributes:
        topic: whose records they are.
        claim_id: which.
        place: its records, in words.
        rows: how many rows it holds.
        reason: what the store said the last time.
        since: when it was set aside.
        tries: how often it was tried.
    """

    topic: str
    claim_id: str
    place: str
    rows: int
    reason: str
    since: datetime
    tries: int


@dataclass
class _Failures:
    tries: int = 0
    due: float = 0.0
    aside: ClaimAside | None = None


class ClaimFailures:
    """What one topic's side lane could not do yet; looked at from several threads."""

    def __init__(self, topic: str) -> None:
        """Know of none."""
        self._topic = topic
        self._known: dict[str, _Failures] = {}

    def aside(self) -> list[ClaimAside]:
        """Return the claims that are set aside: tried `TRIES` times, from now on once a minute."""
        return [one.aside for one in list(self._known.values()) if one.aside is not None]

    def due_in_s(self, claim_id: str) -> float:
        """Return in how many seconds a claim may be tried again; 0: now."""
        known = self._known.get(claim_id)
        return max(0.0, known.due - monotonic()) if known else 0.0

    def next_due_in_s(self) -> float:
        """Return in how many seconds the next of them may be tried again."""
        return min((self.due_in_s(name) for name in self._known), default=AGAIN_S)

    def note(self, claim: Entry, error: Exception, now: datetime) -> None:
        """Take note that `claim` failed with `error` at `now`, and the store answers."""
        known = self._known.setdefault(claim.claim_id, _Failures())
        known.tries += 1
        place = ", ".join(
            f"{self._topic}[{part.partition}]@{part.first}…{part.last}" for part in claim.ranges
        )
        reason = str(error)[:_WORDS] or repr(error)
        log.warning("claim_failed", place=place, tries=known.tries, error=reason)
        if known.tries < TRIES:
            known.due = monotonic() + FIRST_S * 2 ** (known.tries - 1)
            return
        known.due = monotonic() + AGAIN_S
        since = known.aside.since if known.aside else now
        known.aside = ClaimAside(
            self._topic, claim.claim_id, place, claim.rows, reason, since, known.tries
        )

    def wait(self, claim_id: str, seconds: float) -> None:
        """Do not try a claim for some seconds, for reasons that are no failure."""
        self._known.setdefault(claim_id, _Failures()).due = monotonic() + seconds

    def recovered(self, claim_id: str) -> None:
        """Take note that a claim is in the store."""
        known = self._known.pop(claim_id, None)
        if known is not None and known.aside is not None:
            log.info("claim_completed_at_last", place=known.aside.place, tries=known.tries)

    def keep(self, claim_ids: Collection[str]) -> None:
        """Forget all but those: they are in the store, or another sink's."""
        for name in [one for one in self._known if one not in claim_ids]:
            self.recovered(name)
