from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from citybrain.floor import bus
from citybrain.floor.settings import Settings
from citybrain.floor.topics import Topic
from sinks.record_batch import OffsetRange
from sinks.table import find_tables
from sinks.topic_reader import TopicMadeAnew, TopicReader, make_record
from tests.sinks.sample import envelope

EVENTS = find_tables()["events"].source
assert EVENTS is not None
SOURCE = replace(EVENTS, topic=Topic("test.reader", "feed", "envelope", partitioned=False))
RECORDS = [
    envelope("radar", ["a"]),
    envelope("radar", ["b", "c"]),
    b"broken",
    envelope("calls", []),
]


def subjects(reader: TopicReader, *ranges: OffsetRange) -> list[list[str] | None]:
    """Return the subjects of each record, None for one that cannot be read."""
    return [
        None if found.table is None else found.table["subject"].to_pylist()
        for found in reader.batch(ranges).records
    ]


def fill(settings: Settings, values: Sequence[bytes]) -> None:
    bus.ensure_topics(settings, (SOURCE.topic,))
    producer = bus.producer(settings)
    for value in values:
        producer.send(SOURCE.topic.name, value=value, partition=0).get(timeout=10)
    producer.close()


@pytest.fixture(scope="module")
def reader(broker_settings: Settings) -> TopicReader:
    fill(broker_settings, RECORDS)
    return TopicReader(broker_settings, SOURCE)


def test_batch_when_asked_for_a_range_then_gives_its_records_decoded(reader: TopicReader) -> None:
    batch = reader.batch([OffsetRange(0, 0, 3)])

    assert subjects(reader, OffsetRange(0, 0, 3)) == [["a"], ["b", "c"], None, []]
    assert (batch.ranges, batch.rows) == ((OffsetRange(0, 0, 3),), 3)
    assert batch.records[2].problem.startswith("not an Arrow IPC stream of events: ")


def test_batch_when_read_again_then_gives_the_same_rows(reader: TopicReader) -> None:
    first, again = (reader.batch([OffsetRange(0, 0, 3)]).table() for _ in range(2))

    assert again.equals(first)


@pytest.mark.parametrize(
    ("ranges", "found"),
    [
        pytest.param([OffsetRange(0, 1, 1)], [["b", "c"]], id="one-record"),
        pytest.param([OffsetRange(0, 3, 99)], [[]], id="beyond-the-end"),
        pytest.param([OffsetRange(0, 50, 99)], [], id="all-beyond-the-end"),
        pytest.param([OffsetRange(0, 2, 1)], [], id="empty-range"),
        pytest.param([], [], id="no-range"),
    ],
)
def test_batch_when_a_range_is_cut_then_gives_what_there_is(
    reader: TopicReader, ranges: list[OffsetRange], found: list[list[str] | None]
) -> None:
    assert subjects(reader, *ranges) == found


@pytest.mark.parametrize("reached", [{}, {0: 3}, {0: 2, 7: 99}], ids=str)
def test_check_is_same_when_the_topic_goes_as_far_then_passes(
    reader: TopicReader, reached: dict[int, int]
) -> None:
    reader.check_is_same(reached, [0])


def test_check_is_same_when_the_topic_ends_before_then_says_what_to_do(reader: TopicReader) -> None:
    with pytest.raises(TopicMadeAnew) as refused:
        reader.check_is_same({0: 4}, [0])

    assert str(refused.value) == (
        "Kafka: test.reader: partition 0: ends at 4, but the store has rows up to 4: "
        "the topic was made anew; give it an empty database, "
        "or see docs/storage.md: A topic made anew"
    )


def test_make_record_when_readable_then_holds_its_rows() -> None:
    found = make_record(SOURCE, 3, 7, RECORDS[1])

    assert (found.partition, found.offset, found.rows, found.problem) == (3, 7, 2, "")


def test_make_record_when_there_is_no_value_then_is_unreadable() -> None:
    found = make_record(SOURCE, 3, 7, None)

    assert (found.partition, found.offset, found.rows, found.table) == (3, 7, 0, None)
    assert found.problem.startswith("not an Arrow IPC stream of events: ")
