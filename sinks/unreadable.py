"""A record that cannot be decoded or stored becomes a dead letter; the sink goes on."""

from __future__ import annotations

from collections.abc import Iterable

from faust.types import AppT, EventT

from citybrain.alerts.set_aside import SetAside, ToWrite
from citybrain.floor.clock import Clock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.topics import DEAD_LETTERS, EPISODES, HEARTBEATS, Topic
from sinks import metrics
from sinks.record_batch import TopicRecord


class DeadLetterBox:
    """Sends letters to the bus, and has the operators told."""

    def __init__(self, app: AppT, clock: Clock) -> None:
        """Send by the producer of `app`."""
        self._topics = {
            topic.name: app.topic(
                topic.name,
                key_type=bytes,
                value_type=bytes,
                key_serializer="raw",
                value_serializer="raw",
            )
            for topic in (DEAD_LETTERS, EPISODES, HEARTBEATS)
        }
        self._clock = clock
        self._set_aside = SetAside(lambda topic: metrics.UNREADABLE.labels(topic).inc())

    async def put(self, topic: Topic, event: EventT[bytes], record: TopicRecord) -> None:
        """Send the letter of a `record` of `topic`; returns when Kafka has it."""
        message = event.message
        place = f"{topic.name}[{record.partition}]@{record.offset}"
        await self.put_failed(
            FailedRecord(topic, place, message.value or b"", record.problem, message.key or b"")
        )

    async def put_failed(self, failed: FailedRecord) -> None:
        """Send the letter of a record that cannot be stored; returns when Kafka has it."""
        await self.write(self._set_aside.put(failed, self._clock.now()))

    async def write(self, records: Iterable[ToWrite]) -> None:
        """Send letters and episodes; returns when Kafka has them."""
        for one in records:
            await (await self._topics[one.topic.name].send(key=one.key, value=one.value))
