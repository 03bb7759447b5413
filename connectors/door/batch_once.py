"""Work on a batch with an idempotency key once, whoever sends it again, and whenever."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import structlog

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError
from connectors.door.answers import Answer, DoorRefusal
from connectors.door.idempotency import BatchLedger, BatchStanding
from connectors.fetch.source import EnvelopeReceipt

log = structlog.get_logger(__name__)
T = TypeVar("T")
UNSURE_S = 15
"""After a failure Kafka may still take what was sent; a retry waits this long."""
FORGET_EVERY_S = 60.0
NOTHING_SENT = (413, 415, 422, 429)
"""Refusals after which there is no doubt: the batch did not begin."""
REPLAYED = {"Idempotent-Replayed": "true"}

Work = Callable[[frozenset[str], bool], Awaitable[Answer]]
"""Does the work; given the parts of the batch that landed before, and whether it came before."""


@dataclass(frozen=True)
class PushedBatch:
    """A batch as it comes.

    Attributes:
        feed: id of its feed.
        name: the sender's idempotency key.
        digest: hash of its body.
        behind: a place on Kafka before which none of it can lie.
        at: present instant.
    """

    feed: str
    name: str
    digest: bytes
    behind: EnvelopeReceipt
    at: datetime


class BatchOnce:
    """Answers a batch that comes again with its first answer."""

    def __init__(
        self, ledger: BatchLedger, landed: Callable[[BatchStanding], frozenset[str]]
    ) -> None:
        """Keep claims in `ledger`; `landed` finds what reached Kafka before a crash (blocks)."""
        self._ledger, self._landed = ledger, landed
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._running: dict[tuple[str, str], tuple[bytes, asyncio.Future[Answer]]] = {}
        self._unsure: dict[tuple[str, str], float] = {}
        self._forget_at = 0.0

    def close(self) -> None:
        """Finish what is being written."""
        self._thread.shutdown(wait=True)

    async def run(self, batch: PushedBatch, work: Work) -> Answer:
        """Return the first answer to `batch`; does `work` if there is none yet.

        Raises:
            Refusal: another body came under the same key, or the first outcome is unknown yet.
        """
        key = (batch.feed, batch.name)
        if key in self._running:
            digest, outcome = self._running[key]
            _same(batch, digest)
            return _again(await asyncio.shield(outcome))
        if self._unsure.get(key, 0.0) > monotonic():
            raise _unknown(batch.name)
        outcome = asyncio.get_running_loop().create_future()
        self._running[key] = (batch.digest, outcome)
        try:
            answer = await self._claimed(batch, work)
        except BaseException as error:
            outcome.set_exception(error if isinstance(error, DoorRefusal) else _unknown(batch.name))
            outcome.exception()  # looked at: nobody may be waiting for it
            if not (isinstance(error, DoorRefusal) and error.status in NOTHING_SENT):
                self._doubt(key)
            raise
        else:
            outcome.set_result(answer)
            return answer
        finally:
            del self._running[key]

    async def _claimed(self, batch: PushedBatch, work: Work) -> Answer:
        standing = await self._write(
            lambda: self._ledger.claim(
                batch.feed, batch.name, batch.digest, behind=batch.behind, now=batch.at
            )
        )
        _same(batch, standing.digest)
        if standing.answer is not None:
            return _again(standing.answer)
        if standing.busy:
            raise _unknown(batch.name)
        again = bool(standing.attempts)
        landed = await self._find(standing) if again else frozenset()
        answer = await work(landed, again)
        await self._write(lambda: self._ledger.finish(batch.feed, batch.name, answer))
        await self._forget(batch.at)
        return answer

    async def _find(self, standing: BatchStanding) -> frozenset[str]:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(None, self._landed, standing)
        except BusError as error:
            message = f"Kafka cannot say what became of the first attempt: {error}"
            raise DoorRefusal(429, "held", message, "send it again later", retry_s=2) from error

    async def _write(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except sqlite3.Error as error:
            log.error("ledger_failed", problem=repr(error))
            message = "the gateway cannot remember batches now"
            remedy = "send it again later; the operator should look at the gateway's disk"
            raise DoorRefusal(503, "ledger_failed", message, remedy, retry_s=2) from error

    async def _forget(self, at: datetime) -> None:
        if monotonic() >= self._forget_at:
            self._forget_at = monotonic() + FORGET_EVERY_S
            await self._write(lambda: self._ledger.forget(at))

    def _doubt(self, key: tuple[str, str]) -> None:
        now = monotonic()
        self._unsure = {name: until for name, until in self._unsure.items() if until > now}
        self._unsure[key] = now + UNSURE_S


def _again(answer: Answer) -> Answer:
    return Answer(answer.status, answer.body, {**answer.headers, **REPLAYED})


def _same(batch: PushedBatch, digest: bytes) -> None:
    if digest != batch.digest:
        message = f"Idempotency-Key {batch.name!r} came with another body before"
        remedy = "send a new body under a new key"
        raise DoorRefusal(422, "key_reused", message, remedy)


def _unknown(name: str) -> DoorRefusal:
    message = f"what became of batch {name!r} is not known yet"
    return DoorRefusal(503, "outcome_unknown", message, "send it again later", retry_s=UNSURE_S)
