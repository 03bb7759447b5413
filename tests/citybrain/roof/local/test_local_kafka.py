"""The local broker: the real one, and what it is told."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from citybrain.floor import bus
from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Login, Settings
from citybrain.floor.topics import EVENTS
from citybrain.roof.local import local_kafka
from tests.sinks.sample import envelope


def test_broker_keeps_what_it_acknowledged(broker_settings: Settings) -> None:
    producer = bus.producer(broker_settings)
    first = bus.end_offset(broker_settings, EVENTS, 0)
    sent = envelope("kept", ["one"])
    producer.send(EVENTS.name, sent, partition=0).get(10)
    producer.close()
    found = list(bus.read_range(broker_settings, EVENTS, 0, first, first))
    assert found == [(first, sent)]


def test_properties_name_loopback_only(tmp_path: Path) -> None:
    text = local_kafka.properties(tmp_path, 19092, 19093, Login("one", "secret"))
    assert "listeners=BROKER://127.0.0.1:19092,CONTROLLER://127.0.0.1:19093\n" in text
    assert "advertised.listeners=BROKER://127.0.0.1:19092\n" in text
    assert "protocol.map=BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_PLAINTEXT\n" in text
    assert "auto.create.topics.enable=false\n" in text


def test_local_port_of_another_machine_is_refused() -> None:
    with pytest.raises(LaunchError) as caught:
        local_kafka.local_port(replace(Settings(), kafka="kafka-1:9092"))
    assert str(caught.value) == (
        "environment: CITYBRAIN_KAFKA: 'kafka-1:9092' is not of this machine; "
        "the local broker needs one like '127.0.0.1:19092'"
    )
