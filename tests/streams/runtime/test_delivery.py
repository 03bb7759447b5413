from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError, MessageSizeTooLargeError
from faust.exceptions import ProducerSendError
from structlog.testing import capture_logs

from citybrain.alerts.set_aside import SetAside
from citybrain.floor.clock import ManualClock
from citybrain.floor.dead_letters import decode_letters
from citybrain.floor.topics import PARTIALS
from streams.runtime import delivery
from streams.runtime.delivery import BusMessage, Delivery
from tests.citybrain.alerts.sample import NOON


class Producer:
    """A producer whose first sends end as they are told to, and then well."""

    def __init__(self, *outcomes: BaseException | None, at_once: bool = False) -> None:
        self._outcomes, self._at_once = list(outcomes), at_once
        self.sent: list[bytes] = []

    async def send(self, topic: str, key: bytes, value: bytes, *_: Any) -> asyncio.Future[None]:
        outcome = self._outcomes.pop(0) if self._outcomes else None
        if isinstance(outcome, ProducerSendError) or (self._at_once and outcome):
            raise outcome
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if outcome is None:
            self.sent.append(value)
            done.set_result(None)
        else:
            done.set_exception(outcome)
        return done


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "FIRST_PAUSE_S", 0.0)


def delivery_by(producer: Producer) -> Delivery:
    app: Any = SimpleNamespace(producer=producer)
    return Delivery(app, SetAside(lambda _topic: None), ManualClock(NOON))


def messages(*values: bytes) -> list[BusMessage]:
    return [BusMessage(PARTIALS, 0, b"water", value) for value in values]


async def test_send_when_kafka_takes_all_then_each_is_sent_once_and_nothing_is_logged():
    producer = Producer()

    with capture_logs() as lines:
        await delivery_by(producer).send(messages(b"a", b"b"))

    assert (producer.sent, lines) == ([b"a", b"b"], [])


async def test_send_when_kafka_is_away_then_what_failed_is_sent_again_and_logged_once():
    producer = Producer(None, KafkaTimeoutError(), ProducerSendError("away"), KafkaTimeoutError())

    with capture_logs() as lines:
        await delivery_by(producer).send(messages(b"a", b"b", b"c"))

    assert producer.sent == [b"a", b"c", b"b"]
    assert [line["event"] for line in lines] == [
        "kafka_refuses_results",
        "kafka_takes_results_again",
    ]


async def test_send_when_the_failure_is_a_bug_then_it_is_raised():
    producer = Producer(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        await delivery_by(producer).send(messages(b"a"))


@pytest.mark.parametrize("at_once", [True, False])
async def test_send_when_kafka_will_never_take_one_then_it_is_set_aside_and_the_others_go(
    at_once: bool,
):
    refusal = MessageSizeTooLargeError("8388609 bytes")
    producer = Producer(None, refusal, KafkaTimeoutError(), at_once=at_once)

    await delivery_by(producer).send(messages(b"a", b"huge", b"c"))

    assert {value for value in producer.sent if len(value) == 1} == {b"a", b"c"}
    letters = [value for value in producer.sent if value.startswith(b'{"letter_id"')]
    assert [one.raw for value in letters for one in decode_letters(value)] == [b"huge"]
    assert producer.sent.count(b"huge") == 0
