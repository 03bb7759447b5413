"""A record that cannot be decoded becomes a dead letter; the sink goes on."""

from __future__ import annotations

import uuid
from datetime import datetime

import structlog
from faust.types import AppT, EventT

from citybrain.floor.clock import Clock, monotonic
from citybrain.floor.dead_letters import DeadLetter, encode_letter
from citybrain.floor.topics import DEAD_LETTERS
from sinks import metrics
from sinks.record_batch import TopicRecord

log = structlog.get_logger(__name__)

_NAMESPACE = uuid.UUID("6d9c7f5e-5a52-5f0b-9c0e-8d2f3b1a7c44")
_MEDIA_TYPE = "application/octet-stream"
_KEEP = 4 * 1024 * 1024
_REMIND_S = 60.0


def make_letter(
    topic: str, key: bytes, value: bytes, record: TopicRecord, now: datetime
) -> DeadLetter:
    """Return the letter for `record` of `topic`; the same record gives the same letter id."""
    place = f"{topic}[{record.partition}]@{record.offset}"
    return DeadLetter(
        letter_id=str(uuid.uuid5(_NAMESPACE, place)),
        feed=key.decode(errors="replace"),
        department="",
        place=place,
        field="",
        reason=record.problem,
        raw=value[:_KEEP],
        media_type=_MEDIA_TYPE,
        received_at=now,
    )


class DeadLetterBox:
    """Sends letters to the bus, and says in the log once a minute how many there were."""

    def __init__(self, app: AppT, clock: Clock) -> None:
        """Send by the producer of `app`."""
        self._topic = app.topic(
            DEAD_LETTERS.name,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )
        self._clock = clock
        self._count = 0
        self._said: float | None = None

    async def put(self, event: EventT[bytes], record: TopicRecord) -> None:
        """Send the letter of `record`; returns when Kafka has it."""
        message = event.message
        metrics.UNREADABLE.labels(message.topic).inc()
        key, value = message.key or b"", message.value or b""
        letter = make_letter(message.topic, key, value, record, self._clock.now())
        await (await self._topic.send(key=key, value=encode_letter(letter)))
        self._say(letter)

    def _say(self, letter: DeadLetter) -> None:
        self._count += 1
        now = monotonic()
        if self._said is None or now - self._said >= _REMIND_S:
            self._said = now
            log.warning(
                "unreadable_records",
                count=self._count,
                last=letter.place,
                reason=letter.reason[:200],
            )
            self._count = 0
