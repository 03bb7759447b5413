"""One receiver's own queue: a receiver that hangs or errs delays no other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

import structlog

from citybrain.alerts.records import Notice, Receipt
from citybrain.clock import Clock, monotonic
from citybrain.notify.backoff import Bucket, delay_s
from citybrain.notify.channels.channel import Channel, ChannelError
from citybrain.notify.message import Message, pack
from citybrain.notify.routing import Receiver
from citybrain.notify.waiting import Waiting

log = structlog.get_logger(__name__)

PAUSE_S = 1.0
LIMITED_AFTER_S = 1.0
"""A wait for the rate that is longer than this is told in a receipt."""


class Post(Protocol):
    """Where a worker puts what became of its notices."""

    def record(self, receipts: Iterable[Receipt]) -> None:
        """Take receipts of attempts."""
        ...

    def give_up(self, notices: Iterable[Notice], receipts: Iterable[Receipt]) -> None:
        """Take notices that were given up; their fallback is told first, then the receipts."""
        ...


class Worker:
    """Sends what waits for one receiver, one message at a time."""

    def __init__(
        self,
        receiver: Callable[[], Receiver],
        channel: Callable[[], Channel],
        waiting: Waiting,
        post: Post,
        clock: Clock,
    ) -> None:
        """Send to `receiver`, as it stands when a message is made, over `channel`."""
        self._receiver, self._channel = receiver, channel
        self._waiting, self._post, self._clock = waiting, post, clock
        self._bucket = Bucket.full(receiver().per_minute, monotonic())
        self._more = asyncio.Event()
        self._limited: set[str] = set()
        self._down = False

    def put(self, notice: Notice) -> None:
        """Add a notice; never blocks."""
        self._waiting.put(notice)
        self._more.set()

    @property
    def depth(self) -> int:
        """How many notices wait."""
        return len(self._waiting)

    async def run(self) -> None:
        """Send, until cancelled."""
        while True:
            try:
                await self._deliver(await self._next())
            except Exception as error:
                # A fault of ours: what was in hand is sent by the next sender, the rest goes on.
                log.error("worker_failed", receiver=self._receiver().id, problem=repr(error))
                await asyncio.sleep(PAUSE_S)

    async def _next(self) -> Message:
        """Wait for what may go, and for the rate."""
        together = False
        while True:
            now = monotonic()
            ready = self._waiting.ready_in_s(now)
            if ready is None or ready > 0:
                await self._sleep(ready)
                continue
            if wait := self._wait_s(now):
                together = True
                self._tell_limited(wait)
                await asyncio.sleep(wait)
                continue
            self._bucket.take(now)
            receiver = self._receiver()
            taken = self._waiting.take(now, together=together or len(self._limited) > 0)
            self._limited.difference_update(notice.key for notice in taken)
            return pack(receiver.id, taken, receiver.language)

    async def _sleep(self, seconds: float | None) -> None:
        self._more.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._more.wait()
        except TimeoutError:
            return

    def _wait_s(self, now: float) -> float:
        rate = self._receiver().per_minute
        if rate != self._bucket.per_minute:
            self._bucket = Bucket.full(rate, now)
        return self._bucket.wait_s(now)

    def _tell_limited(self, wait: float) -> None:
        fresh = [n for n in self._waiting.all() if n.key not in self._limited]
        self._limited.update(notice.key for notice in fresh)
        if wait > LIMITED_AFTER_S and fresh:
            rate = f"{self._receiver().per_minute} a minute are used up"
            now = self._clock.now()
            self._post.record(self._receipts(fresh, (0, "limited", rate), now, now))

    async def _deliver(self, message: Message) -> None:
        """Try until it is through or given up; never raises."""
        receiver = self._receiver()
        attempts = 1 if self._down and receiver.fallback else receiver.attempts
        for attempt in range(1, attempts + 1):
            started = self._clock.now()
            error = await self._attempt(message, receiver)
            if isinstance(error, str):
                self._back(receiver)
                self._record(message, (attempt, "delivered", error), started)
                return
            if not error.again or attempt == attempts:
                self._give_up(message, attempt, error, started)
                return
            self._record(message, (attempt, "failed", error.detail), started)
            self._fail(receiver, error)
            chance = random.random()  # noqa: S311  no secret
            pause = delay_s(receiver.retry.total_seconds(), attempt, chance)
            await asyncio.sleep(max(pause, error.after_s))

    async def _attempt(self, message: Message, receiver: Receiver) -> str | ChannelError:
        """Return what the channel said, or why it did not get through."""
        limit = receiver.timeout.total_seconds()
        try:
            async with asyncio.timeout(limit):
                return await self._channel().send(message, receiver)
        except ChannelError as error:
            return error
        except TimeoutError:
            return ChannelError(f"no answer within {limit:g} s")
        except Exception as error:
            # Its text may hold an address; its kind does not.
            return ChannelError(f"the channel raised {type(error).__name__}")

    def _record(self, message: Message, what: tuple[int, str, str], started: datetime) -> None:
        now = self._clock.now()
        self._post.record(self._receipts(message.notices, what, started, now))

    def _give_up(
        self, message: Message, attempt: int, error: ChannelError, started: datetime
    ) -> None:
        self._fail(self._receiver(), error)
        what = (attempt, "given_up", error.detail)
        receipts = self._receipts(message.notices, what, started, self._clock.now())
        self._post.give_up(message.notices, receipts)

    def _receipts(
        self, notices: Iterable[Notice], what: tuple[int, str, str], started: datetime, at: datetime
    ) -> list[Receipt]:
        attempt, outcome, detail = what
        return [
            Receipt(
                key=notice.key,
                receiver=notice.receiver,
                attempt=attempt,
                outcome=outcome,
                at=at,
                started_at=started,
                detail=detail,
            )
            for notice in notices
        ]

    def _fail(self, receiver: Receiver, error: ChannelError) -> None:
        if not self._down:
            log.warning("receiver_fails", receiver=receiver.id, problem=error.detail)
        self._down = True

    def _back(self, receiver: Receiver) -> None:
        if self._down:
            log.info("receiver_is_back", receiver=receiver.id)
        self._down = False
