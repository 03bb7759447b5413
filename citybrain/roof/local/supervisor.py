"""Keep the machine's processes running: start in order, start again what dies, stop in order.

Everything happens in one thread's event loop; health checks, which may block, run in others.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable, Iterable
from itertools import groupby

from citybrain.floor.clock import Clock, monotonic
from citybrain.floor.settings import Settings
from citybrain.roof.local import running_state, supervised
from citybrain.roof.local.process_plan import SETTLED_S, Planned
from citybrain.roof.local.restart_delay import RestartDelay
from citybrain.roof.local.running_state import ProcessesSnapshot, ProcessState

_PROBE_S = 0.25
_CHECK_S = 5.0
_MISSES = 3
_ROTATE_S = 10.0
Say = Callable[[str], None]


class _Kept:
    """One process and what became of it."""

    def __init__(self, planned: Planned) -> None:
        self.planned = planned
        self.backoff = RestartDelay()
        self.seen = ProcessState(planned.name, "waiting")
        self.child: asyncio.subprocess.Process | None = None
        self.was_healthy = asyncio.Event()


class Supervisor:
    """Runs planned processes until it is told to stop."""

    def __init__(
        self, settings: Settings, planned: Iterable[Planned], clock: Clock, say: Say
    ) -> None:
        """Get ready to run `planned`; `say` takes each line of the supervisor's log."""
        self._settings, self._clock, self._say = settings, clock, say
        self._kept = {one.name: _Kept(one) for one in planned}
        self._stopping = asyncio.Event()
        self._logs = settings.data / "log"

    async def run(self) -> None:
        """Keep the processes running until `stop`; then stop them in order and return."""
        self._logs.mkdir(parents=True, exist_ok=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self.stop)
        self._say(f"supervisor {os.getpid()} starts {', '.join(self._kept)}")
        tasks = [asyncio.create_task(self._keep(one)) for one in self._kept.values()]
        tasks.append(asyncio.create_task(self._rotate()))
        try:
            await self._stopping.wait()
            await self._stop_all()
        finally:
            self._kill_all()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._say("supervisor stopped")

    def stop(self) -> None:
        """Begin to stop everything; the second time, kill what is left."""
        if self._stopping.is_set():
            self._say("told twice to stop: killing what still runs")
            self._kill_all()
        self._stopping.set()

    def snapshot(self) -> ProcessesSnapshot:
        """Return the state of all processes."""
        states = tuple(one.seen for one in self._kept.values())
        return ProcessesSnapshot(os.getpid(), self._clock.now(), states)

    async def _keep(self, one: _Kept) -> None:
        for name in one.planned.after:
            await self._kept[name].was_healthy.wait()
        while not self._stopping.is_set():
            wait_s = await self._run_once(one)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), wait_s)

    async def _run_once(self, one: _Kept) -> float:
        name, began = one.planned.name, monotonic()
        log = self._logs / f"{name}.log"
        try:
            one.child = await supervised.start(name, self._settings, log)
        except OSError as error:
            return self._died(one, f"cannot be started: {error.strerror}", monotonic() - began)
        now = self._clock.now()
        self._see(one, state="starting", pid=one.child.pid, started_at=now)
        watching = asyncio.create_task(self._watch(one, began))
        try:
            code = await one.child.wait()
        finally:
            watching.cancel()
        supervised.kill(one.child.pid)  # what it may have left behind
        one.child = None
        if self._stopping.is_set():
            self._see(one, state="stopped", pid=0)
            return 0.0
        return self._died(one, supervised.describe_exit(code, log), monotonic() - began)

    def _died(self, one: _Kept, how: str, ran_s: float) -> float:
        wait_s = one.backoff.after(ran_s)
        line = f"{how} after {ran_s:.0f} s"
        self._say(f"{one.planned.name} {line}; starting again in {wait_s:.0f} s")
        restarts = one.seen.restarts + 1
        self._see(one, state="down", pid=0, restarts=restarts, last_exit=line)
        return wait_s

    async def _watch(self, one: _Kept, began: float) -> None:
        misses = 0
        while not self._stopping.is_set():
            healthy = await _is_healthy(one.planned, began)
            misses = 0 if healthy else misses + 1
            if healthy and one.seen.state != "up":
                self._came_up(one, monotonic() - began)
            elif misses == _MISSES and one.seen.state == "up":
                self._say(f"{one.planned.name} runs but does not answer")
                self._see(one, state="silent")
            await asyncio.sleep(_CHECK_S if one.seen.state == "up" else _PROBE_S)

    def _came_up(self, one: _Kept, took_s: float) -> None:
        if one.seen.state == "silent":
            self._say(f"{one.planned.name} answers again")
        else:
            self._say(f"{one.planned.name} is up after {took_s:.1f} s (pid {one.seen.pid})")
        self._see(one, state="up")
        one.was_healthy.set()

    def _see(self, one: _Kept, **changes: object) -> None:
        before = {name: getattr(one.seen, name) for name in one.seen.__struct_fields__}
        one.seen = ProcessState(**(before | changes))
        running_state.write(self._settings, self.snapshot())

    async def _stop_all(self) -> None:
        ordered = sorted(self._kept.values(), key=lambda one: one.planned.stops_with)
        for _, group in groupby(ordered, key=lambda one: one.planned.stops_with):
            await asyncio.gather(*(self._stop_one(one) for one in group))

    async def _stop_one(self, one: _Kept) -> None:
        child, grace_s = one.child, one.planned.grace_s
        if child is None or child.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            child.terminate()
        try:
            await asyncio.wait_for(child.wait(), grace_s)
        except TimeoutError:
            self._say(f"{one.planned.name} did not stop within {grace_s:.0f} s: killing it")
            supervised.kill(child.pid)
            await child.wait()

    def _kill_all(self) -> None:
        for one in self._kept.values():
            if one.child is not None and one.child.returncode is None:
                supervised.kill(one.child.pid)

    async def _rotate(self) -> None:
        while True:
            for log in self._logs.glob("*.log"):
                supervised.rotate(log)
            await asyncio.sleep(_ROTATE_S)


async def _is_healthy(planned: Planned, began: float) -> bool:
    if planned.healthy is None:
        return monotonic() - began >= SETTLED_S
    return await asyncio.get_running_loop().run_in_executor(None, planned.healthy)
