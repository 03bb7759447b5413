"""A container's health check: one look a call, and what is stuck is ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from citybrain.floor.heartbeat import path_of, read_beat
from citybrain.floor.settings import Settings, to_environment
from citybrain.roof.local import liveness
from citybrain.roof.local.health_check import check
from tests.conftest import REPOSITORY
from tests.waiting import eventually

pytestmark = [
    pytest.mark.services,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's"),
]

BEATING = """
import asyncio
from citybrain.floor.heartbeat import Heart
from citybrain.floor.settings import from_environment
heart = Heart("sink", from_environment())
heart.start()
asyncio.run(heart.follow_loop())
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(liveness, "SHOWN_S", 0.4)
    monkeypatch.setattr(liveness, "RESTART_S", 1.5)
    return replace(Settings(), data=tmp_path)


@pytest.fixture
def sink(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(
        [sys.executable, "-c", BEATING],
        cwd=REPOSITORY,
        env=os.environ | to_environment(settings),
    )
    path = path_of(settings, "sink", child.pid)
    eventually(lambda: (beat := read_beat(path)) is not None and "loop" in beat.parts, 30)
    yield child
    child.kill()
    child.wait()


def look(settings: Settings, url: str = "") -> tuple[int, str]:
    return check(settings, "sink", url, settings.data / "remembered.json")


def test_process_that_moves_is_well(settings: Settings, sink: subprocess.Popen[bytes]) -> None:
    assert look(settings) == (0, "idle")
    assert look(settings)[0] == 0
    assert sink.poll() is None


def test_stopped_process_is_unhealthy_then_ended(
    settings: Settings, sink: subprocess.Popen[bytes]
) -> None:
    look(settings)
    sink.send_signal(signal.SIGSTOP)
    eventually(lambda: look(settings)[1].startswith("sink is stalled: no heartbeat"), 20)
    said = eventually(lambda: (found := look(settings))[1].endswith("anew") and found, 20)
    assert said[0] == 1
    assert sink.wait(10) == -signal.SIGKILL


def test_no_process_then_it_says_so(settings: Settings) -> None:
    assert look(settings) == (1, "sink gives no heartbeat")


def test_address_that_does_not_answer_is_unhealthy_with_the_reason(
    settings: Settings, sink: subprocess.Popen[bytes]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        port = mute.getsockname()[1]
    code, words = look(settings, f"http://127.0.0.1:{port}/healthz")
    assert code == 1
    assert words.startswith(f"http://127.0.0.1:{port}/healthz: ")
    assert sink.poll() is None
