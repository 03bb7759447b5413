"""Fixtures that run the real broker and the real store, once a session, on free ports.

What only they need is imported when they start: a file of pure tests pays for none of it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.ports import free_ports
from citybrain.floor.settings import Settings, to_environment
from tests.repository import ROOT as REPOSITORY
from tests.waiting import eventually

__all__ = ["REPOSITORY", "free_ports", "listens", "running"]
pytest_plugins = ("tests.parts",)


def listens(port: int) -> bool:
    """Whether somebody listens on `port` of this machine."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def running(process: str, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Run one of the system's processes; its output is shown when it ends by itself."""
    with _started(process, settings) as child:
        yield child
        ended = child.poll()
    assert ended is None, f"{process} ended by itself with {ended}"


@contextlib.contextmanager
def _started(process: str, settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [sys.executable, "-m", "citybrain.roof.local.child", process, str(os.getpid())],
        cwd=REPOSITORY,
        # A time zone that is not UTC: no process may depend on the machine's.
        env=os.environ | {"TZ": "Asia/Shanghai"} | to_environment(settings),
        start_new_session=True,
    )
    try:
        yield child
    finally:
        child.send_signal(signal.SIGTERM)
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@pytest.fixture(scope="session")
def _machine() -> Iterator[Settings]:
    """Settings of a machine of its own: a temporary data folder and free ports."""
    broker, _controller, store_port, gateway, screens = free_ports(5)
    with tempfile.TemporaryDirectory(prefix="citybrain-", ignore_cleanup_errors=True) as data:
        secrets = Path(data) / "secrets"
        yield Settings(
            cities=REPOSITORY / "cities",
            data=Path(data),
            # Named, so that they hold for a test with a data folder of its own.
            kafka_password_file=secrets / "kafka.secret",
            store_password_file=secrets / "store-writer.secret",
            store_reader_password_file=secrets / "store-reader.secret",
            kafka=f"127.0.0.1:{broker}",
            store_url=f"http://127.0.0.1:{store_port}",
            gateway_port=gateway,
            screens_port=screens,
        )


@pytest.fixture(scope="session")
def broker_settings(_machine: Settings) -> Iterator[Settings]:
    """Settings with a real Kafka that has every topic."""
    from citybrain.floor import bus  # noqa: PLC0415
    from citybrain.roof.local import local_kafka  # noqa: PLC0415

    port = local_kafka.local_port(_machine)
    command = local_kafka.prepare(_machine)
    broker = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        eventually(lambda: listens(port), timeout_s=60)
        eventually(lambda: bus.ensure_topics(_machine) is None, timeout_s=60)
        yield _machine
    finally:
        broker.terminate()
        broker.wait(30)


@pytest.fixture(scope="session")
def _store_process(_machine: Settings) -> Iterator[Settings]:
    from citybrain.floor import store  # noqa: PLC0415

    with running("store", _machine):
        eventually(lambda: store.connect(replace(_machine, database="default")), timeout_s=60)
        yield _machine


@pytest.fixture(scope="module")
def store_settings(_store_process: Settings, request: pytest.FixtureRequest) -> Iterator[Settings]:
    """Settings with the real local store and an empty database of the test module's own."""
    from citybrain.floor import store  # noqa: PLC0415

    name = "test_" + request.module.__name__.rpartition(".")[2]
    admin = store.connect(replace(_store_process, database="default"))
    admin.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    admin.command(f"CREATE DATABASE {name}")
    yield replace(_store_process, database=name)
    admin.command(f"DROP DATABASE IF EXISTS {name} SYNC")
    admin.close()


@pytest.fixture(scope="module")
def live_settings(broker_settings: Settings, store_settings: Settings) -> Settings:
    """Settings with both; the topics are shared by all modules of the session."""
    return replace(store_settings, kafka=broker_settings.kafka)
