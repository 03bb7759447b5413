"""Follow a topic in a thread: the newest snapshot of its owner, then each record as it comes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from kafka import TopicPartition
from kafka.errors import KafkaError

from citybrain.floor import bus
from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.snapshot_parts import Whole, last_whole
from citybrain.floor.topics import Topic

log = structlog.get_logger(__name__)

POLL_MS = 1_000
"""A record ends the wait at once; this is how often nothing is heard."""
LOOK_S = 2.0
"""How often it is made sure that the broker is there: silence alone does not tell."""
PAUSE_S = 1.0
ANSWER_MS = 2_000


@dataclass(frozen=True)
class Heard:
    """What was heard at once.

    Attributes:
        snapshot: a state from which everything begins anew; None: it goes on.
        records: records of the topic behind it, in order.
        caught_up: whether the end of the log as it was a moment ago is reached.
    """

    snapshot: bytes | None
    records: Sequence[bytes]
    caught_up: bool


Deliver = Callable[[Heard], None]


class LogTail:
    """Follows one partition; comes back after any outage, and goes on where it was."""

    def __init__(
        self, settings: Settings, topic: Topic, *, snapshots: Topic | None = None, back: int = 0
    ) -> None:
        """Follow `topic`, which has one partition.

        Args:
            settings: where Kafka is.
            topic: what is followed.
            snapshots: where its owner puts snapshots; None: there are none.
            back: without a snapshot, so many of the last records are heard first; 0: all.
        """
        self._settings, self._topic, self._snapshots, self._back = settings, topic, snapshots, back
        self._next: int | None = None
        self._out = False

    def run(self, deliver: Deliver, stop: threading.Event) -> None:
        """Tell `deliver` what is heard until `stop`; blocks, and raises nothing."""
        while not stop.is_set():
            try:
                self._follow(deliver, stop)
            except Exception as error:  # whatever it is, it must not end the following for good
                self._failed(error)
                stop.wait(PAUSE_S)

    def _follow(self, deliver: Deliver, stop: threading.Event) -> None:
        spot = TopicPartition(self._topic.name, 0)
        reader = bus.consumer(
            self._settings, fetch_max_wait_ms=POLL_MS, max_partition_fetch_bytes=bus.MAX_RECORD
        )
        try:
            reader.assign([spot])
            oldest = reader.beginning_offsets([spot])[spot]
            if self._next is None or self._next < oldest:
                self._begin(reader, spot, deliver)
            reader.seek(spot, max(self._next or 0, oldest))
            for records in self._polled(reader, spot, stop):
                self._hear(records, deliver, reader, spot)
        finally:
            reader.close()

    def _begin(self, reader: Any, spot: TopicPartition, deliver: Deliver) -> None:
        """Begin with the newest snapshot, or with the last records."""
        found = self._newest()
        if found is not None:
            self._next = found[0] + 1
            deliver(Heard(found[1], (), caught_up=False))
        elif self._next is None and self._back:
            self._next = max(0, reader.end_offsets([spot])[spot] - self._back)
        else:
            self._next = self._next or 0

    def _newest(self) -> Whole | None:
        if self._snapshots is None:
            return None
        return last_whole(partial(self._last, self._snapshots))

    def _last(self, topic: Topic, count: int) -> list[bytes]:
        end = bus.end_offset(self._settings, topic, 0)
        records = bus.read_range(self._settings, topic, 0, max(end - count, 0), end - 1)
        return [value for _, value in records]

    def _polled(
        self, reader: Any, spot: TopicPartition, stop: threading.Event
    ) -> Iterator[list[Any]]:
        """Yield what each poll brings, nothing included."""
        looked_at = 0.0
        while not stop.is_set():
            records = reader.poll(timeout_ms=POLL_MS).get(spot, [])
            if not records and monotonic() - looked_at >= LOOK_S:
                reader.end_offsets([spot], timeout_ms=ANSWER_MS)  # raises where no broker is
                looked_at = monotonic()
            yield records

    def _hear(
        self, records: list[Any], deliver: Deliver, reader: Any, spot: TopicPartition
    ) -> None:
        if records:
            self._next = records[-1].offset + 1
        end = reader.highwater(spot)
        caught_up = end is not None and (self._next or 0) >= end
        deliver(Heard(None, [record.value for record in records], caught_up))
        if self._out:
            self._out = False
            log.info("log_heard_again", topic=self._topic.name)

    def _failed(self, error: Exception) -> None:
        if self._out:
            return
        self._out = True
        known = isinstance(error, (BusError, KafkaError))
        tell = log.warning if known else log.exception
        tell("log_not_heard", topic=self._topic.name, problem=repr(error), will="try again")
