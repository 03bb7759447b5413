"""Take a recording out of a broker and a store, and put it into others.

Needs only the clients of Kafka and ClickHouse, so that it can be run in the tree of any version.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

import clickhouse_connect
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from tests.acceptance.recording import Committed, Recorded, Recording, Stored
from tests.waiting import eventually

DATABASE = "city"


def take(kafka: str, store_url: str, taken_at: datetime) -> Recording:
    """Return what is in a broker and a store that nobody writes to any more.

    Neither asks for a password, as it was in version 0.1.
    """
    consumer = KafkaConsumer(bootstrap_servers=kafka, enable_auto_commit=False)
    try:
        names = sorted(name for name in consumer.topics() if name.startswith(f"{DATABASE}."))
        topics = {name: _records(consumer, name) for name in names}
    finally:
        consumer.close()
    return Recording(taken_at, topics, _committed(kafka), _tables(store_url))


def put(recording: Recording, producer: KafkaProducer, admin: KafkaAdminClient, store: Any) -> None:
    """Put a recording where it was taken: the topics are there and empty, the database is not."""
    for topic, partitions in recording.topics.items():
        for partition, records in enumerate(partitions):
            for one in records:
                producer.send(topic, key=one.key, value=one.value, partition=partition)
    producer.flush()
    producer.close()
    for group in sorted({one.group for one in recording.committed}):
        _commit(admin, group, [one for one in recording.committed if one.group == group])
    admin.close()
    _fill(store, recording.tables)


def _records(consumer: Any, topic: str) -> list[list[Recorded]]:
    spots = [TopicPartition(topic, one) for one in sorted(consumer.partitions_for_topic(topic))]
    ends = consumer.end_offsets(spots)
    found: list[list[Recorded]] = [[] for _ in spots]
    consumer.assign(spots)
    consumer.seek_to_beginning(*spots)
    while any(consumer.position(spot) < ends[spot] for spot in spots):
        for records in consumer.poll(timeout_ms=200).values():
            for record in records:
                own = found[record.partition]
                assert record.offset == len(own), f"{topic}: a gap before {record.offset}"
                own.append(Recorded(record.key, record.value))
    return found


def _committed(kafka: str) -> list[Committed]:
    admin = KafkaAdminClient(bootstrap_servers=kafka)
    try:
        groups = sorted(one["group_id"] for one in admin.list_groups())
        found = admin.list_group_offsets(groups)
        return [
            Committed(group, spot.topic, spot.partition, at.offset)
            for group in groups
            for spot, at in sorted(found[group].items())
        ]
    finally:
        admin.close()


def _commit(admin: KafkaAdminClient, group: str, committed: list[Committed]) -> None:
    places = {
        TopicPartition(one.topic, one.partition): OffsetAndMetadata(one.offset, "", -1)
        for one in committed
    }
    # A broker that has just started knows no coordinator yet.
    eventually(lambda: admin.alter_group_offsets(group, places))


def _client(url: str) -> Any:
    place = urlsplit(url)
    return clickhouse_connect.get_client(host=cast("str", place.hostname), port=place.port or 8123)


def _tables(url: str) -> list[Stored]:
    client = _client(url)
    names = client.query(f"SELECT name FROM system.tables WHERE database = '{DATABASE}'")  # noqa: S608
    found = []
    for (name,) in sorted(names.result_rows):
        create = str(client.command(f"SHOW CREATE TABLE {DATABASE}.{name} FORMAT TSVRaw"))
        table = Stored(name, create, b"")
        if not table.derived:
            rows = client.raw_query(f"SELECT * FROM {DATABASE}.{name}", fmt="Native")  # noqa: S608
            table = Stored(name, create, rows)
        found.append(table)
    return sorted(found, key=lambda one: one.derived)


def _fill(client: Any, tables: list[Stored]) -> None:
    client.command(f"CREATE DATABASE {DATABASE}")
    for table in tables:
        client.command(table.create)
        if table.rows:
            client.raw_insert(f"{DATABASE}.{table.name}", insert_block=table.rows, fmt="Native")
