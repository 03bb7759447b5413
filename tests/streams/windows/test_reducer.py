from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import encode
from citybrain.floor.topics import EVENTS, partition_of
from streams.runtime import envelope_reader
from streams.runtime.delivery import BusMessage
from streams.runtime.envelope_reader import batches
from streams.runtime.metrics import StreamMetrics
from streams.runtime.progress import Progress
from streams.windows import reducer
from streams.windows.partials import decode_partial
from streams.windows.reducer import Reducer
from tests.streams.flow import NOON, envelope

SPOT = TP(EVENTS.name, 0)


class Collector:
    """Takes what would go to Kafka, and says when."""

    def __init__(self, journal: list[str]) -> None:
        self.messages: list[BusMessage] = []
        self.aside: list[str] = []
        self._journal = journal

    async def send(self, messages: Sequence[BusMessage]) -> None:
        self._journal += [f"sent {decode_partial(item.value).header.offset}" for item in messages]
        self.messages += messages

    async def put_aside(self, failed: Sequence[FailedRecord]) -> None:
        self.aside += [f"{one.place}: {one.problem}" for one in failed]


class Stream:
    """One batch of events, as Faust's stream gives it."""

    def __init__(self, events: list[Any], journal: list[str]) -> None:
        self._events = events
        self._journal = journal

    def noack(self) -> Any:
        return self

    async def events(self) -> AsyncIterator[Any]:
        for event in self._events:
            yield event

    async def ack(self, event: Any) -> None:
        self._journal.append(f"ack {event.message.offset}")


def event(offset: int, value: bytes) -> Any:
    message = SimpleNamespace(
        topic=SPOT.topic, partition=0, tp=SPOT, offset=offset, timestamp=NOON / 1000
    )
    return SimpleNamespace(value=value, message=message)


def reduced(
    events: list[Any], *, position: int | None = None, missing: dict[int, bytes] | None = None
) -> tuple[list[BusMessage], list[str], StreamMetrics]:
    """Run a reducer over `events`; return what it sent, in which order, and its metrics."""
    journal: list[str] = []
    collector, metrics = Collector(journal), StreamMetrics()
    consumer = SimpleNamespace(highwater=lambda _: 10)
    progress = Progress(SimpleNamespace(consumer=consumer), metrics)  # type: ignore[arg-type]
    progress.assign({SPOT})
    if position is not None:
        progress.processed(SPOT, position - 1)

    def read(_partition: int, first: int, last: int) -> list[tuple[int, bytes]]:
        return [(offset, (missing or {})[offset]) for offset in range(first, last + 1)]

    reducer = Reducer(collector, progress, metrics, partitions=4, read=read)  # type: ignore[arg-type]
    asyncio.run(reducer.run(Stream(events, journal)))  # type: ignore[arg-type]
    return collector.messages, journal, metrics


GOOD = encode(envelope("levels", [(0, "level", 1.0)]))


def test_reduce_when_envelopes_come_then_they_are_acknowledged_after_their_partials_are_sent():
    messages, journal, metrics = reduced([event(5, GOOD), event(6, GOOD)])

    assert journal == ["sent 5", "sent 6", "ack 5", "ack 6"]
    assert {(item.topic.name, item.partition, item.key) for item in messages} == {
        ("city.partials", partition_of("water", 4), b"water")
    }
    assert [decode_partial(item.value).header.behind for item in messages] == [4, 3]
    assert metrics.registry.get_sample_value("citybrain_stream_events_total") == 2


def test_reduce_when_a_record_is_no_envelope_then_it_is_counted_and_the_flow_goes_on():
    _, journal, metrics = reduced([event(5, b"garbage"), event(6, GOOD)])

    assert journal == ["sent 6", "ack 5", "ack 6"]
    count = metrics.registry.get_sample_value(
        "citybrain_stream_undecodable_total", {"topic": EVENTS.name}
    )
    assert count == 1


def test_reduce_when_faust_leaves_records_out_then_they_are_read_from_the_log():
    _, journal, _ = reduced([event(5, GOOD), event(8, GOOD)], missing={6: GOOD, 7: GOOD})

    assert journal == ["sent 5", "sent 6", "sent 7", "sent 8", "ack 5", "ack 8"]


def test_reduce_when_faust_begins_past_where_it_stood_then_the_rest_is_read_from_the_log():
    _, journal, _ = reduced([event(6, GOOD)], position=5, missing={5: GOOD})

    assert journal == ["sent 5", "sent 6", "ack 6"]


def test_reduce_when_one_envelope_breaks_the_reduction_then_the_others_are_reduced(
    monkeypatch: pytest.MonkeyPatch,
):
    whole = reducer.reduce_envelopes

    def breaking(sources: Any) -> Any:
        if any(source.offset == 6 for source in sources):
            raise EnvelopeError("cannot be grouped")
        return whole(sources)

    monkeypatch.setattr(reducer, "reduce_envelopes", breaking)

    _, journal, _ = reduced([event(5, GOOD), event(6, GOOD), event(7, GOOD)])

    assert journal == ["sent 5", "sent 7", "ack 5", "ack 6", "ack 7"]


def test_batches_when_envelopes_are_large_then_they_are_split(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(envelope_reader, "BATCH_BYTES", 10)
    events = [event(offset, b"12345") for offset in range(5)]

    sizes = [[item.message.offset for item in batch] for batch in batches(events)]

    assert sizes == [[0, 1], [2, 3], [4]]
