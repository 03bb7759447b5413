"""One receiver's own queue: a receiver that hangs or errs delays no other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Protocol

import structlog

from citybrain.floor.clock import Clock, monotonic
from citybrain.floor.wire_text import plain_text
from citybrain.notices.notice_message import NoticeMessage, one_line, pack
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.notices.routing import Receiver
from notifier.attempts import RateLimit, delay_s
from notifier.channel import Channel, ChannelError, HandedOver, RefusalKind
from notifier.pending_retries import PendingRetries, PendingRetry, receipt
from notifier.receiver_queue import MOST_WAITING, ReceiverQueue

log = structlog.get_logger(__name__)

PAUSE_S = 1.0
FALLBACK_AFTER_S = 30.0
"""For no longer than this a message is tried whose receiver has a fallback."""
LIMITED_FOR_S = 3600.0
"""For no longer than this a message waits for a service that takes no more, without a fallback."""
MOST_DETAIL = 300
LIMITED_AFTER_S = 1.0
"""A wait for the rate that is longer than this is told in a receipt."""


class SenderPost(Protocol):
    """Where a worker puts what became of its notices."""

    def record(self, receipts: Iterable[DeliveryReceipt]) -> None:
        """Take receipts of attempts."""
        ...

    def give_up(
        self, notices: Iterable[Notice], receipts: Iterable[DeliveryReceipt], detail: str
    ) -> None:
        """Take notices that were given up because of `detail`; others are told in their place."""
        ...


class ReceiverWorker:
    """Sends what waits for one receiver, one message at a time; one that fails waits aside."""

    def __init__(
        self,
        receiver: Callable[[], Receiver],
        channel: Callable[[], Channel],
        queue: ReceiverQueue,
        post: SenderPost,
        clock: Clock,
        desk_url: Callable[[], str] = lambda: "",
    ) -> None:
        """Send to `receiver`, as it stands when a message is made, over `channel`."""
        self._receiver, self._channel, self._desk_url = receiver, channel, desk_url
        self._queue, self._post, self._clock = queue, post, clock
        self._bucket = RateLimit.full(receiver().per_minute, monotonic())
        self._more = asyncio.Event()
        self._retries = PendingRetries()
        self._asked_until = 0.0
        self._limited: set[str] = set()
        self._down = False

    def put(self, notice: Notice) -> None:
        """Add a notice; never blocks. Where too many wait, the fallback hears of the least."""
        least = self._queue.put(notice, bounded=bool(self._receiver().fallback))
        self._more.set()
        if least is not None:
            detail, now = f"more than {MOST_WAITING} notices wait", self._clock.now()
            given_up = receipt(least, 0, "given_up", detail, now, now)
            self._post.give_up([least], [given_up], detail)

    async def run(self) -> None:
        """Send, until cancelled."""
        while True:
            try:
                await self._try(await self._next())
            except Exception as error:
                # A fault of ours: what was in hand is sent by the next sender, the rest goes on.
                log.error("worker_failed", receiver=self._receiver().id, problem=repr(error))
                await asyncio.sleep(PAUSE_S)

    async def _next(self) -> PendingRetry:
        """Wait for what may go, and for the rate; what is tried again goes first, at any rate."""
        together = False
        while True:
            now = monotonic()
            ready, again = self._queue.ready_in_s(now), self._retries.due_in_s(now)
            if again == 0:
                return self._retries.take()
            if ready is None or ready > 0:
                await self._sleep(_sooner(ready, again))
                continue
            if (wait := self._wait_s(now)) > 0:
                together = True
                self._tell_limited(wait)
                await asyncio.sleep(_sooner(wait, again) or 0)
                continue
            self._bucket.take(now)
            fresh = self._fresh(now, together=together or len(self._limited) > 0)
            if fresh is not None:
                return fresh

    def _fresh(self, now: float, *, together: bool) -> PendingRetry | None:
        receiver = self._receiver()
        taken = self._queue.take(now, together=together)
        self._limited.difference_update(notice.key for notice in taken)
        attempts = 1 if self._down and receiver.fallback else receiver.attempts
        try:
            message = self._packed(receiver, taken)
        except Exception:  # of one of them: the others go without it
            taken = [notice for notice in taken if self._is_sayable(notice, receiver)]
            if not taken:
                return None
            message = self._packed(receiver, taken)
        return PendingRetry(message, attempts, now)

    def _packed(self, receiver: Receiver, notices: Iterable[Notice]) -> NoticeMessage:
        return pack(receiver.id, tuple(notices), receiver.language, self._desk_url())

    def _is_sayable(self, notice: Notice, receiver: Receiver) -> bool:
        """Return whether a notice can be put into words; one that cannot is given up."""
        try:
            self._packed(receiver, (notice,))
        except Exception as error:
            detail, now = f"it cannot be put into words: {error!r}", self._clock.now()
            self._post.give_up([notice], [receipt(notice, 0, "given_up", detail, now, now)], detail)
            return False
        return True

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
            self._bucket = RateLimit.full(rate, now)
        return max(self._bucket.wait_s(now), self._asked_until - now)

    def _tell_limited(self, wait: float) -> None:
        fresh = [n for n in self._queue.all() if n.key not in self._limited]
        self._limited.update(notice.key for notice in fresh)
        if wait > LIMITED_AFTER_S and fresh:
            asked = self._asked_until > monotonic()
            rate = f"{self._receiver().per_minute} a minute are used up"
            why, now = "it asked for time" if asked else rate, self._clock.now()
            self._post.record([receipt(notice, 0, "limited", why, now, now) for notice in fresh])

    async def _try(self, trial: PendingRetry) -> None:
        """Try once; what does not get through is tried again later or given up. Never raises."""
        receiver, started = self._receiver(), self._clock.now()
        answer = await self._attempt(trial.message, receiver)
        if isinstance(answer, ChannelError):
            self._refused(trial, receiver, answer, started)
            return
        self._back(receiver)
        outcome = "handed_over" if isinstance(answer, HandedOver) else "delivered"
        self._post.record(self._receipts(trial, outcome, answer, started))

    def _refused(
        self, trial: PendingRetry, receiver: Receiver, error: ChannelError, started: datetime
    ) -> None:
        """Try again what can pass, in halves what is too long; give the rest up."""
        self._fail(receiver, error)
        chance = random.random()  # noqa: S311  no secret
        pause = max(delay_s(receiver.retry.total_seconds(), trial.attempt, chance), error.after_s)
        now = monotonic()
        again = (
            [(one, now) for one in trial.shorter()] if error.kind is RefusalKind.TOO_LONG else []
        )
        if error.kind.passing:
            # Where there is a fallback the next is tried before long, and then the fallback hears.
            most = FALLBACK_AFTER_S if receiver.fallback else error.after_s
            self._asked_until, due = now + min(error.after_s, most), now + pause
            again = [(one, due) for one in _next_trials(trial, receiver, error, due)]
        if not again:
            receipts = self._receipts(trial, "given_up", error.detail, started)
            self._post.give_up(trial.message.notices, receipts, error.detail)
            return
        self._post.record(self._receipts(trial, "failed", error.detail, started))
        for one, due in again:
            self._retries.put(one, due)

    async def _attempt(self, message: NoticeMessage, receiver: Receiver) -> str | ChannelError:
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

    def _receipts(
        self, trial: PendingRetry, outcome: str, detail: str, started: datetime
    ) -> list[DeliveryReceipt]:
        said = one_line(plain_text(detail))[:MOST_DETAIL]
        return trial.receipts(outcome, said, started, self._clock.now())

    def _fail(self, receiver: Receiver, error: ChannelError) -> None:
        if not self._down:
            log.warning("receiver_fails", receiver=receiver.id, problem=error.detail)
        self._down = True

    def _back(self, receiver: Receiver) -> None:
        if self._down:
            log.info("receiver_is_back", receiver=receiver.id)
            self._retries.hurry()
        self._down = False


def _next_trials(
    trial: PendingRetry, receiver: Receiver, error: ChannelError, due: float
) -> list[PendingRetry]:
    """Return what is tried at `due` of what failed with a passing `error`; none: given up."""
    longest = FALLBACK_AFTER_S if receiver.fallback else LIMITED_FOR_S
    if error.kind is RefusalKind.LIMITED and not receiver.fallback:
        return [trial.unspent] if due - trial.began <= longest else []
    impatient = bool(receiver.fallback) and due - trial.began > longest
    return [] if trial.attempt >= trial.attempts or impatient else [trial.again]


def _sooner(one: float | None, other: float | None) -> float | None:
    return min((wait for wait in (one, other) if wait is not None), default=None)
