from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from faust.exceptions import ProducerSendError
from structlog.testing import capture_logs

from citybrain.floor.topics import PARTIALS
from streams.runtime import delivery
from streams.runtime.delivery import BusMessage, Delivery


class Producer:
    """A producer whose first sends end as they are told to, and then well."""

    def __init__(self, *outcomes: BaseException | None) -> None:
        self._outcomes = list(outcomes)
        self.sent: list[bytes] = []

    async def send(self, topic: str, key: bytes, value: bytes, *_: Any) -> asyncio.Future[None]:
        outcome = self._outcomes.pop(0) if self._outcomes else None
        if isinstance(outcome, ProducerSendError):
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


def messages(*values: bytes) -> list[BusMessage]:
    return [BusMessage(PARTIALS, 0, b"water", value) for value in values]


async def test_send_when_kafka_takes_all_then_each_is_sent_once_and_nothing_is_logged():
    producer = Producer()

    with capture_logs() as lines:
        await Delivery(SimpleNamespace(producer=producer)).send(messages(b"a", b"b"))  # type: ignore[arg-type]

    assert (producer.sent, lines) == ([b"a", b"b"], [])


async def test_send_when_kafka_is_away_then_what_failed_is_sent_again_and_logged_once():
    producer = Producer(None, KafkaTimeoutError(), ProducerSendError("away"), KafkaTimeoutError())

    with capture_logs() as lines:
        await Delivery(SimpleNamespace(producer=producer)).send(messages(b"a", b"b", b"c"))  # type: ignore[arg-type]

    assert producer.sent == [b"a", b"c", b"b"]
    assert [line["event"] for line in lines] == [
        "kafka_refuses_results",
        "kafka_takes_results_again",
    ]


async def test_send_when_the_failure_is_a_bug_then_it_is_raised():
    producer = Producer(ZeroDivisionError())

    with pytest.raises(ZeroDivisionError):
        await Delivery(SimpleNamespace(producer=producer)).send(messages(b"a"))  # type: ignore[arg-type]
