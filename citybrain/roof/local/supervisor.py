"""Keep the machine's processes running: start in order, start again what dies, stop in order.

What runs but does not move is ended, to be started anew; how that is told from what is only slow
stands in `liveness.py`. Everything happens in one thread's event loop; looks at processes, which
may block, run in others.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import Awaitable, Callable, Iterable
from itertools import groupby
from pathlib import Path

from citybrain.floor.clock import Clock, monotonic
from citybrain.floor.settings import Settings
from citybrain.roof.local import running_state, supervised
from citybrain.roof.local.liveness import Liveness
from citybrain.roof.local.process_plan import Planned
from citybrain.roof.local.process_signs import load_per_core
from citybrain.roof.local.restart_delay import RestartDelay
from citybrain.roof.local.running_state import ProcessesSnapshot, ProcessState
from citybrain.roof.local.status_report import WORKS
from citybrain.roof.local.watcher import ProcessWatch, SharedEnds, SharedNeeds

_PROBE_S = 0.25
_CHECK_S = 5.0
NEEDS = frozenset({"kafka", "store"})
_ROTATE_S = 10.0
Say = Callable[[str], None]
Start = Callable[[str, Settings, Path], Awaitable[asyncio.subprocess.Process]]
"""(name, settings, log) → the process; in a session of its own."""


class _Kept:
    """One process and what became of it."""

    def __init__(self, planned: Planned) -> None:
        self.planned = planned
        self.backoff = RestartDelay()
        self.seen = ProcessState(planned.name, "waiting")
        self.child: asyncio.subprocess.Process | None = None
        self.was_healthy = asyncio.Event()
        self.ended_for = ""


class Supervisor:
    """Runs planned processes until it is told to stop."""

    def __init__(
        self,
        settings: Settings,
        planned: Iterable[Planned],
        clock: Clock,
        say: Say,
        start: Start = supervised.start,
    ) -> None:
        """Get ready to run `planned`.

        Args:
            settings: this machine's.
            planned: what to run.
            clock: the present instant.
            say: takes each line of the supervisor's log.
            start: starts a process by its name.
        """
        self._settings, self._clock, self._say, self._start = settings, clock, say, start
        self._kept = {one.name: _Kept(one) for one in planned}
        self._stopping = asyncio.Event()
        self._logs = settings.data / "log"
        self._ends = SharedEnds(settings)
        self._needs = SharedNeeds(self._needed)

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
                async with asyncio.timeout(wait_s):
                    await self._stopping.wait()

    async def _run_once(self, one: _Kept) -> float:
        name, began = one.planned.name, monotonic()
        log = self._logs / f"{name}.log"
        try:
            one.child = await self._start(name, self._settings, log)
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
        how = one.ended_for or supervised.describe_exit(code, log)
        one.ended_for = ""
        return self._died(one, how, monotonic() - began)

    def _died(self, one: _Kept, how: str, ran_s: float) -> float:
        wait_s = one.backoff.after(ran_s, load_per_core())
        line = f"{how} after {ran_s:.0f} s"
        self._say(f"{one.planned.name} {line}; starting again in {wait_s:.0f} s")
        restarts = one.seen.restarts + 1
        self._see(one, state="down", pid=0, restarts=restarts, last_exit=line, detail="")
        return wait_s

    async def _watch(self, one: _Kept, began: float) -> None:
        watch = ProcessWatch(
            one.planned,
            self._settings,
            one.seen.pid,
            self._ends,
            self._needs,
            self._store_answers,
        )
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            try:
                found = await loop.run_in_executor(None, watch.look)
            except Exception as error:  # a look that fails must not end the looking
                self._say(f"{one.planned.name} could not be looked at: {error!r}")
                await asyncio.sleep(_CHECK_S)
                continue
            if one.seen.state == "starting" and watch.has_begun:
                self._came_up(one, monotonic() - began)
            self._note(one, found)
            if found.is_stuck and one.child is not None:
                one.ended_for = f"stalled ({found.words}), was ended"
                supervised.kill(one.child.pid)
                return
            await asyncio.sleep(_PROBE_S if one.seen.state == "starting" else _CHECK_S)

    def _note(self, one: _Kept, found: Liveness) -> None:
        """Show how a process does; what stalls is told once, and that it goes on."""
        was = one.seen.state
        state = found.state if found.state in {"slow", "stalled"} else "up"
        if was == "starting" and state != "stalled":
            state = was
        if state == "stalled" and was != state:
            self._say(f"{one.planned.name} is stalled: {found.words}")
        elif was == "stalled" and state != was:
            self._say(f"{one.planned.name} moves again")
        self._see(one, state=state, detail=found.words)

    def _needed(self) -> list[int]:
        return [one.seen.pid for name, one in self._kept.items() if name in NEEDS]

    def _store_answers(self) -> bool:
        store = self._kept.get("store")
        return store is None or store.seen.state in WORKS

    def _came_up(self, one: _Kept, took_s: float) -> None:
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
