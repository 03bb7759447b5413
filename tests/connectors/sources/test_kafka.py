import itertools
import json
from collections.abc import Iterator

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import NewTopic

from citybrain.floor import bus
from citybrain.floor.settings import Settings
from connectors.fetch.json_topic import JsonTopic
from connectors.mapping.json_messages import read_messages
from connectors.mapping.json_rows import JsonRows
from tests.connectors.fetch_contexts import START, MemoryLog, feed
from tests.waiting import eventually

COUNTER = itertools.count()


def read(*values: bytes):
    rows, refused, taken = read_messages(values, "t[0]@{}".format, JsonRows(feed("kafka")))
    found = rows.frame.to_dicts()
    return (
        [(row["id"], rows.place(index)) for index, row in enumerate(found)],
        [(one.place, one.reason) for one in refused],
        taken,
    )


def test_objects_and_arrays_become_rows_of_their_message():
    rows, refused, taken = read(b'{"id":1}', b'[{"id":2},\n{"id":3}]', b'{\n"id":4}', b"[]")
    assert rows == [("1", "t[0]@0"), ("2", "t[0]@1"), ("3", "t[0]@1"), ("4", "t[0]@2")]
    assert refused == []
    assert taken == 4


def test_what_is_no_json_is_refused_with_its_offset():
    rows, refused, _ = read(b'{"id":1}', b"hello", b"[1,", b"", b'{"id":2}', b"[" * 5_000)
    assert [row for row, _ in rows] == ["1", "2"]
    assert [place for place, _ in refused] == ["t[0]@2", "t[0]@5", "t[0]@1", "t[0]@3"]
    assert all(reason.startswith("not JSON: ") for _, reason in refused)


def test_arrays_are_taken_up_to_ten_thousand_rows():
    array = json.dumps([{"id": n} for n in range(6_000)]).encode()
    rows, _, taken = read(array, array)
    assert (len(rows), taken) == (6_000, 1)


def test_messages_are_taken_up_to_four_mebibytes():
    value = json.dumps({"id": 1, "text": "x" * 1_500_000}).encode()
    rows, _, taken = read(value, value, value)
    assert (len(rows), taken) == (2, 2)


def test_an_array_that_is_too_long_is_refused():
    array = json.dumps([{"id": n} for n in range(10_001)]).encode()
    _, refused, taken = read(array)
    assert refused == [("t[0]@0", "an array of 10001 events; send at most 10000 in a message")]
    assert taken == 1


@pytest.fixture
def topic(broker_settings: Settings) -> str:
    name = f"departments.test_{next(COUNTER)}"
    make(broker_settings, name)
    return name


def make(settings: Settings, name: str, partitions: int = 2) -> None:
    admin: KafkaAdminClient = bus.admin(settings)
    admin.create_topics([NewTopic(name, partitions, 1)])
    admin.close()


@pytest.fixture
def sender(broker_settings: Settings) -> Iterator[KafkaProducer]:
    producer = bus.producer(broker_settings, linger_ms=5)
    yield producer
    producer.close()


@pytest.fixture
def opened(broker_settings: Settings, tmp_path):
    found = []

    def open_one(log: MemoryLog, topic: str) -> JsonTopic:
        fetcher = JsonTopic(feed("kafka"), log.context(tmp_path, broker_settings), topic)
        found.append(fetcher)
        return fetcher

    yield open_one
    for fetcher in found:
        fetcher.close()


def send(sender: KafkaProducer, topic: str, first: int, last: int, partition: int = 0) -> None:
    for number in range(first, last + 1):
        value = b'{"id":"%d","text":"x"}' % number
        sender.send(topic, value=value, partition=partition)
    sender.flush()


def fetch(fetcher: JsonTopic, log: MemoryLog, count: int) -> None:
    """Take parcels until the log has `count` rows."""

    def step() -> bool:
        parcel = fetcher.poll(START)
        if parcel is not None:
            fetcher.delivered(parcel, log.send(parcel))
        return len(log.rows()) >= count

    eventually(step, timeout_s=60, every_s=0)


def test_messages_of_all_partitions_come_once_in_order(opened, sender, topic):
    send(sender, topic, 1, 50)
    send(sender, topic, 51, 100, partition=1)
    log = MemoryLog()
    fetch(opened(log, topic), log, 100)
    assert sorted(map(int, log.rows())) == list(range(1, 101))
    for first, last in ((1, 50), (51, 100)):
        part = [number for number in map(int, log.rows()) if first <= number <= last]
        assert part == sorted(part)
    assert log.sent[0][0].startswith(f"{topic}[")


def test_messages_are_gathered_into_few_envelopes(opened, sender, topic):
    send(sender, topic, 1, 5_000)
    log = MemoryLog()
    fetch(opened(log, topic), log, 5_000)
    assert len(log.sent) < 50


@pytest.mark.parametrize("noted", [0, 1, 2])
def test_after_a_crash_every_message_is_sent_exactly_once(opened, sender, topic, noted):
    """Three envelopes landed, of which only the first `noted` were committed."""
    log = MemoryLog()
    fetcher = opened(log, topic)
    for number in range(3):
        send(sender, topic, number * 10, number * 10 + 9)
        parcel = eventually(lambda: fetcher.poll(START), timeout_s=60, every_s=0)
        receipt = log.send(parcel)
        if number < noted:
            fetcher.delivered(parcel, receipt)
    fetcher.close()
    send(sender, topic, 30, 39)
    fetch(opened(log, topic), log, 40)
    assert log.rows() == [str(number) for number in range(40)]


def test_two_gateways_share_the_partitions_and_one_takes_over(opened, sender, topic):
    log = MemoryLog()
    first, second = opened(log, topic), opened(log, topic)

    def both() -> bool:
        for fetcher in (first, second):
            parcel = fetcher.poll(START)
            if parcel is not None:
                fetcher.delivered(parcel, log.send(parcel))
        return bool(first._member._consumer.assignment()) and bool(
            second._member._consumer.assignment()
        )

    eventually(both, timeout_s=40, every_s=0)
    send(sender, topic, 1, 100)
    send(sender, topic, 101, 200, partition=1)
    eventually(lambda: both() and len(log.rows()) >= 200, timeout_s=60, every_s=0)
    first.close()
    send(sender, topic, 201, 300)
    send(sender, topic, 301, 400, partition=1)
    fetch(second, log, 400)
    assert sorted(map(int, log.rows())) == list(range(1, 401))


def test_a_topic_that_comes_late_is_waited_for(opened, broker_settings, sender, capsys):
    log, topic = MemoryLog(), f"departments.late_{next(COUNTER)}"
    fetcher = opened(log, topic)
    for _ in range(5):
        assert fetcher.poll(START) is None
    assert fetcher.next_at(START) > START
    make(broker_settings, topic)
    send(sender, topic, 1, 3)
    fetch(fetcher, log, 3)
    assert fetcher.next_at(START) == START
    told = capsys.readouterr().out
    assert told.count("topic_missing") == 1
    assert told.count("topic_found") == 1
