"""Reach Kafka with kafka-python: make topics, produce with certainty, read a known range.

The Faust workers consume by themselves; this module serves the doors, the tools and the recovery
of state, which reads exact offset ranges.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic
from kafka.errors import KafkaError, TopicAlreadyExistsError

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import TOPICS, Topic

MAX_RECORD = 8 * 1024 * 1024
MOST_VALUE = MAX_RECORD - 64 * 1024
"""Bytes of key and value that fit into a record for certain, whatever is around them."""
MECHANISM = "PLAIN"
SILENT_S = 30.0
"""A log that has more but says nothing for so long has no broker behind it any more."""


def sign_in(settings: Settings) -> dict[str, str]:
    """Return the options by which clients sign in; none where Kafka asks nobody.

    kafka-python and aiokafka name them alike. The password crosses loopback or the network that
    only our processes share, so it goes as it is.

    Raises:
        OSError: the file of the password cannot be read.
    """
    login = settings.kafka_login()
    if login is None:
        return {}
    return {
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": MECHANISM,
        "sasl_plain_username": login.user,
        "sasl_plain_password": login.password,
    }


def producer(settings: Settings, **overrides: Any) -> KafkaProducer:
    """Return a producer that confirms nothing before Kafka did (acks=all, idempotent).

    Raises:
        BusError: no broker answers; the message names the address.
    """
    options: dict[str, Any] = {
        "acks": "all",
        "enable_idempotence": True,
        "max_request_size": MAX_RECORD,
        "max_block_ms": 5_000,
        "delivery_timeout_ms": 30_000,
        "request_timeout_ms": 10_000,
        "reconnect_backoff_max_ms": 1_000,
        "metrics_enabled": False,
    }
    return _reach(settings, KafkaProducer, options | overrides)


def consumer(settings: Settings, **overrides: Any) -> KafkaConsumer:
    """Return a consumer in no group, for reading what the caller assigns.

    Raises:
        BusError: no broker answers.
    """
    options: dict[str, Any] = {
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "reconnect_backoff_max_ms": 1_000,
        "metrics_enabled": False,
    }
    return _reach(settings, KafkaConsumer, options | overrides)


def admin(settings: Settings) -> KafkaAdminClient:
    """Return an admin client.

    Raises:
        BusError: no broker answers.
    """
    return _reach(settings, KafkaAdminClient, {})


def ensure_topics(settings: Settings, topics: tuple[Topic, ...] = TOPICS) -> None:
    """Make those of `topics` that do not exist yet; safe to call from many processes at once.

    Raises:
        BusError: no broker answers, or it refuses.
    """
    client = admin(settings)
    try:
        present = set(client.list_topics())
        for topic in topics:
            if topic.name not in present:
                _create(client, topic, settings)
    except KafkaError as error:
        raise BusError(f"Kafka {settings.kafka}: cannot make topics: {error}") from error
    finally:
        client.close()


def read_range(
    settings: Settings, topic: Topic, partition: int, first: int, last: int
) -> Iterator[tuple[int, bytes]]:
    """Yield (offset, value) of the records of one partition with first <= offset <= last.

    Ends early only where the log itself ends before `last`. Blocks while it reads.

    Raises:
        BusError: no broker answers.
    """
    for record in read_records(settings, topic, partition, first, last):
        yield record.offset, record.value


def read_records(
    settings: Settings, topic: Topic, partition: int, first: int, last: int
) -> Iterator[Any]:
    """Yield the records of a range as the client gives them, keys and all; else as `read_range`.

    Raises:
        BusError: no broker answers.
    """
    if last < first:
        return
    reader = consumer(settings, max_partition_fetch_bytes=MAX_RECORD)
    spot = TopicPartition(topic.name, partition)
    try:
        reader.assign([spot])
        last = min(last, reader.end_offsets([spot])[spot] - 1)
        reader.seek(spot, max(first, reader.beginning_offsets([spot])[spot]))
        heard_at = monotonic()
        while reader.position(spot) <= last:
            records = reader.poll(timeout_ms=1_000).get(spot, [])
            if records:
                heard_at = monotonic()
            elif monotonic() - heard_at > SILENT_S:
                raise BusError(f"Kafka {settings.kafka}: reading {topic.name}: nothing comes")
            for record in records:
                if record.offset > last:
                    return
                yield record
    except KafkaError as error:
        raise BusError(f"Kafka {settings.kafka}: reading {topic.name}: {error}") from error
    finally:
        reader.close()


def newest(settings: Settings, topic: Topic, count: int) -> list[bytes]:
    """Return the values of the last `count` records of partition 0, oldest first. Blocks.

    Raises:
        BusError: no broker answers.
    """
    end = end_offset(settings, topic, 0)
    return [value for _, value in read_range(settings, topic, 0, max(0, end - count), end - 1)]


def partitions(settings: Settings, topic: Topic) -> int:
    """Return how many partitions `topic` has; 0 if there is no such topic.

    Raises:
        BusError: no broker answers.
    """
    reader = consumer(settings, allow_auto_create_topics=False)
    try:
        return len(reader.partitions_for_topic(topic.name) or ())
    except KafkaError as error:
        raise BusError(f"Kafka {settings.kafka}: {topic.name}: {error}") from error
    finally:
        reader.close()


def end_offset(settings: Settings, topic: Topic, partition: int) -> int:
    """Return the offset that the next record of the partition will get.

    Raises:
        BusError: no broker answers.
    """
    reader = consumer(settings)
    spot = TopicPartition(topic.name, partition)
    try:
        return int(reader.end_offsets([spot])[spot])
    except KafkaError as error:
        raise BusError(f"Kafka {settings.kafka}: {topic.name}: {error}") from error
    finally:
        reader.close()


def end_offsets(
    settings: Settings, partitions: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """Return, for each (topic name, partition), the offset that its next record will get.

    Raises:
        BusError: no broker answers.
    """
    reader = consumer(settings)
    try:
        ends = reader.end_offsets([TopicPartition(*one) for one in partitions])
        return {(spot.topic, spot.partition): int(end) for spot, end in ends.items()}
    except KafkaError as error:
        raise BusError(f"Kafka {settings.kafka}: cannot read ends of logs: {error}") from error
    finally:
        reader.close()


def _reach(settings: Settings, client: type[Any], options: dict[str, Any]) -> Any:
    try:
        where = {"bootstrap_servers": settings.kafka.split(",")}
        return client(**where, **sign_in(settings), **options)
    except (KafkaError, OSError) as error:
        problem = f"Kafka {settings.kafka} does not answer: {error!r}; is it running? "
        raise BusError(problem + "Start it with './city up', or set CITYBRAIN_KAFKA") from error


def _create(client: KafkaAdminClient, topic: Topic, settings: Settings) -> None:
    for_ever = {"retention.ms": "-1", "retention.bytes": "-1"} if topic.forever else {}
    new = NewTopic(
        name=topic.name,
        num_partitions=settings.partitions if topic.partitioned else 1,
        replication_factor=settings.replication,
        topic_configs={
            "cleanup.policy": "compact" if topic.compacted else "delete",
            "max.message.bytes": str(MAX_RECORD),
            **for_ever,
        },
    )
    try:
        client.create_topics([new], wait_for_metadata=True)
    except TopicAlreadyExistsError:
        return
