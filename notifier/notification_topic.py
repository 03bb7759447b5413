"""The sender's two threads at Kafka: one reads city.notifications, one writes to it."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
import structlog
from kafka import KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from citybrain.alerts.set_aside import SetAside, ToWrite
from citybrain.floor import bus
from citybrain.floor.alarm_path import SignOfLife
from citybrain.floor.clock import Clock, millis
from citybrain.floor.dead_letters import FailedRecord, failed_record, problem_of
from citybrain.floor.errors import BusError, RecordRefused
from citybrain.floor.heartbeat import PartProgress
from citybrain.floor.permanent import refuses_record
from citybrain.floor.settings import Settings
from citybrain.floor.topics import HEARTBEATS, NOTIFICATIONS
from citybrain.notices.records import DeliveryReceipt, Notice

log = structlog.get_logger(__name__)

Records = list[Notice | DeliveryReceipt]
Written = Notice | DeliveryReceipt | SignOfLife
FETCH_WAIT_MS = 1_000
POLL_MS = 1_000
AGAIN_S = 1.0
_SPOT = TopicPartition(NOTIFICATIONS.name, 0)
_decoder = msgspec.json.Decoder(Notice | DeliveryReceipt)
_encoder = msgspec.json.Encoder()


def decode(
    values: Iterable[tuple[int, bytes | None]], failed: Callable[[FailedRecord], object]
) -> Iterator[Notice | DeliveryReceipt]:
    """Yield the records in (offset, value) `values`; `failed` gets what is none."""
    for offset, value in values:
        try:
            yield _decoder.decode(value or b"")
        except Exception as error:
            failed(failed_record(NOTIFICATIONS, 0, offset, value or b"", error))


class NotificationReader(threading.Thread):
    """Reads the topic: first what is there, then what comes."""

    def __init__(
        self,
        settings: Settings,
        since: datetime,
        replayed: Callable[[Records, bool], None],
        came: Callable[[Records], None],
        failed: Callable[[FailedRecord], object],
        stop: threading.Event,
    ) -> None:
        """Read from the first record at or after `since`.

        Args:
            settings: where Kafka is.
            since: how far to look back.
            replayed: gets what was there at the start, in parts; true with the last.
            came: gets what came after.
            failed: gets what cannot be read.
            stop: ends the thread.
        """
        super().__init__(name="notifications-reader", daemon=True)
        self._settings, self._since, self._stop_told = settings, since, stop
        self._replayed, self._came, self._failed = replayed, came, failed
        self._next: int | None = None
        self._end = 0
        self._quiet = False

    def run(self) -> None:
        """Read until told to stop; a broker that is away is waited for."""
        while not self._stop_told.is_set():
            try:
                self._read()
            except (KafkaError, BusError, OSError) as error:
                self._log_once(error)
                self._stop_told.wait(AGAIN_S)

    def parts(self) -> dict[str, PartProgress]:
        """Return how far it has read, for the heartbeat."""
        if self._next is None:
            return {}
        return {NOTIFICATIONS.name: PartProgress(self._next, topic=NOTIFICATIONS.name)}

    def _read(self) -> None:
        consumer = bus.consumer(
            self._settings,
            fetch_max_wait_ms=FETCH_WAIT_MS,
            fetch_min_bytes=1,
            max_partition_fetch_bytes=bus.MAX_RECORD,
            max_poll_records=2_000,
        )
        try:
            consumer.assign([_SPOT])
            first = self._next is None
            consumer.seek(_SPOT, self._start(consumer))
            if first and self._next is not None and self._next >= self._end:
                self._replayed([], True)
            while not self._stop_told.is_set():
                self._hand_on(consumer)
        finally:
            consumer.close()

    def _start(self, consumer: Any) -> int:
        """Return the offset to read from; at the first time also where the past ends."""
        if self._next is None:
            self._end = consumer.end_offsets([_SPOT])[_SPOT]
            found = consumer.offsets_for_times({_SPOT: millis(self._since)})[_SPOT]
            self._next = found.offset if found else self._end
        return self._next

    def _hand_on(self, consumer: Any) -> None:
        polled = consumer.poll(timeout_ms=POLL_MS).get(_SPOT, [])
        if not polled:
            return
        if self._quiet:
            self._quiet = False
            log.info("notifications_read_again")
        past = [(one.offset, one.value) for one in polled if one.offset < self._end]
        fresh = [(one.offset, one.value) for one in polled if one.offset >= self._end]
        was = self._next or 0
        self._next = polled[-1].offset + 1
        if was < self._end:
            self._replayed(list(decode(past, self._failed)), self._next >= self._end)
        if fresh:
            self._came(list(decode(fresh, self._failed)))

    def _log_once(self, error: Exception) -> None:
        if not self._quiet:
            log.warning("notifications_not_read", problem=str(error))
        self._quiet = True


class NotificationWriter(threading.Thread):
    """Writes to the topic, in order; what the broker did not confirm is written again.

    What it will never take goes to the dead letters, and so does what `set_aside` is told of.
    """

    def __init__(self, settings: Settings, clock: Clock, count: Callable[[str], object]) -> None:
        """Write to the topic at `settings`; `count` gets the topic of each dead letter."""
        super().__init__(name="notifications-writer", daemon=True)
        self._settings, self._clock = settings, clock
        self._queue: queue.SimpleQueue[Written | FailedRecord | None]
        self._queue = queue.SimpleQueue()
        self._left: list[ToWrite] = []
        self._set_aside = SetAside(count)
        self._producer: KafkaProducer | None = None

    def set_aside(self, failed: FailedRecord) -> None:
        """Have a record that cannot be carried out told; never blocks."""
        self._queue.put(failed)

    def put(self, records: Iterable[Written]) -> None:
        """Have `records` written; never blocks."""
        for record in records:
            self._queue.put(record)

    def close(self, patience_s: float) -> None:
        """Write what is left, for at most `patience_s` seconds."""
        self._queue.put(None)
        self.join(patience_s)

    def run(self) -> None:
        """Write until closed."""
        ended = quiet = False
        while not ended or self._left:
            if not self._left:
                ended = self._collect()
            try:
                self._write()
                quiet = False
            except (KafkaError, BusError) as error:
                if not quiet:
                    log.warning("receipts_not_written", problem=str(error))
                quiet = True
                self._drop()
                threading.Event().wait(AGAIN_S)

    def _collect(self) -> bool:
        """Wait for records and take all that are there; return whether it was told to end."""
        record = self._queue.get()
        while record is not None:
            self._left += self._written(record)
            if self._queue.empty():
                return False
            record = self._queue.get()
        return True

    def _written(self, record: Written | FailedRecord) -> list[ToWrite]:
        if isinstance(record, FailedRecord):
            return self._set_aside.put(record, self._clock.now())
        if isinstance(record, SignOfLife):
            return [ToWrite(HEARTBEATS, record.process.encode(), _encoder.encode(record))]
        try:
            value = _encoder.encode(record)
        except Exception as error:
            return self._refused(record.key, repr(record).encode(errors="replace"), error)
        if len(value) > bus.MOST_VALUE:
            problem = RecordRefused(f"{len(value)} bytes; at most {bus.MOST_VALUE} fit")
            return self._refused(record.key, value, problem)
        return [ToWrite(NOTIFICATIONS, record.key.encode(errors="replace"), value)]

    def _refused(self, key: str, value: bytes, error: Exception) -> list[ToWrite]:
        place = f"{NOTIFICATIONS.name}[0]: {key[:80]}, not written"
        failed = FailedRecord(NOTIFICATIONS, place, value, problem_of(error))
        return self._set_aside.put(failed, self._clock.now())

    def _write(self) -> None:
        if not self._left:
            return
        producer = self._reach()
        sent = [(one, producer.send(one.topic.name, one.value, one.key)) for one in self._left]
        left: list[ToWrite] = []
        for one, future in sent:
            try:
                future.get(timeout=30)
            except KafkaError as error:
                if not refuses_record(error):
                    raise
                if one.topic is NOTIFICATIONS:
                    left += self._refused(one.key.decode(errors="replace"), one.value, error)
        self._left = left

    def _drop(self) -> None:
        """Take a new producer: one that failed may take nothing more."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError):
                producer.close(timeout=0)

    def _reach(self) -> KafkaProducer:
        if self._producer is None:
            self._producer = bus.producer(self._settings, linger_ms=0)
        return self._producer
