"""How far the sink has committed, for its heartbeat: asked of the broker, apart from Faust.

A thread asks; whether that is enough is for who looks from outside.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.heartbeat import PartProgress
from citybrain.floor.settings import Settings
from citybrain.floor.topics import Topic

LOOK_S = 5.0
STORE = "the store"

Place = tuple[str, int]


class CommitProgress:
    """Asks every few seconds what the sink's group has committed of what this process owns."""

    def __init__(
        self,
        settings: Settings,
        topics: list[Topic],
        group: str,
        stop: threading.Event,
        waits: Callable[[], int | None] = lambda: None,
    ) -> None:
        """Ask of consumer group `group` on `topics` until `stop` is set.

        `waits` returns how often the store was tried while it is waited for; None: it is not.
        """
        self._settings, self._topics, self._group = settings, topics, group
        self._stop, self._waits = stop, waits
        self._assigned: frozenset[Place] = frozenset()
        self._committed: dict[Place, int] = {}

    def assigned(self, places: frozenset[Place]) -> None:
        """Take note of what this process owns."""
        self._assigned = places

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive."""
        threading.Thread(target=self.run, name="commit-progress", daemon=True).start()

    def run(self) -> None:
        """Ask until told to stop; while the broker is away what is known stays."""
        while not self._stop.wait(LOOK_S):
            self.look()

    def look(self) -> None:
        """Ask once; blocks."""
        try:
            reader = bus.consumer(self._settings, group_id=self._group)
        except BusError:
            return
        try:
            spots = [
                spot
                for spot in self._spots(reader)
                if (spot.topic, spot.partition) in self._assigned
            ]
            self._committed = {
                (spot.topic, spot.partition): reader.committed(spot) or 0 for spot in spots
            }
        except (KafkaError, OSError):
            return
        finally:
            reader.close()

    def parts(self) -> Mapping[str, PartProgress]:
        """Return how far each owned partition is."""
        tried = self._waits()
        waits = STORE if tried is not None else ""
        return {
            f"{topic}[{partition}]": PartProgress(
                done,
                topic=topic,
                partition=partition,
                waits_for=waits,
                tried=tried or 0,
                of_store=True,
            )
            for (topic, partition), done in self._committed.items()
            if (topic, partition) in self._assigned
        }

    def _spots(self, reader: KafkaConsumer) -> list[TopicPartition]:
        return [
            TopicPartition(topic.name, partition)
            for topic in self._topics
            for partition in sorted(reader.partitions_for_topic(topic.name) or ())
        ]
