"""Complete deferred claims beside the flow, so that no feed's repair holds up the others.

One thread a topic. What is in doubt goes first, then history in the order of its claims. A claim
that fails while the store answers is tried again a few times, then *set aside with its reason*:
tried once a minute, and told to the operators (`citybrain status`, walls, an alert of the platform)
until it is in the store. All others go on meanwhile. How many claims may be here is bounded: where
they are too many, the flow waits, Kafka keeps what comes, and the door says 429.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import structlog
from kafka.errors import KafkaError

from citybrain.floor.clock import Clock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.errors import BusError
from citybrain.floor.heartbeat import PartProgress
from sinks import claim_ledger, metrics
from sinks.claim_completion import ClaimCompletion
from sinks.claim_failures import ClaimAside, ClaimFailures
from sinks.claim_store import Claims
from sinks.driving import drive
from sinks.ledger_entries import (
    AppendClaim,
    CompleteClaim,
    Effect,
    Entry,
    ReadClaims,
    RecordPlace,
    SendLetters,
)
from sinks.ledger_view import ClaimLedger
from sinks.outage import TROUBLE, Patience, Stopped
from sinks.record_batch import RecordBatch
from sinks.repair import NotOurs, Repairer
from sinks.topic_reader import TopicReader
from sinks.turns import Turns

log = structlog.get_logger(__name__)

MOST_CLAIMS = 2_000
MOST_ROWS = 5_000_000
MOST_IN_DOUBT = 16
"""Claims that may be in doubt at a time: so many one after the other, and it is no single claim."""
HELD_BYTES = 64 * 1024 * 1024
"""Rows of untried claims that are kept, so as not to read them again."""
FIRST_S = 1.0
LOST_S = 5.0
SHORTEST_S = 0.05
ASKED_EVERY_S = 5.0
SHOWN = 3


@dataclass
class SideLane:
    """One topic's repair and history in this process.

    Attributes:
        mender: counts and mends.
        reader: reads records again.
        owner: who appends to the log; the same as the flow's.
        clock: the present.
        stop: set when the process ends.
        send: sends a letter; returns when Kafka has it.
        asked: mends what people asked for, as far as it is of these partitions; called every few
            seconds where nothing else is to be done. None: people ask for nothing here.
    """

    mender: Repairer
    reader: TopicReader
    owner: str
    clock: Clock
    stop: threading.Event
    send: Callable[[FailedRecord], object]
    asked: Callable[[Repairer, frozenset[int]], object] | None = None

    def __post_init__(self) -> None:
        """Know nothing yet."""
        self.topic = self.reader.source.topic
        self.turns = Turns()
        self.mender = replace(self.mender, owner=self.owner, turn=self.turn)
        self._claims = Claims(self.mender.client, self.topic.name)
        self._completion = ClaimCompletion(
            self.mender, self.reader, self._claims, self.clock, self.moved
        )
        self._view = ClaimLedger(self.topic.name, self.owner)
        self._patience = Patience(f"claims of {self.topic.name}", self.stop)
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._assigned: frozenset[int] = frozenset()
        self._assigned_at = 0
        self._owned: frozenset[int] = frozenset()
        self._held: dict[str, RecordBatch] = {}
        self._untried: set[str] = set()
        self._failures = ClaimFailures(self.topic.name)
        self._load, self._pending, self._done, self._moves = (0, 0, 0), 0, 0, 0

    # --- told by the flow and by Kafka

    def assign(self, partitions: frozenset[int]) -> None:
        """Take note of the partitions that this process owns."""
        with self._lock:
            self._assigned, self._assigned_at = partitions, -1
        self._news.set()

    def hand_over(self, claim: Entry, batch: RecordBatch | None) -> None:
        """Take note that `claim` was deferred; see `sinks.ledger_entries.HandOver`."""
        with self._lock:
            self._pending += 1
            if batch is not None:
                self._untried.add(claim.claim_id)
                if batch.size + sum(held.size for held in self._held.values()) <= HELD_BYTES:
                    self._held[claim.claim_id] = batch
        self._news.set()

    def wake(self) -> None:
        """Look now whether there is something to do, or to stop."""
        self._news.set()

    def has_room(self) -> bool:
        """Whether the flow may defer more."""
        claims, rows, in_doubt = self._load
        with self._lock:
            claims += self._pending
        return claims < MOST_CLAIMS and rows < MOST_ROWS and in_doubt < MOST_IN_DOUBT

    # --- looked at from outside

    def aside(self) -> list[ClaimAside]:
        """Return the claims that do not get into the store."""
        return self._failures.aside()

    def parts(self) -> Mapping[str, PartProgress]:
        """Return how far it is, for the heartbeat; nothing where nothing is deferred."""
        left, aside = self._load[0], self.aside()
        if not left:
            return {}
        waits = "; ".join(f"{one.place}, set aside: {one.reason[:200]}" for one in aside[:SHOWN])
        if len(aside) > SHOWN:
            waits += f"; and {len(aside) - SHOWN} more"
        done, tried = self._done, self._moves + self._patience.attempts
        part = PartProgress(done, done + left, waits_for=waits, tried=tried, of_store=True)
        return {f"claims of {self.topic.name}": part}

    # --- its thread

    def run(self) -> None:
        """Work until told to stop."""
        try:
            while not self.stop.is_set():
                if self.work():
                    continue
                self._news.wait(self._pause())
        except Stopped:
            return

    def work(self) -> bool:
        """Do one thing; return whether there may be another right after.

        Raises:
            Stopped: the process ends.
        """
        if self._news.is_set() or self._view.deferred or self._load[0]:
            self._look()
        owned = self._owned
        claim = self._next(owned)
        if claim is not None:
            self._attempt(claim, owned & self._view.left(claim.claim_id))
            return True
        if owned and not self._in_work(owned):
            self._mend_what_was_asked(owned)
        return False

    def _mend_what_was_asked(self, partitions: frozenset[int]) -> None:
        if self.asked is None:
            return
        try:
            self.asked(self.mender, partitions)
        except NotOurs:
            return
        except Exception as error:
            self._patience.note(error)
        else:
            self._patience.over()

    def _look(self) -> None:
        """Read the log, and which partitions are ours."""
        self._news.clear()
        with self._lock:
            self._pending = 0
            partitions, again = self._assigned, self._assigned_at < 0
        claims = self._claims
        if not self._view.known:
            self._view.learn(self._patience.until_done(claims.load))
        else:
            self._view.learn(self._patience.until_done(lambda: claims.read(self._view.known)))
        if again:
            with self._lock:
                if self._assigned == partitions:
                    self._assigned_at = self._view.known
        self._owned = partitions
        self._count(partitions)

    def _count(self, partitions: frozenset[int]) -> None:
        deferred = [entry for entry, left in self._view.deferred.values() if left & partitions]
        names = {entry.claim_id for entry in deferred}
        self._failures.keep(names)
        with self._lock:
            self._untried &= names
            self._held = {name: batch for name, batch in self._held.items() if name in names}
            in_doubt = len(names - self._untried)
        rows = sum(entry.rows for entry in deferred)
        self._load = (len(deferred), rows, in_doubt)

    def _in_work(self, partitions: frozenset[int]) -> bool:
        """Whether something is deferred that is not set aside."""
        aside = {one.claim_id for one in self.aside()}
        return any(
            left & partitions
            for name, (_, left) in self._view.deferred.items()
            if name not in aside
        )

    def _next(self, partitions: frozenset[int]) -> Entry | None:
        due = [
            entry
            for name, (entry, left) in self._view.deferred.items()
            if left & partitions and self._failures.due_in_s(name) <= 0
        ]
        return min(due, key=lambda one: (one.claim_id in self._untried, one.seq), default=None)

    def _pause(self) -> float:
        return max(SHORTEST_S, min(ASKED_EVERY_S, self._failures.next_due_in_s()))

    def _attempt(self, claim: Entry, partitions: frozenset[int]) -> None:
        steps = claim_ledger.complete(self._view, claim, partitions)
        try:
            drive(steps, self._perform)
        except NotOurs:
            self._failures.wait(claim.claim_id, LOST_S)
            with self._lock:
                self._assigned_at = -1  # if Kafka still says so by then, it is ours
        except Stopped:
            raise
        except Exception as error:  # also a fault of ours costs this claim alone
            self._failed(claim, error)
        else:
            self._done += 1
            self._patience.over()
            self._failures.recovered(claim.claim_id)

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case CompleteClaim():
                return self._complete(effect)
            case SendLetters(_, refused):
                return self._send_letters(refused)
            case AppendClaim(entry):
                return self._claims.append(entry)
            case ReadClaims(after):
                return self._claims.read(after)
        raise TypeError(effect)

    def _complete(self, work: CompleteClaim) -> frozenset[RecordPlace]:
        name = work.claim.claim_id
        with self._lock:
            untried, batch = name in self._untried, self._held.pop(name, None)
            self._untried.discard(name)  # whatever comes of it, it was tried
        metrics.SETTLED.labels(self.mender.table.name).inc()
        if untried and not work.refused:
            batch = batch or self.reader.batch(work.claim.ranges)
            if batch.rows == work.claim.rows:
                self._completion.untried(work, batch)
                return work.refused
        return self._completion.complete(work)

    def _send_letters(self, refused: frozenset[RecordPlace]) -> None:
        for place, key, value in self.reader.raw(sorted(refused)):
            record = self.reader.record(place, value)
            words = self._completion.words([record]).get(place, "") or "refused at first"
            where = f"{self.topic.name}[{place[0]}]@{place[1]}"
            self.send(FailedRecord(self.topic, where, value, f"store: {words}", key))

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Take a turn for a piece of repair.

        Raises:
            NotOurs: a partition is another sink's by now.
        """
        with self.turns.of_repair():
            self._moves += 1
            with self._lock:
                assigned, since = self._assigned, self._assigned_at
            passed = {
                partition
                for partition, (seq, owner) in self._view.claimed_by.items()
                if owner != self.owner and seq > since >= 0
            }
            if passed & assigned:
                raise NotOurs
            yield

    def moved(self) -> None:
        """Take note that something was done."""
        self._moves += 1

    def _failed(self, claim: Entry, error: Exception) -> None:
        if isinstance(error, BusError | KafkaError) or not self._store_answers():
            self._patience.note(error)
            self.stop.wait(FIRST_S)
            return
        metrics.FAILED.labels(self.mender.table.name).inc()
        self._failures.note(claim, error, self.clock.now())

    def _store_answers(self) -> bool:
        try:
            self.mender.client.query("SELECT 1")
        except TROUBLE:
            return False
        return True
