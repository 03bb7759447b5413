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
from sinks.deferred_load import DeferredLoad
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
from sinks.owned_partitions import OwnedPartitions
from sinks.record_batch import RecordBatch
from sinks.repair import NotOurs, Repairer
from sinks.topic_reader import TopicReader
from sinks.turns import Turns

log = structlog.get_logger(__name__)

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
        self._news = threading.Event()
        self._owned = OwnedPartitions()
        self._load = DeferredLoad()
        self._failures = ClaimFailures(self.topic.name)
        self._done = self._moves = 0

    # --- told by the flow and by Kafka

    def assign(self, partitions: frozenset[int]) -> None:
        """Take note of the partitions that this process owns."""
        self._owned.assign(partitions)
        self._load.doubt_all()
        self._news.set()

    def hand_over(self, claim: Entry, batch: RecordBatch | None) -> None:
        """Take note that `claim` was deferred; see `sinks.ledger_entries.HandOver`."""
        self._load.add(claim, batch)
        self._news.set()

    def wake(self) -> None:
        """Look now whether there is something to do, or to stop."""
        self._news.set()

    def has_room(self) -> bool:
        """Whether the flow may defer more."""
        return self._load.has_room()

    # --- looked at from outside

    def aside(self) -> list[ClaimAside]:
        """Return the claims that do not get into the store."""
        return self._failures.aside()

    def parts(self) -> Mapping[str, PartProgress]:
        """Return how far it is, for the heartbeat; nothing where nothing is deferred."""
        left, aside = self._load.claims, self.aside()
        if not left:
            return {}
        waits = "; ".join(f"{one.place}, set aside: {one.reason[:200]}" for one in aside[:SHOWN])
        if len(aside) > SHOWN:
            waits += f"; and {len(aside) - SHOWN} more"
        waits = waits or f"{left} claims of {self.topic.name} to be completed"
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
        if self._news.is_set() or self._view.deferred or self._load.claims:
            self._look()
        owned = self._owned.now
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
        self._load.look()
        claims, view = self._claims, self._view
        entries = (lambda: claims.read(view.known)) if view.known else claims.load
        view.learn(self._patience.until_done(entries))
        self._owned.look(view)
        owned = self._owned.now
        deferred = [entry for entry, left in view.deferred.values() if left & owned]
        self._load.seen(deferred)
        self._failures.keep({entry.claim_id for entry in deferred})

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
        return min(
            due, key=lambda one: (self._load.is_untried(one.claim_id), one.seq), default=None
        )

    def _pause(self) -> float:
        return max(SHORTEST_S, min(ASKED_EVERY_S, self._failures.next_due_in_s()))

    def _attempt(self, claim: Entry, partitions: frozenset[int]) -> None:
        steps = claim_ledger.complete(self._view, claim, partitions)
        try:
            drive(steps, self._perform)
        except NotOurs:
            self._failures.wait(claim.claim_id, LOST_S)
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
        untried, batch = self._load.take(work.claim.claim_id)
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
            self._owned.check(self._view)
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
