from __future__ import annotations

from collections import defaultdict
from collections.abc import Awaitable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from citybrain.floor.clock import ManualClock
from citybrain.floor.dead_letters import DeadLetter, decode_letters
from citybrain.floor.topics import DEAD_LETTERS, EPISODES, EVENTS
from sinks.record_batch import TopicRecord
from sinks.table import find_tables
from sinks.unreadable import DeadLetterBox
from tests.sinks.sample import NOW

BROKEN = TopicRecord(2, 17, None, "not an Arrow IPC stream of events: broken")
LETTER = DeadLetter(
    letter_id="7090be72-c30f-50ee-8522-0c5fbee1e79d",
    feed="radar",
    department="",
    place="city.events[2]@17",
    field="",
    reason="not an Arrow IPC stream of events: broken",
    raw=b"\xff\x00",
    media_type="application/octet-stream",
    received_at=NOW,
)


@dataclass
class Message:
    key: bytes | None
    value: bytes | None
    topic: str = "city.events"


@dataclass
class Event:
    message: Message


@dataclass
class App:
    """A Faust app whose topics keep what Kafka has confirmed."""

    sent: defaultdict[str, list[tuple[bytes, bytes]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def topic(self, name: str, **_: Any) -> Any:
        async def send(*, key: bytes, value: bytes) -> Awaitable[None]:
            async def confirmed() -> None:
                self.sent[name].append((key, value))

            return confirmed()

        return SimpleNamespace(send=send)


def box(app: App) -> DeadLetterBox:
    return DeadLetterBox(app, ManualClock(NOW))  # type: ignore[arg-type]


async def test_put_when_a_record_is_unreadable_then_returns_when_kafka_has_its_letter() -> None:
    app = App()

    await box(app).put(EVENTS, Event(Message(b"radar", b"\xff\x00")), BROKEN)  # type: ignore[arg-type]

    assert [(key, *decode_letters(value)) for key, value in app.sent[DEAD_LETTERS.name]] == [
        (b"radar", LETTER)
    ]


async def test_put_when_many_are_unreadable_then_the_operators_are_told_once() -> None:
    app = App()
    dead_letters = box(app)

    for _ in range(3):
        await dead_letters.put(EVENTS, Event(Message(b"radar", b"\xff")), BROKEN)  # type: ignore[arg-type]

    assert len(app.sent[DEAD_LETTERS.name]) == 3
    assert len(app.sent[EPISODES.name]) == 1


async def test_put_when_the_record_has_neither_key_nor_value_then_sends_an_empty_letter() -> None:
    app = App()

    await box(app).put(EVENTS, Event(Message(None, None)), BROKEN)  # type: ignore[arg-type]

    [(key, value)] = app.sent[DEAD_LETTERS.name]
    assert (key, *(one.raw for one in decode_letters(value))) == (b"city.events", b"")


async def test_put_when_the_letter_is_read_by_the_sink_then_it_is_readable() -> None:
    app = App()
    source = find_tables()["dead_letters"].source
    assert source is not None

    await box(app).put(EVENTS, Event(Message(b"radar", b"\xff\x00")), BROKEN)  # type: ignore[arg-type]

    [(_, value)] = app.sent[DEAD_LETTERS.name]
    assert source.decode(value).num_rows == 1
