"""Put small posts of one feed together, so that they share a parse, a mapping and an envelope.

The first post after a pause goes at once. Those that come within `LINGER_S` behind it wait for
each other; at `FLUSH_ROWS` rows they wait no longer. So a lone event is quick, and a thousand
posts a second cost forty envelopes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Protocol

from citybrain.floor.clock import Clock, monotonic
from citybrain.floor.dead_letters import DeadLetter
from citybrain.floor.events import Envelope
from connectors.door.intake import Intake, SmallPost
from connectors.door.rows_outcome import RowsOutcome
from connectors.envelope_cutter import arrival, cut
from connectors.publisher import Shipment
from connectors.resends.known_rows import KnownRows

LINGER_S = 0.025
FLUSH_ROWS = 1_000
FLUSH_BYTES = 1024 * 1024
"""Keeps a gathering well inside one envelope, however long its rows are."""
INLINE_ROWS = 64
"""So few rows are mapped in the event loop; a thread would cost more than it saves."""


class Sender(Protocol):
    """The way to Kafka; `connectors.publisher.Publisher` is one."""

    def send(self, envelope: Envelope, letters: list[DeadLetter]) -> Shipment:
        """Send without waiting for the acknowledgement."""
        ...

    def send_letters(self, letters: list[DeadLetter]) -> Shipment:
        """Send letters alone, without waiting for the acknowledgement."""
        ...

    def is_light(self, feed: str) -> bool:
        """Say whether sending for `feed` waits for nothing but memory."""
        ...


@dataclass
class _Waiting:
    post: SmallPost
    taken: asyncio.Future[RowsOutcome] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )


class Buffer:
    """Gathers the small posts of one feed; only to be used in the event loop's thread."""

    def __init__(
        self,
        intake: Intake,
        sender: Sender,
        pool: Executor,
        clock: Clock,
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        """Send through `sender`; map larger gatherings in `pool`."""
        self._intake, self._sender, self._pool = intake, sender, pool
        self._clock, self._elapsed = clock, elapsed
        self._waiting: list[_Waiting] = []
        self._rows = self._bytes = 0
        self._flushed_at = -LINGER_S
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, post: SmallPost) -> RowsOutcome:
        """Take `post` in; return what became of it when Kafka acknowledged it and its letters.

        Raises:
            BusError: Kafka did not acknowledge it.
        """
        waiting = _Waiting(post)
        self._waiting.append(waiting)
        self._rows += len(post.records)
        self._bytes += sum(map(len, post.records))
        self._schedule()
        return await waiting.taken

    def _schedule(self) -> None:
        wait = self._flushed_at + LINGER_S - self._elapsed()
        full = self._rows >= FLUSH_ROWS or self._bytes >= FLUSH_BYTES
        if full or wait <= 0:
            self._flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(wait, self._flush)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._waiting = self._waiting, []
        self._rows = self._bytes = 0
        self._flushed_at = self._elapsed()
        if gathered:
            task = asyncio.get_running_loop().create_task(self._deliver(gathered))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _deliver(self, gathered: list[_Waiting]) -> None:
        posts = [waiting.post for waiting in gathered]
        try:
            few = sum(len(post.records) for post in posts) <= INLINE_ROWS
            if few and self._sender.is_light(self._intake.feed.id):
                shipments, told = self._ship(posts)
            else:
                loop = asyncio.get_running_loop()
                shipments, told = await loop.run_in_executor(self._pool, self._ship, posts)
            await arrival(shipments)
        except BaseException as error:  # a panic of native code is one: the posts get an answer
            for waiting in gathered:
                if not waiting.taken.done():
                    waiting.taken.set_exception(error)
            if isinstance(error, asyncio.CancelledError):
                raise
            return
        for waiting, taken in zip(gathered, told, strict=True):
            if not waiting.taken.done():
                waiting.taken.set_result(taken)

    def _ship(self, posts: list[SmallPost]) -> tuple[list[Shipment], list[RowsOutcome]]:
        feed = self._intake.feed
        table, which, told = self._intake.take_together(posts, self._clock.now())
        letters = [letter for one in told for letter in one.letters]
        batch = ",".join(post.part for post in posts if post.part)
        shipments = []
        for index, piece in enumerate(cut(table)):
            rejected, some = (len(letters), letters) if index == 0 else (0, [])
            envelope = Envelope(feed.id, feed.department, piece, rejected, batch)
            shipments.append(self._sender.send(envelope, some))
        found = KnownRows.joined([shipment.found for shipment in shipments])
        first = 0
        for one in told:
            last = first + one.events
            one.leave_out(found.part(first, last), which[first:last])
            first = last
        return shipments, told
