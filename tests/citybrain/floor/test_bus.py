"""The bus against the real broker."""

from __future__ import annotations

from dataclasses import replace

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import AUDIT, EPISODES, SNAPSHOTS, TOPICS, Topic
from tests.conftest import free_ports

SPARE = Topic("city.test-bus", "any", "bytes", partitioned=False)


def test_ensure_topics_twice_makes_each_once(broker_settings: Settings) -> None:
    bus.ensure_topics(broker_settings)
    client = bus.admin(broker_settings)
    described = {item["name"]: item for item in client.describe_topics([t.name for t in TOPICS])}
    client.close()
    counts = {name: len(item["partitions"]) for name, item in described.items()}
    assert counts == {topic.name: 4 if topic.partitioned else 1 for topic in TOPICS}


def test_ensure_topics_when_a_topic_is_for_ever_then_no_record_of_it_expires(
    broker_settings: Settings,
) -> None:
    bus.ensure_topics(broker_settings)
    client = bus.admin(broker_settings)
    resources = [ConfigResource(ConfigResourceType.TOPIC, t.name) for t in (AUDIT, EPISODES)]
    described = client.describe_configs(resources)
    client.close()
    own = {name: sorted(config) for name, config in described["topic"].items()}
    assert "retention.ms" in own["city.audit"]
    assert "retention.ms" not in own["city.episodes"]
    assert described["topic"]["city.audit"]["retention.ms"]["value"] == "-1"


def test_compacted_topic_keeps_the_newest_of_a_key(broker_settings: Settings) -> None:
    assert SNAPSHOTS.compacted


def test_read_range_gives_exactly_the_records_asked_for(broker_settings: Settings) -> None:
    bus.ensure_topics(broker_settings, (SPARE,))
    producer = bus.producer(broker_settings)
    for number in range(5):
        producer.send(SPARE.name, b"%d" % number, partition=0).get(10)
    producer.close()
    assert bus.end_offset(broker_settings, SPARE, 0) == 5
    assert list(bus.read_range(broker_settings, SPARE, 0, 1, 3)) == [
        (1, b"1"),
        (2, b"2"),
        (3, b"3"),
    ]
    assert list(bus.read_range(broker_settings, SPARE, 0, 4, 99)) == [(4, b"4")]
    assert list(bus.read_range(broker_settings, SPARE, 0, 3, 2)) == []


def test_no_broker_is_told_with_its_address_and_a_remedy() -> None:
    (port,) = free_ports(1)
    settings = replace(Settings(), kafka=f"127.0.0.1:{port}")
    with pytest.raises(BusError) as caught:
        bus.producer(settings, bootstrap_timeout_ms=500)
    said = str(caught.value)
    assert said.startswith(f"Kafka 127.0.0.1:{port} does not answer: ")
    assert said.endswith("; is it running? Start it with './city up', or set CITYBRAIN_KAFKA")
