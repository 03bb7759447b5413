"""Notice a sink that stands still: records wait, store and broker answer, nothing is committed.

A process that does nothing looks healthy from outside, so it has to find out itself; it ends, and
the supervisor starts it anew. Looked at from a thread, so that a loop that is stuck is seen too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import structlog
from kafka import KafkaConsumer, TopicPartition

from citybrain.floor import bus, store
from citybrain.floor.clock import monotonic
from citybrain.floor.settings import Settings
from citybrain.floor.stall import Stall
from citybrain.floor.topics import Topic
from sinks.outage import TROUBLE

log = structlog.get_logger(__name__)

LIMIT_S = 60.0
FAILED = 70  # EX_SOFTWARE of sysexits.h
_EVERY_S = 10.0

Place = tuple[str, int]


class Watchdog:
    """Looks every ten seconds, and ends the process when it stands still."""

    def __init__(
        self,
        settings: Settings,
        topics: list[Topic],
        group: str,
        stop: threading.Event,
        excused: Callable[[], bool] = lambda: False,
    ) -> None:
        """Watch consumer group `group` on `topics` until `stop` is set, except while `excused`."""
        self._settings = settings
        self._topics = topics
        self._group = group
        self._stop = stop
        self._excused = excused
        self._stall: Stall[Place] = Stall(LIMIT_S)
        self._assigned: frozenset[Place] = frozenset()

    def assigned(self, places: frozenset[Place]) -> None:
        """Take note of what this process owns; nothing: it answers for all places."""
        self._assigned = places

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive."""
        threading.Thread(target=self.run, args=(_end,), name="watchdog", daemon=True).start()

    def run(self, end: Callable[[int], None]) -> None:
        """Look until told to stop, or call `end` with an exit code."""
        while not self._stop.wait(_EVERY_S):
            try:
                committed, ends = self._offsets()
                with store.connect(self._settings) as client:
                    client.command("SELECT 1")
            except TROUBLE:
                self._stall.forget()
                continue
            if self._excused():
                self._stall.forget()
                continue
            stuck = self._stall.look(monotonic(), committed, ends)
            if stuck:
                log.error(
                    "sink_stalled", places=sorted(stuck), for_s=LIMIT_S, will="exit, to start anew"
                )
                end(FAILED)

    def _offsets(self) -> tuple[dict[Place, int], dict[Place, int]]:
        reader = bus.consumer(self._settings, group_id=self._group)
        try:
            spots = [spot for spot in self._spots(reader) if self._is_mine(spot)]
            ends = reader.end_offsets(spots)
            committed = {spot: reader.committed(spot) or 0 for spot in spots}
        finally:
            reader.close()
        return (
            {(spot.topic, spot.partition): offset for spot, offset in committed.items()},
            {(spot.topic, spot.partition): offset for spot, offset in ends.items()},
        )

    def _spots(self, reader: KafkaConsumer) -> list[TopicPartition]:
        return [
            TopicPartition(topic.name, partition)
            for topic in self._topics
            for partition in sorted(reader.partitions_for_topic(topic.name) or ())
        ]

    def _is_mine(self, spot: TopicPartition) -> bool:
        return not self._assigned or (spot.topic, spot.partition) in self._assigned


def _end(code: int) -> None:
    os._exit(code)
