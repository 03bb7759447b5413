"""Send records with Faust's producer and return only when Kafka has acknowledged them all."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import structlog
from aiokafka.errors import KafkaError
from faust import App
from faust.exceptions import NotReady, ProducerSendError

from citybrain.alerts.set_aside import SetAside
from citybrain.floor.clock import Clock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.permanent import refuses_record
from citybrain.floor.topics import Topic

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0


@dataclass(frozen=True)
class BusMessage:
    """One record to send to an explicit partition."""

    topic: Topic
    partition: int
    key: bytes
    value: bytes


class Delivery:
    """Sends until Kafka has it; an outage is logged once, and so is its end.

    Attributes:
        attempts: to send, so far.
    """

    def __init__(self, app: App, set_aside: SetAside, clock: Clock) -> None:
        """Send with the producer of `app`; what Kafka refuses for good is `set_aside`."""
        self._app, self._set_aside, self._clock = app, set_aside, clock
        self._out = False
        self.attempts = 0

    @property
    def is_out(self) -> bool:
        """Whether Kafka takes nothing at present."""
        return self._out

    async def send(self, messages: Sequence[BusMessage]) -> None:
        """Send `messages` in order; those that fail are sent again until Kafka acknowledged all.

        A message may arrive twice: who reads partials, windows and snapshots expects it. One that
        Kafka will never take goes to the dead letters instead; it keeps no other waiting.
        """
        pause = FIRST_PAUSE_S
        left = list(messages)
        while left:
            left, problem = await self._attempt(left)
            if problem is None:
                self._recovered()
                continue
            self._failed(problem)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def put_aside(self, failed: Iterable[FailedRecord]) -> None:
        """Put records that could not be carried out to the dead letters, and have that told."""
        await self.send([letter for one in failed for letter in self._letters(one)])

    async def _attempt(
        self, messages: Sequence[BusMessage]
    ) -> tuple[list[BusMessage], BaseException | None]:
        self.attempts += 1
        outcomes = await asyncio.gather(
            *[await self._start(message) for message in messages], return_exceptions=True
        )
        failed = [
            (message, outcome)
            for message, outcome in zip(messages, outcomes, strict=True)
            if isinstance(outcome, BaseException)
        ]
        refused = [one for one in failed if refuses_record(one[1])]
        failed = [one for one in failed if not refuses_record(one[1])]
        for _, problem in failed:
            if not isinstance(problem, (KafkaError, ProducerSendError)):
                raise problem
        letters = [letter for one in refused for letter in self._letters(_unsent(*one))]
        left = [message for message, _ in failed] + letters
        return left, failed[0][1] if failed else None

    def _letters(self, failed: FailedRecord) -> list[BusMessage]:
        written = self._set_aside.put(failed, self._clock.now())
        return [BusMessage(topic, 0, key, value) for topic, key, value in written]

    async def _start(self, message: BusMessage) -> asyncio.Future[object]:
        try:
            started = await self._app.producer.send(
                message.topic.name, message.key, message.value, message.partition, None, None
            )
        except (KafkaError, ProducerSendError, NotReady) as error:
            refused: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            kept = error if refuses_record(error) else ProducerSendError(repr(error))
            refused.set_exception(kept)
            return refused
        return asyncio.ensure_future(started)

    def _failed(self, problem: BaseException) -> None:
        if not self._out:
            self._out = True
            log.warning("kafka_refuses_results", problem=repr(problem), will="try again")

    def _recovered(self) -> None:
        if self._out:
            self._out = False
            log.info("kafka_takes_results_again")


def _unsent(message: BusMessage, problem: BaseException) -> FailedRecord:
    """Return the failure of a message that Kafka refuses for good."""
    digest = hashlib.blake2b(message.value, digest_size=8).hexdigest()
    key = message.key[:80].decode(errors="replace")
    place = f"{message.topic.name}[{message.partition}]: {key} {digest}, not written"
    return FailedRecord(message.topic, place, message.value, repr(problem))
