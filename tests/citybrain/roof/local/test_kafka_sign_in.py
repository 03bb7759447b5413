"""Who has no password gets nothing from the broker, and a folder of before has one from now on."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer
from kafka.errors import KafkaError

from benchmarks.ports import free_ports
from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import AUDIT, EVENTS
from citybrain.roof.local import local_kafka
from tests.conftest import listens
from tests.waiting import eventually

pytestmark = pytest.mark.services
QUICK: dict[str, Any] = {"bootstrap_timeout_ms": 2_000}


def stranger(user: str, password: str) -> dict[str, Any]:
    named = {"sasl_plain_username": user, "sasl_plain_password": password}
    return {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", **named}


@pytest.mark.parametrize(
    ("who", "beyond"),
    [
        ({}, 0),
        ({}, 1),  # the controller makes topics, too
        (stranger("citybrain", "wrong"), 0),
        (stranger("admin", "admin"), 0),
    ],
    ids=["nobody", "nobody at the controller", "wrong password", "another name"],
)
def test_no_client_gets_in_without_the_password(
    broker_settings: Settings, who: dict[str, Any], beyond: int
) -> None:
    bus.consumer(broker_settings, **QUICK).close()  # so much time is enough for who has it
    address = f"127.0.0.1:{local_kafka.local_port(broker_settings) + beyond}"
    with pytest.raises((KafkaError, OSError)):
        KafkaConsumer(bootstrap_servers=address, **who, **QUICK)


def test_settings_without_a_password_say_that_kafka_does_not_answer(
    broker_settings: Settings, tmp_path: Path
) -> None:
    without = replace(broker_settings, kafka_password_file=None, data=tmp_path)
    with pytest.raises(BusError, match="does not answer"):
        bus.consumer(without, **QUICK)


def test_a_request_before_the_sign_in_is_cut_off(broker_settings: Settings) -> None:
    """Metadata, asked for as before there were passwords."""
    port = local_kafka.local_port(broker_settings)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as spot:
        spot.sendall(b"\0\0\0\x0e\0\x03\0\x01\0\0\0\x01\xff\xff\xff\xff\xff\xff")
        assert spot.recv(4) == b""


@contextmanager
def _running(command: list[str], port: int) -> Iterator[None]:
    broker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: listens(port), 60)
        yield
    finally:
        broker.terminate()
        broker.wait(30)


def test_a_folder_of_the_version_before_comes_up_with_a_password(tmp_path: Path) -> None:
    port, controller = free_ports(2)
    settings = replace(Settings(), data=tmp_path, kafka=f"127.0.0.1:{port}")
    assert controller == port + 1
    command = local_kafka.prepare(settings)
    config, now = Path(command[-1]), Path(command[-1]).read_text()
    plain = now.replace("BROKER:SASL_PLAINTEXT,CONTROLLER:SASL_", "PLAINTEXT:PLAINTEXT,CONTROLLER:")
    plain = plain.replace("=BROKER", "=PLAINTEXT").replace("SASL_PLAINTEXT", "PLAINTEXT")
    config.write_text("".join(one for one in plain.splitlines(True) if "sasl" not in one))
    before = replace(settings, data=tmp_path / "nothing")
    with _running(command, port):
        eventually(lambda: bus.ensure_topics(before, (EVENTS, AUDIT)) is None, 60)
        producer = bus.producer(before)
        producer.send(AUDIT.name, b"kept", partition=0).get(10)
        producer.close()

    with _running(local_kafka.prepare(settings), port):
        assert config.read_text() == now
        kept = eventually(lambda: list(bus.read_range(settings, AUDIT, 0, 0, 0)), 60)
        assert kept == [(0, b"kept")]
        with pytest.raises(BusError):
            bus.consumer(before, **QUICK)
