"""A member of a consumer group on a real broker."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from aiokafka import TopicPartition
from kafka.admin import NewTopic

from citybrain.floor import bus
from citybrain.floor.errors import SourceError
from citybrain.floor.settings import Settings
from connectors.fetch.consumer_group import GroupMember, Records
from tests.waiting import eventually

COUNTER = itertools.count()
Join = Callable[..., GroupMember]


@pytest.fixture
def topic(broker_settings: Settings) -> str:
    name = f"departments.group_{next(COUNTER)}"
    admin = bus.admin(broker_settings)
    admin.create_topics([NewTopic(name, 2, 1)])
    admin.close()
    return name


@pytest.fixture
def join(broker_settings: Settings) -> Iterator[Join]:
    """Join the group of a topic; whoever joined leaves it in the end."""
    members: list[GroupMember] = []

    def one(topic: str, give_up: Callable[[], None] = lambda: None) -> GroupMember:
        members.append(GroupMember(broker_settings, f"group-{topic}", topic, give_up))
        return members[-1]

    yield one
    for member in members:
        member.close()


def send(settings: Settings, topic: str, *values: bytes, partition: int = 0) -> None:
    producer = bus.producer(settings)
    for value in values:
        producer.send(topic, value, partition=partition).get(10)
    producer.close()


def taken(member: GroupMember) -> Records:
    """Wait for messages and take them."""
    found: Records = {}

    def some() -> bool:
        if member.wait(0.5, 100):
            found.update(member.take())
        return bool(found)

    eventually(some, timeout_s=60, every_s=0)
    return found


def values(records: Records) -> list[bytes]:
    return [one.value for some in records.values() for one in some]


def test_take_when_messages_are_there_then_gives_them_by_partition(
    broker_settings: Settings, topic: str, join: Join
) -> None:
    send(broker_settings, topic, b"1", b"2", partition=1)
    member = join(topic)

    assert member.take() == {}
    found = taken(member)

    assert (list(found), values(found)) == ([TopicPartition(topic, 1)], [b"1", b"2"])


def test_wait_when_nothing_comes_then_the_fetch_ends_without_any(topic: str, join: Join) -> None:
    member = join(topic)

    eventually(lambda: member.wait(0.5, 100), timeout_s=60)
    assert member.take() == {}


def test_committed_when_a_member_committed_then_the_next_one_goes_on_from_there(
    broker_settings: Settings, topic: str, join: Join
) -> None:
    spot, empty = TopicPartition(topic, 0), TopicPartition(topic, 1)
    send(broker_settings, topic, b"1", b"2", b"3")
    first = join(topic)
    taken(first)
    assert first.committed(spot) is None

    first.commit(spot, 2, "0:17")
    assert (first.committed(spot), first.committed(empty)) == ((2, "0:17"), None)
    assert first.beginning(spot) == 0
    first.close()

    assert values(taken(join(topic))) == [b"3"]


def test_drop_when_a_fetch_has_ended_then_its_messages_are_not_taken(
    broker_settings: Settings, topic: str, join: Join
) -> None:
    send(broker_settings, topic, b"1")
    member = join(topic)
    member.drop()  # nothing was fetched: nothing happens
    eventually(lambda: member.wait(0.5, 100), timeout_s=60)

    member.drop()

    assert member.take() == {}


def test_topic_exists_when_it_is_made_then_is_seen(broker_settings: Settings, join: Join) -> None:
    name = f"departments.late_{next(COUNTER)}"
    member = join(name)
    assert not member.topic_exists()
    admin = bus.admin(broker_settings)
    admin.create_topics([NewTopic(name, 1, 1)])
    admin.close()

    eventually(member.topic_exists, timeout_s=60)


def test_give_up_when_another_member_joins_then_is_called_before_partitions_go(
    broker_settings: Settings, topic: str, join: Join
) -> None:
    send(broker_settings, topic, b"1")
    given_up: list[str] = []
    member = join(topic, lambda: given_up.append("all"))
    taken(member)
    other = join(topic)

    def shared() -> bool:
        for one in (member, other):
            if one.wait(0.1, 100):
                one.take()
        return bool(given_up)

    eventually(shared, timeout_s=60, every_s=0)


@pytest.mark.services
def test_join_when_no_broker_answers_then_says_so() -> None:
    with pytest.raises(SourceError, match="topic t: KafkaConnectionError"):
        GroupMember(Settings(kafka="127.0.0.1:1"), "g", "t", lambda: None)


def test_close_when_called_twice_then_the_second_does_nothing(topic: str, join: Join) -> None:
    member = join(topic)

    member.close()
    member.close()
