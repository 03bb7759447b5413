from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

import pytest
from structlog.testing import capture_logs

from citybrain.floor.clock import ManualClock
from citybrain.floor.dead_letters import DeadLetter, decode_letter
from sinks import unreadable
from sinks.record_batch import TopicRecord
from sinks.table import find_tables
from sinks.unreadable import DeadLetterBox, make_letter
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
    """A Faust app whose only topic keeps what Kafka has confirmed."""

    name: str = ""
    kept: list[tuple[bytes, DeadLetter]] = field(default_factory=list)

    def topic(self, name: str, **_: Any) -> App:
        self.name = name
        return self

    async def send(self, *, key: bytes, value: bytes) -> Awaitable[None]:
        async def confirmed() -> None:
            self.kept.append((key, decode_letter(value)))

        return confirmed()


def box(app: App) -> DeadLetterBox:
    return DeadLetterBox(app, ManualClock(NOW))  # type: ignore[arg-type]


def test_make_letter_when_a_record_is_unreadable_then_keeps_it_whole_and_says_where_it_lies():
    assert make_letter("city.events", b"radar", b"\xff\x00", BROKEN, NOW) == LETTER


def test_make_letter_when_made_again_then_is_the_same_letter_and_elsewhere_another():
    def letter_id(topic: str, record: TopicRecord) -> str:
        return make_letter(topic, b"", b"", record, NOW).letter_id

    ids = [
        letter_id("city.events", BROKEN),
        letter_id("city.events", BROKEN),
        letter_id("city.windows", BROKEN),
        letter_id("city.events", TopicRecord(2, 18, None)),
        letter_id("city.events", TopicRecord(1, 17, None)),
    ]

    assert ids[0] == ids[1] == LETTER.letter_id
    assert len(set(ids)) == 4


def test_make_letter_when_the_record_is_huge_then_keeps_four_mib_so_that_it_fits_into_one():
    letter = make_letter("city.events", b"radar", b"x" * 5 * 1024 * 1024, BROKEN, NOW)

    assert letter.raw == b"x" * 4 * 1024 * 1024


def test_make_letter_when_the_key_is_no_text_then_shows_what_it_can():
    assert make_letter("city.events", b"ra\xff", b"", BROKEN, NOW).feed == "ra\ufffd"


async def test_put_when_a_record_is_unreadable_then_returns_when_kafka_has_its_letter():
    app = App()

    await box(app).put(Event(Message(b"radar", b"\xff\x00")), BROKEN)  # type: ignore[arg-type]

    assert app.name == "city.dead-letters"
    assert app.kept == [(b"radar", LETTER)]


async def test_put_when_the_record_has_neither_key_nor_value_then_sends_an_empty_letter():
    app = App()

    await box(app).put(Event(Message(None, None)), BROKEN)  # type: ignore[arg-type]

    assert [(key, letter.feed, letter.raw) for key, letter in app.kept] == [(b"", "", b"")]


async def test_put_when_the_letter_is_read_by_the_sink_then_it_is_readable():
    app = App()
    source = find_tables()["dead_letters"].source
    assert source is not None

    await box(app).put(Event(Message(b"radar", b"\xff\x00")), BROKEN)  # type: ignore[arg-type]

    [(_, letter)] = app.kept
    assert source.decode(unreadable.encode_letter(letter)).num_rows == 1


async def test_put_when_many_are_unreadable_then_says_so_once_a_minute_with_their_number(
    monkeypatch: pytest.MonkeyPatch,
):
    dead_letters = box(App())

    with capture_logs() as lines:
        for now in (0.0, 1.0, 59.0, 60.0, 61.0):
            monkeypatch.setattr(unreadable, "monotonic", lambda now=now: now)
            await dead_letters.put(Event(Message(b"", b"")), BROKEN)  # type: ignore[arg-type]

    assert [(line["event"], line["count"]) for line in lines] == [
        ("unreadable_records", 1),
        ("unreadable_records", 3),
    ]
    assert lines[0]["last"] == "city.events[2]@17"
