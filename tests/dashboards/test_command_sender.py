"""Clicks become commands: in order, keyed by target, answered when Kafka has them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from kafka.errors import KafkaTimeoutError

from citybrain.floor.errors import BusError
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Actor, Command
from dashboards.command_sender import CommandSender

AT = datetime(2026, 11, 24, tzinfo=UTC)
OFFICER = Actor(user="duty_a", role="officer")


class Promise:
    """What Kafka says of one record."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def get(self, timeout: float) -> None:
        if self.error is not None:
            raise self.error


SEAL = CommandSeal(b"k" * 32)


class Producer:
    """Takes what is sent, and confirms or fails it."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sent: list[tuple[str, Command, bytes]] = []
        self.closed = False

    def send(self, topic: str, value: bytes, key: bytes) -> Promise:
        self.sent.append((topic, msgspec.json.decode(value, type=Command), key))
        return Promise(self.error)

    def close(self, timeout: float) -> None:
        self.closed = True


def command(name: str, target: str) -> Command:
    return Command(id=name, action="acknowledge", target=target, actor=OFFICER, at=AT, expected=2)


def actions(producer: Producer) -> CommandSender:
    made: Any = producer
    return CommandSender(lambda: made, SEAL)


def test_send_when_kafka_confirms_then_all_are_there_in_order_by_target() -> None:
    producer = Producer()
    actions(producer).send([command("c1", "a1"), command("c2", "a2")])
    assert [(topic, one.id, key) for topic, one, key in producer.sent] == [
        ("city.commands", "c1", b"a1"),
        ("city.commands", "c2", b"a2"),
    ]
    sent = producer.sent[0][1]
    assert SEAL.refusal(sent) is None
    assert msgspec.structs.replace(sent, mac="") == command("c1", "a1")


def test_send_when_kafka_does_not_confirm_then_it_says_that_nobody_knows() -> None:
    with pytest.raises(BusError) as caught:
        actions(Producer(KafkaTimeoutError("30 s"))).send([command("c1", "a1")])
    assert str(caught.value) == (
        "city.commands: Kafka does not take the command: KafkaTimeoutError('30 s'); "
        "it was perhaps not done: look, and do it again"
    )


def test_close_when_something_was_sent_then_the_producer_is_let_go() -> None:
    producer = Producer()
    desk = actions(producer)
    desk.close()
    assert not producer.closed
    desk.send([command("c1", "a1")])
    desk.close()
    assert producer.closed
