"""Kafka's topics in memory, for workers that are killed at whatever moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec

from citybrain.alerts.set_aside import SetAside
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.topics import Topic
from streams.runtime.delivery import BusMessage
from tests.citybrain.alerts.sample import NOON


class Killed(BaseException):
    """The process is no more."""


class MemoryLogs:
    """Kafka's topics in memory; `left` more records are taken before the process is killed."""

    def __init__(self) -> None:
        self.logs: defaultdict[str, list[bytes]] = defaultdict(list)
        self.left = -1
        self.aside = SetAside(lambda _topic: None)

    async def send(self, messages: Sequence[BusMessage]) -> None:
        for message in messages:
            if self.left == 0:
                raise Killed
            self.left -= 1
            self.logs[message.topic.name].append(message.value)

    async def put_aside(self, failed: Sequence[FailedRecord]) -> None:
        written = [one for each in failed for one in self.aside.put(each, NOON)]
        await self.send([BusMessage(one.topic, 0, one.key, one.value) for one in written])

    def read(self, topic: Topic, _partition: int, first: int, last: int) -> list[tuple[int, bytes]]:
        return list(enumerate(self.logs[topic.name]))[first : last + 1]

    def end(self, topic: Topic, _partition: int) -> int:
        return len(self.logs[topic.name])

    def records(self, topic: Topic, kind: Any) -> list[Any]:
        return [msgspec.json.decode(value, type=kind) for value in self.logs[topic.name]]
