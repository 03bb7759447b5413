"""The supervisor with a real process: the local store."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings, to_environment
from citybrain.roof.local import running_state
from citybrain.roof.local.process_plan import Planned, plan
from citybrain.roof.local.supervisor import Supervisor
from tests.conftest import REPOSITORY, free_ports
from tests.waiting import eventually

SUPERVISE = """
import asyncio
from citybrain.floor.clock import SystemClock
from citybrain.roof.local.process_plan import plan
from citybrain.roof.local.supervisor import Supervisor
from citybrain.floor.settings import from_environment
settings = from_environment()
store = [one for one in plan(settings) if one.name == "store"]
asyncio.run(Supervisor(settings, store, SystemClock(), print).run())
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (port,) = free_ports(1)
    (tmp_path / "run").mkdir()
    return replace(Settings(), data=tmp_path, store_url=f"http://127.0.0.1:{port}")


def store_of(settings: Settings) -> Planned:
    return next(one for one in plan(settings) if one.name == "store")


def process(settings: Settings) -> running_state.ProcessState:
    snapshot = running_state.read(settings)
    assert snapshot is not None
    return snapshot.processes[0]


def pid_once_up(settings: Settings) -> int:
    return eventually(lambda: process(settings).state == "up" and process(settings).pid, 60)


@contextlib.contextmanager
def supervised(settings: Settings) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, "-u", "-c", SUPERVISE],
        cwd=REPOSITORY,
        env=os.environ | to_environment(settings),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


@pytest.mark.services
def test_killed_process_is_started_again_and_the_log_says_so(settings: Settings) -> None:
    with supervised(settings) as child:
        first = pid_once_up(settings)
        os.kill(first, signal.SIGKILL)
        eventually(lambda: process(settings).restarts == 1)
        second = pid_once_up(settings)
        child.send_signal(signal.SIGTERM)
        said, _ = child.communicate(timeout=30)
    assert second != first
    assert child.returncode == 0
    assert re.sub(r"\d+(\.\d)? s\b|\d+(?=[ )])", "N", said).splitlines() == [
        "supervisor N starts store",
        "store is up after N (pid N)",
        "store exited by signal N after N; starting again in N",
        "store is up after N (pid N)",
        "supervisor stopped",
    ]
    assert "store exited by signal 9 after " in said
    assert re.search(r"; starting again in [1-4] s\n", said)  # longer on a crowded machine
    assert not psutil.pid_exists(second)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="PR_SET_PDEATHSIG is Linux's")
@pytest.mark.services
def test_killed_supervisor_takes_its_children_with_it(settings: Settings) -> None:
    with supervised(settings) as child:
        pid = pid_once_up(settings)
        child.kill()
        child.wait()
        eventually(lambda: not psutil.pid_exists(pid) or is_dead(pid))


def is_dead(pid: int) -> bool:
    return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


@pytest.mark.services
def test_second_stop_kills_at_once(settings: Settings) -> None:
    with supervised(settings) as child:
        pid = pid_once_up(settings)
        os.kill(pid, signal.SIGSTOP)  # hangs: it would not stop by itself
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGTERM)  # two of the same could arrive as one
        said, _ = child.communicate(timeout=5)
    assert "told twice to stop: killing what still runs\n" in said
    assert not psutil.pid_exists(pid)


@pytest.mark.services
async def test_process_waits_for_what_it_needs(settings: Settings) -> None:
    ready = threading.Event()
    first = replace(store_of(settings), healthy=ready.is_set)
    second = Planned("gateway", after=("store",))
    supervisor = Supervisor(settings, [first, second], SystemClock(), lambda _line: None)
    running_it = asyncio.create_task(supervisor.run())
    while supervisor.snapshot().processes[0].state != "starting":
        await asyncio.sleep(0.05)
    assert supervisor.snapshot().processes[1].state == "waiting"
    supervisor.stop()
    await running_it
    assert [one.state for one in supervisor.snapshot().processes] == ["stopped", "waiting"]


def test_plan_stops_senders_before_what_they_send_to() -> None:
    order = sorted(plan(Settings()), key=lambda one: one.stops_with)
    assert [one.name for one in order] == [
        *("replay", "gateway", "sink", "stream", "ruler", "casework", "notify", "screens"),
        *("store", "kafka"),
    ]


def test_plan_names_ports_and_settings() -> None:
    found = {
        (one.name, spot.port, spot.setting) for one in plan(Settings()) for spot in one.listening
    }
    assert found == {
        ("kafka", 19092, "CITYBRAIN_KAFKA"),
        ("kafka", 19093, "CITYBRAIN_KAFKA"),
        ("store", 18123, "CITYBRAIN_STORE_URL"),
        ("gateway", 18080, "CITYBRAIN_GATEWAY_PORT"),
        ("screens", 18050, "CITYBRAIN_SCREENS_PORT"),
    }
