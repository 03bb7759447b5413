"""The supervisor with small real processes that hang, die inside, or are only slow."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from citybrain.floor.clock import SystemClock
from citybrain.floor.heartbeat import path_of, read_beat
from citybrain.floor.settings import Settings, to_environment
from citybrain.roof.local import liveness, supervised
from citybrain.roof.local import supervisor as supervision
from citybrain.roof.local.process_plan import Planned
from citybrain.roof.local.running_state import ProcessState
from citybrain.roof.local.supervisor import Supervisor
from tests.conftest import REPOSITORY
from tests.waiting import until

pytestmark = [
    pytest.mark.services,
    pytest.mark.timed,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc is Linux's"),
]

HEAD = """
import asyncio, ctypes, os, signal, subprocess, sys, time
from citybrain.floor.heartbeat import Heart
from citybrain.floor.settings import from_environment
heart = Heart("sink", from_environment())
heart.start()
async def work():
    while True:
        heart.count("work")
        await asyncio.sleep(0.1)
"""
FINE = (
    HEAD
    + """
async def main():
    await asyncio.gather(heart.follow_loop(), work())
asyncio.run(main())
"""
)
DEAD_TASK = (
    HEAD
    + """
async def main():
    task = asyncio.create_task(work())
    await asyncio.sleep(1)
    task.cancel()
    await heart.follow_loop()
asyncio.run(main())
"""
)
HELD_LOOP = (
    HEAD
    + """
async def main():
    asyncio.create_task(heart.follow_loop())
    await asyncio.sleep(1)
    time.sleep(600)
asyncio.run(main())
"""
)
HELD_GIL = HEAD + "time.sleep(1)\nctypes.PyDLL(None).sleep(600)  # keeps the interpreter's lock"
# A unit of work takes a second of a processor that it shares with eight others.
STARVED = (
    HEAD
    + """
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(8)]
while True:
    began = time.process_time()
    while time.process_time() - began < 1: pass
    heart.count("work")
"""
)


@dataclass
class Watched:
    """A supervisor of one process, and what it said."""

    supervisor: Supervisor
    said: list[str]

    @property
    def seen(self) -> ProcessState:
        return self.supervisor.snapshot().processes[0]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Of a folder of its own; what takes a minute takes seconds."""
    monkeypatch.setattr(liveness, "SHOWN_S", 2.0)
    monkeypatch.setattr(liveness, "RESTART_S", 5.0)
    monkeypatch.setattr(supervision, "_CHECK_S", 0.5)
    (tmp_path / "run").mkdir()
    return replace(Settings(), data=tmp_path)


@contextlib.asynccontextmanager
async def watched(settings: Settings, script: str) -> AsyncIterator[Watched]:
    async def start(_name: str, settings: Settings, log: Path) -> asyncio.subprocess.Process:
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", script),
                cwd=REPOSITORY,
                env=os.environ | to_environment(settings),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    said: list[str] = []
    planned = Planned("sink", beats=True)
    supervisor = Supervisor(settings, [planned], SystemClock(), said.append, start)
    running = asyncio.create_task(supervisor.run())
    try:
        yield Watched(supervisor, said)
    finally:
        pid = supervisor.snapshot().processes[0].pid
        supervisor.stop()
        supervisor.stop()
        if pid:
            supervised.kill(pid)
        await running


async def reaches(done: Callable[[], object], seconds: float = 30) -> None:
    await until(lambda: bool(done()), seconds)


STUCK = {
    "dead_task": (DEAD_TASK, "work stands for"),
    "held_loop": (HELD_LOOP, "loop stands for"),
    "held_gil": (HELD_GIL, "no heartbeat for"),
}


async def test_what_is_stuck_is_shown_then_started_anew(settings: Settings) -> None:
    """Three processes, each stuck in a way of its own, at once: they mostly wait."""
    await asyncio.gather(*(is_started_anew(settings, name) for name in STUCK))


async def is_started_anew(settings: Settings, name: str) -> None:
    script, words = STUCK[name]
    settings = replace(settings, data=settings.data / name)
    (settings.data / "run").mkdir(parents=True)
    async with watched(settings, script) as sink:
        await reaches(lambda: sink.seen.state == "stalled")
        assert words in sink.seen.detail, name
        await reaches(lambda: sink.seen.restarts == 1)
        assert sink.seen.last_exit.startswith("stalled (")
        assert words in sink.seen.last_exit
        await reaches(lambda: sink.seen.pid)


async def test_stopped_process_is_shown_then_started_anew(settings: Settings) -> None:
    async with watched(settings, FINE) as sink:
        await reaches(lambda: sink.seen.state == "up")
        first = sink.seen.pid
        os.kill(first, signal.SIGSTOP)
        await reaches(lambda: sink.seen.state == "stalled")
        await reaches(lambda: sink.seen.state == "up" and sink.seen.pid != first)
        assert "sink is stalled: no heartbeat for " in " ".join(sink.said)


async def test_stopped_for_a_moment_only_then_nothing_is_ended(settings: Settings) -> None:
    async with watched(settings, FINE) as sink:
        await reaches(lambda: sink.seen.state == "up")
        os.kill(sink.seen.pid, signal.SIGSTOP)
        await reaches(lambda: sink.seen.state == "stalled")
        os.kill(sink.seen.pid, signal.SIGCONT)
        await reaches(lambda: sink.seen.state == "up")
        assert sink.seen.restarts == 0
        assert "sink moves again" in sink.said


async def test_starved_process_is_slow_and_nobody_ends_it(settings: Settings) -> None:
    async with watched(settings, STARVED) as sink:
        await reaches(lambda: sink.seen.state == "slow")
        await reaches(lambda: units_done(settings, sink.seen.pid) >= 2, 300)
        assert sink.seen.restarts == 0


def units_done(settings: Settings, pid: int) -> int:
    beat = read_beat(path_of(settings, "sink", pid))
    part = beat.parts.get("work") if beat else None
    return part.done if part else 0
