"""Gather one topic's records into batches for the committer, without blocking Faust."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from faust.types import EventT

from citybrain.floor.clock import monotonic
from citybrain.floor.topics import Topic
from sinks.committer import Committer
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.table import TopicSource
from sinks.topic_reader import make_record

MAX_ROWS = 120_000
"""Rows that wait at most while an insert runs: with those of the insert this bounds memory."""
MAX_BYTES = 64 * 1024 * 1024
FEW_ROWS = 50
"""Fewer rows than that wait a little longer: as many an insert, at a thousand a second, come in the
time that rows always wait."""
ENOUGH_ROWS = 2_000
"""Rows for which an insert is worth its cost, whoever looks."""
LOOK_S = 0.25
"""Between two looks whether somebody has come to a screen."""

Unreadable = Callable[[Topic, EventT[bytes], TopicRecord], Awaitable[None]]


@dataclass(frozen=True)
class WaitingRecord:
    """A record that was read and is not in the store yet."""

    event: EventT[bytes]
    record: TopicRecord


class TopicWriter:
    """One topic's way from Faust's stream to the store.

    Records wait until the insert before is through and `flush_s` has passed since the first of
    them came; so at a low rate a row waits a moment, and at a high rate inserts are large and few.
    An insert costs as much for ten rows as for a hundred, so fewer than `FEW_ROWS` wait for
    `few_s`, rows that keep coming for `steady_s`, and while nobody looks all wait until
    `ENOUGH_ROWS` are there, `unseen_s` at most.
    While too many wait, `put` does not return, Faust's buffer fills, and Kafka is read no more.
    """

    def __init__(
        self,
        source: TopicSource,
        committer: Committer,
        unreadable: Unreadable,
        seen: Callable[[], bool] = lambda: True,
    ) -> None:
        """Write with `committer`.

        Args:
            source: the topic, and how long its rows may wait.
            committer: puts a batch into the store.
            unreadable: is awaited for a record that cannot be decoded.
            seen: whether somebody looks at a screen.
        """
        self._seen = seen
        self._source = source
        self._committer = committer
        self._unreadable = unreadable
        self._waiting: list[WaitingRecord] = []
        self._rows = 0
        self._bytes = 0
        self._first_at = 0.0
        self._written_at = -math.inf
        self._refresh = True
        self._closing = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._some = asyncio.Event()
        self._full = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()

    async def put(self, event: EventT[bytes]) -> None:
        """Take a record that was read; returns when there is room for the next one."""
        await self._room.wait()
        message = event.message
        record = make_record(self._source, message.partition, message.offset, message.value)
        if record.table is None:
            await self._unreadable(self._source.topic, event, record)
        if not self._waiting:
            self._first_at = monotonic()
        self._waiting.append(WaitingRecord(event, record))
        self._rows += record.rows
        # The event keeps its value until it is acknowledged, readable or not.
        self._bytes += len(message.value or b"")
        self._bytes += record.table.nbytes if record.table is not None else 0
        self._some.set()
        if self._rows >= MAX_ROWS or self._bytes >= MAX_BYTES:
            self._full.set()
            self._room.clear()

    def rebalanced(self) -> None:
        """Take note that partitions may have had another owner."""
        self._refresh = True

    async def run(self) -> None:
        """Write what waits, again and again, and acknowledge what was written.

        Raises:
            Stopped: the process ends.
            TopicMadeAnew: the store's rows are not of this topic.
        """
        while True:
            await self._some.wait()
            if self._closing:
                return
            while (left := self._patience_s()) > 0:
                await _either(self._full.wait(), min(left, LOOK_S))
            if self._closing:
                return
            taken, refresh = self._take(), self._refresh
            self._refresh = False
            batch = RecordBatch(waiting.record for waiting in taken)
            self._idle.clear()
            try:
                await asyncio.to_thread(self._committer.write, batch, refresh=refresh)
            finally:
                self._idle.set()
            self._written_at = monotonic()
            for waiting in taken:
                waiting.event.ack()

    def _patience_s(self) -> float:
        """Return for how many seconds what waits may wait for more."""
        if self._full.is_set():
            return 0.0
        most = self._source.flush_s
        if self._rows < FEW_ROWS:
            most = max(most, self._source.few_s)
        if self._first_at - self._written_at < self._source.steady_s:
            most = max(most, self._source.steady_s)
        if self._rows < ENOUGH_ROWS and self._source.unseen_s > most and not self._seen():
            most = self._source.unseen_s
        return self._first_at + most - monotonic()

    async def idle(self) -> None:
        """Begin no further insert, and wait for the one that runs."""
        self._closing = True
        self._some.set()
        self._full.set()
        await self._idle.wait()

    def _take(self) -> list[WaitingRecord]:
        taken, self._waiting = self._waiting, []
        self._rows = self._bytes = 0
        self._some.clear()
        self._full.clear()
        self._room.set()
        return taken


async def _either(awaitable: Awaitable[object], timeout_s: float) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            await awaitable
    except TimeoutError:
        return
