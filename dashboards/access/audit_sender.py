"""What happened at the door goes to city.audit; an outage of Kafka never holds anybody up.

A thread of its own sends; what it cannot send waits in a bounded queue. Refusals of strangers are
bounded and counted (`RefusalTally`), and wait in a queue of their own: they push out nobody's.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec
import structlog
from kafka import KafkaProducer
from kafka.errors import KafkaError

from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import Clock
from citybrain.floor.errors import BusError, CityBrainError
from citybrain.floor.topics import AUDIT
from dashboards.access.refusal_tally import RefusalTally

log = structlog.get_logger(__name__)
MOST, MOST_OF_STRANGERS = 10_000, 1_000
RETRY_S = 3.0
WAIT_S = 1.0
_SENT_S = 35.0
_LOST = (BusError, KafkaError)


class KeptEntries(Protocol):
    """Entries that are kept elsewhere until they are sent: what was done to accounts."""

    def untold(self) -> AbstractContextManager[Sequence[AuditEntry]]:
        """Give those that were not sent yet; nobody else is given them meanwhile."""

    def told(self, entry: AuditEntry) -> None:
        """Take note that `entry` was sent."""


class AuditSender:
    """Takes entries from anywhere, at once, and sends them one after the other."""

    def __init__(
        self, connect: Callable[[], KafkaProducer], kept: KeptEntries, clock: Clock
    ) -> None:
        """Use `connect` for a producer (acks=all); nothing is sent before `start`.

        Where nothing is in the queue, what is `kept` is sent.
        """
        self._connect, self._kept, self._clock = connect, kept, clock
        self._tally, self._tally_lock = RefusalTally(), threading.Lock()
        self._strangers: queue.Queue[AuditEntry] = queue.Queue(MOST_OF_STRANGERS)
        self._sent: set[str] = set()
        self._queue: queue.Queue[AuditEntry] = queue.Queue(MOST)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="audit", daemon=True)
        self._away = False
        self.dropped = 0

    def start(self) -> None:
        """Send from now on."""
        self._thread.start()

    def note(self, told: AuditEntry) -> None:
        """Take an entry; never blocks. Where the queue is full it is in the log alone."""
        if not self._tally.takes(told):
            self._put(self._queue, told)
            return
        with self._tally_lock:
            due = self._tally.note(told)
        for one in due:
            self._put(self._strangers, one)

    def _put(self, waiting: queue.Queue[AuditEntry], told: AuditEntry) -> None:
        log.info(
            "audit",
            action=told.action,
            outcome=told.outcome,
            user=told.user,
            target=told.target,
            reason=told.reason,
            address=told.address,
            **{f"of_{name}": text for name, text in told.details.items()},
        )
        try:
            waiting.put_nowait(told)
        except queue.Full:
            self.dropped += 1

    def close(self, patience_s: float = 2.0) -> None:
        """Send what is left, but for no longer than `patience_s`."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(patience_s)

    def _run(self) -> None:
        producer: KafkaProducer | None = None
        while not (self._stop.is_set() and self._queue.empty() and self._strangers.empty()):
            told = self._next()
            producer = self._send_kept(producer) if told is None else self._send(producer, told)
        if producer is not None:
            producer.close(timeout=1)

    def _next(self) -> AuditEntry | None:
        """Return what is sent next; None where nothing came for a moment."""
        with self._tally_lock:
            due = list(self._tally.due(self._clock.now()))
        for one in due:
            self._put(self._strangers, one)
        for waiting, wait_s in ((self._queue, 0.0), (self._strangers, 0.0), (self._queue, WAIT_S)):
            try:
                return waiting.get(block=wait_s > 0, timeout=wait_s or None)
            except queue.Empty:
                continue
        return None

    def _send_kept(self, producer: KafkaProducer | None) -> KafkaProducer | None:
        try:
            with self._kept.untold() as entries:
                for told in entries:
                    if told.id not in self._sent:
                        producer = self._send(producer, told)
                    if self._away:  # it was told to end before anybody answered
                        break
                    self._sent.add(told.id)
                    self._kept.told(told)
        except (CityBrainError, OSError) as error:
            log.warning("audit_kept_not_sent", problem=str(error))
            self._stop.wait(RETRY_S)
        return producer

    def _send(self, producer: KafkaProducer | None, told: AuditEntry) -> KafkaProducer | None:
        content = msgspec.json.encode(told)
        while True:
            try:
                producer = producer or self._connect()
                sent = producer.send(AUDIT.name, content, key=told.user.encode() or b"-")
                sent.get(timeout=_SENT_S)
            except _LOST as error:
                self._note_outage(error)
                if self._stop.wait(RETRY_S):
                    return producer
            else:
                self._note_answer()
                return producer

    def _note_outage(self, error: Exception) -> None:
        if not self._away:
            self._away = True
            log.warning("audit_away", error=str(error))

    def _note_answer(self) -> None:
        if self._away:
            self._away = False
            log.info("audit_back", dropped=self.dropped)
            self.dropped = 0
