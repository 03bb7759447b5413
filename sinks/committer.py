"""Put batches of one topic into the store, each record once: the steps of `sinks.claim_ledger`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import structlog
from clickhouse_connect.driver.client import Client

from citybrain.floor.clock import Clock, monotonic
from sinks import claim_ledger, metrics
from sinks.claim_bounds import week_of
from sinks.claim_completion import STALE_S
from sinks.claim_store import Claims
from sinks.driving import drive
from sinks.insert import insert
from sinks.ledger_entries import (
    AppendClaim,
    Effect,
    Entry,
    Fetch,
    HandOver,
    InsertBatch,
    ReadClaims,
)
from sinks.ledger_view import ClaimLedger
from sinks.outage import TROUBLE, Patience, Stopped
from sinks.record_batch import RecordBatch
from sinks.side_lane import SideLane
from sinks.topic_reader import TopicReader

log = structlog.get_logger(__name__)

_TRIM_EVERY = 50_000
"""Entries of the ledger after which old ones are dropped."""
_ROOM_EVERY_S = 0.2


class Committer:
    """The one writer of a topic in this process. Blocks; use it from one thread at a time.

    Attributes:
        lane: completes what is not done here.
    """

    def __init__(
        self,
        client: Client,
        name: str,
        reader: TopicReader,
        lane: SideLane,
        *,
        clock: Clock,
        stop: threading.Event,
    ) -> None:
        """Write what the reader's topic holds into table `name`, as the owner of `lane`.

        Waiting for a store or a broker that is away ends when `stop` is set.
        """
        topic = reader.source.topic.name
        self.lane = lane
        self._client, self._name = client, name
        self._reader = reader
        self._clock = clock
        self._stop = stop
        self._claims = Claims(client, topic)
        self._view = ClaimLedger(topic, lane.owner)
        self._patience = Patience(f"table {name}", stop)
        self._claimed_at = 0.0
        self._whole = False
        self._waits_for_room = False
        self._trim_at = 0

    @property
    def waits(self) -> bool:
        """Whether it waits for the store, or until less is to be completed: known to be slow."""
        return self._waits_for_room or self._patience.waits

    @property
    def attempts(self) -> int:
        """How often something had to be tried again so far."""
        return self._patience.attempts

    def write(self, batch: RecordBatch, *, refresh: bool) -> None:
        """Put `batch` into the store; when this returns, all of it is there once, or deferred.

        Args:
            batch: what was read, not acknowledged yet.
            refresh: a partition may have had another owner since the last call; True at first.

        Raises:
            Stopped: the process ends; whoever comes next completes what was begun.
            TopicMadeAnew: what the store holds is not of this topic.
        """
        self._whole = False
        if refresh:
            self._patience.until_done(lambda: self._look_around(batch))
        self._await_room()
        week = week_of(self._clock.now())
        with metrics.INSERT_S.labels(self._name).time():
            drive(claim_ledger.write(self._view, batch, week, refresh=refresh), self._perform)
        if self._view.known >= self._trim_at:
            known, needed = self._view.known, self._view.oldest()
            self._patience.until_done(lambda: self._claims.forget(known, needed))
            self._trim_at = self._view.known + _TRIM_EVERY
        self._whole = True

    def close(self) -> None:
        """Tell the next owner that nothing is open, where that is so. Tries once."""
        if not self._whole:
            return
        try:
            drive(claim_ledger.close(self._view), lambda effect: self._simple(effect)())
        except TROUBLE as error:
            log.warning("not_closed", table=self._name, error=str(error)[:200])

    def _look_around(self, batch: RecordBatch) -> None:
        if not self._view.known:
            self._view.learn(self._claims.load())
        partitions = [part.partition for part in batch.ranges]
        self._reader.check_is_same(self._view.reached, partitions)

    def _await_room(self) -> None:
        while not self.lane.has_room():
            self._waits_for_room = True
            self._patience.attempts += 1  # it looks, so it does not stand
            if self._stop.wait(_ROOM_EVERY_S):
                raise Stopped
        self._waits_for_room = False

    def _perform(self, effect: Effect) -> Any:
        match effect:
            case InsertBatch(claim, batch):
                return self._insert(claim, batch)
            case HandOver(claim, batch):
                return self.lane.hand_over(claim, batch)
        return self._patience.until_done(self._simple(effect))

    def _simple(self, effect: Effect) -> Callable[[], Any]:
        match effect:
            case AppendClaim(entry):
                self._claimed_at = monotonic()
                return lambda: self._claims.append(entry)
            case ReadClaims(after):
                return lambda: self._claims.read(after)
            case Fetch(missing):
                log.warning("reads_again_what_was_skipped", table=self._name, range=str(missing))
                return lambda: self._reader.batch([missing])
        raise TypeError(effect)

    def _insert(self, claim: Entry, batch: RecordBatch) -> bool:
        """Insert the rows of a claim; return whether they are certainly there."""
        if not batch.rows:
            return True
        table = batch.table()
        metrics.ROWS.labels(self._name).inc(batch.rows)
        metrics.INSERTS.labels(self._name).inc()
        with self.lane.turns.of_flow():
            if monotonic() - self._claimed_at >= STALE_S:
                return False
            try:
                insert(self._client, self._name, table, claim.claim_id)
            except TROUBLE as error:
                self._patience.note(error)
                return False
        self._patience.over()
        return True
