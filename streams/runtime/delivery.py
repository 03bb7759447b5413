"""Send records with Faust's producer and return only when Kafka has acknowledged them all."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import structlog
from aiokafka.errors import KafkaError
from faust import App
from faust.exceptions import NotReady, ProducerSendError

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
    """Sends until Kafka has it; an outage is logged once, and so is its end."""

    def __init__(self, app: App) -> None:
        """Send with the producer of `app`."""
        self._app = app
        self._out = False

    async def send(self, messages: Sequence[BusMessage]) -> None:
        """Send `messages` in order; those that fail are sent again until Kafka acknowledged all.

        A message may arrive twice: who reads partials, windows and snapshots expects it.
        """
        pause = FIRST_PAUSE_S
        left = list(messages)
        while left:
            left, problem = await self._attempt(left)
            if problem is None:
                self._recovered()
                return
            self._failed(problem)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _attempt(
        self, messages: Sequence[BusMessage]
    ) -> tuple[list[BusMessage], BaseException | None]:
        outcomes = await asyncio.gather(
            *[await self._start(message) for message in messages], return_exceptions=True
        )
        failed = [
            (message, outcome)
            for message, outcome in zip(messages, outcomes, strict=True)
            if isinstance(outcome, BaseException)
        ]
        for _, problem in failed:
            if not isinstance(problem, (KafkaError, ProducerSendError)):
                raise problem
        return [message for message, _ in failed], failed[0][1] if failed else None

    async def _start(self, message: BusMessage) -> asyncio.Future[object]:
        try:
            started = await self._app.producer.send(
                message.topic.name, message.key, message.value, message.partition, None, None
            )
        except (KafkaError, ProducerSendError, NotReady) as error:
            refused: asyncio.Future[object] = asyncio.get_running_loop().create_future()
            refused.set_exception(ProducerSendError(repr(error)))
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
