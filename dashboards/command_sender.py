"""What an operator clicks becomes commands on the bus, and is answered when Kafka has them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import msgspec
from kafka import KafkaProducer
from kafka.errors import KafkaError

from citybrain.floor.errors import BusError
from citybrain.floor.topics import COMMANDS
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Command

ANSWER_S = 10.0


class CommandSender:
    """Sends commands; one producer a process, made when the first one is sent."""

    def __init__(self, connect: Callable[[], KafkaProducer], seal: CommandSeal) -> None:
        """Use `connect` for a producer (acks=all) when one is needed; sign with `seal`."""
        self._connect, self._seal = connect, seal
        self._producer: KafkaProducer | None = None
        self._lock = threading.Lock()

    def send(self, commands: Sequence[Command]) -> None:
        """Put `commands` on city.commands, in order; blocks until Kafka has all of them.

        Sending the same commands again does no harm: who carries them out knows them by their id.

        Raises:
            BusError: Kafka does not take one of them; some may be there all the same.
        """
        try:
            with self._lock:
                if self._producer is None:
                    self._producer = self._connect()
                producer = self._producer
                promises = [
                    producer.send(COMMANDS.name, msgspec.json.encode(one), one.target.encode())
                    for one in map(self._seal.signed, commands)
                ]
            for promise in promises:
                promise.get(timeout=ANSWER_S)
        except KafkaError as error:
            problem = f"{COMMANDS.name}: Kafka does not take the command: {error!r}"
            raise BusError(f"{problem}; it was perhaps not done: look, and do it again") from error

    def close(self) -> None:
        """Let go of the producer."""
        with self._lock:
            if self._producer is not None:
                self._producer.close(timeout=2)
                self._producer = None
