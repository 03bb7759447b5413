"""What a city costs that idles: `python -m benchmarks.idle --minutes 10`.

The whole center as `citybrain up` runs it, with the shipped replay, once its simulated days are
filled in: some minutes without a viewer, then with the five walls and a desk open (WebSocket
clients, as a browser's page holds them; what a browser itself takes to draw is not in it). Then, on
the same machine, what ingest costs, so that idling can be said in events a second: figures of one
run are compared with each other, never with those of another machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import psutil
import typer

from benchmarks import harness, report
from benchmarks.city import issue_keys, make_city
from benchmarks.decisions import NAME, PASSWORD, Desk
from benchmarks.ingest import total
from benchmarks.load import Load, Pushers
from benchmarks.measure import MIB, Sampler
from benchmarks.viewers import SCREENS, watch_screens
from citybrain.accounts import changes
from citybrain.floor import store
from citybrain.floor.settings import Settings, to_environment
from citybrain.roof.local import running_state
from citybrain.roof.replay.replay_state import ReplayState

ALONE, WATCHED = "no viewer", "five walls and a desk"
WORTH = {ALONE: 12_000, WATCHED: 20_000}
"""Events a second that idling may cost as much as ingesting."""
MOST_MB = 1638
"""1.6 GB."""
BACKFILL_S = 600.0
PRESENT_S = 180.0
SUPERVISOR = "supervisor"
INGEST_ROWS = 10_000
WARM = 500_000
"""Events that are in the store before the cost of ingest is measured."""


def main(
    minutes: Annotated[float, typer.Option(help="how long without, and with viewers")] = 10,
    settle: Annotated[float, typer.Option(help="minutes between backfill and measuring")] = 2,
    ingest: Annotated[float, typer.Option(help="minutes of ingest beside it")] = 2,
    rate: Annotated[float, typer.Option(help="events/s of ingest; 0: all the door takes")] = 0,
    name: Annotated[str, typer.Option(help="of the file in results/")] = "idle",
) -> None:
    """Measure, print the tables, write results/idle.json; fail where a target is missed."""
    with harness.scratch("idle") as folder:
        phases = _idle(folder / "idle", minutes * 60, settle * 60)
        cost = _ingest(folder / "ingest", ingest * 60, rate)
    per_million = sum(cost["core_seconds_per_million"].values())
    for phase in phases.values():
        phase["worth_events_per_s"] = round(phase["cores"] / per_million * 1e6)
    _show(phases, cost, per_million)
    report.write(name, {"minutes": minutes, "phases": phases, "ingest": cost})
    raise SystemExit(bool(missed(phases)))


def missed(phases: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the targets that these phases miss, in words."""
    found = []
    for name, phase in phases.items():
        if phase["worth_events_per_s"] > WORTH[name]:
            found.append(f"{name}: {phase['worth_events_per_s']:,} events/s worth")
        if phase["pss_mb"] > MOST_MB:
            found.append(f"{name}: {phase['pss_mb']:,.0f} MB")
    return found


def _idle(folder: Path, seconds: float, settle_s: float) -> dict[str, dict[str, Any]]:
    """Return what the idling city costs, without and with viewers."""
    settings = harness.fresh_settings(folder)
    now = datetime.now(UTC)
    changes.add(settings.accounts_path, NAME, PASSWORD, now, role="officer")
    with _center(settings) as pids:
        harness.eventually(lambda: is_present(folder / "replay"), "days filled in", BACKFILL_S)
        report.say(f"the simulated days are filled in; {settle_s:.0f} s to settle")
        time.sleep(settle_s)
        phases = {ALONE: _measure(settings, pids, seconds)}
        with _viewers(settings):
            time.sleep(10)
            phases[WATCHED] = _measure(settings, pids, seconds)
    return phases


def is_present(folder: Path) -> bool:
    """Whether the replay whose state is in `folder` brought every feed up to now."""
    try:
        state = msgspec.json.decode((folder / "state.json").read_bytes(), type=ReplayState)
    except (OSError, msgspec.DecodeError):
        return False
    oldest = min((span.sent for span in state.simulated.values()), default=0)
    return time.time() - oldest / 1000 < PRESENT_S


@contextlib.contextmanager
def _center(settings: Settings) -> Iterator[dict[str, int]]:
    """Run the center under its own supervisor; give the processes' ids by name."""
    settings.data.mkdir(parents=True, exist_ok=True)
    with (settings.data / "up.log").open("wb") as said:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "citybrain.roof.local.up"],
            cwd=harness.ROOT,
            env=os.environ | to_environment(settings),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
    try:
        harness.eventually(lambda: all(_pids(settings).values()), "all processes run")
        yield _pids(settings)
    finally:
        harness.stop(supervisor, 60)


def _pids(settings: Settings) -> dict[str, int]:
    """Return the id of each process, 0 where it is not up."""
    found = running_state.read(settings)
    if found is None:
        return {SUPERVISOR: 0}
    up = ("up", "slow")
    return {one.name: one.pid if one.state in up else 0 for one in found.processes} | {
        SUPERVISOR: found.supervisor
    }


def _measure(settings: Settings, pids: Mapping[str, int], seconds: float) -> dict[str, Any]:
    report.say(f"measuring for {seconds:.0f} s")
    client = store.connect(settings)
    before, began = _rows(client), time.time()
    supervising = _own_cpu_s(pids[SUPERVISOR])
    with Sampler(_alone(pids), 2.0) as sampler:
        time.sleep(seconds / 2)
        pss = [_pss_mb(pids)]
        time.sleep(seconds / 2)
        pss.append(_pss_mb(pids))
        ended = time.time()
    if _pids(settings) != pids:
        raise RuntimeError("a process was started anew while it was measured; see its log")
    highest = {name: max(one[name] for one in pss) for name in pids}
    cores = {
        name: track.cpu_between(began, ended) / (ended - began)
        for name, track in sampler.tracks.items()
    }
    cores[SUPERVISOR] = (_own_cpu_s(pids[SUPERVISOR]) - supervising) / (time.time() - began)
    return {
        "seconds": round(ended - began, 1),
        "events_per_s": round((_rows(client) - before) / (ended - began), 1),
        "load_average": round(os.getloadavg()[1], 2),
        "cores": round(sum(cores.values()), 4),
        "cores_by_process": {name: round(share, 4) for name, share in cores.items()},
        "pss_mb": round(sum(highest.values()), 1),
        "pss_mb_by_process": {name: round(size, 1) for name, size in highest.items()},
        "rss_mb_by_process": {n: round(one.peak_mb(), 1) for n, one in sampler.tracks.items()},
    }


def _own_cpu_s(pid: int) -> float:
    """Return the CPU seconds of a process, without its children's."""
    used = psutil.Process(pid).cpu_times()
    return used.user + used.system


def _rows(client: Any) -> int:
    return total(client, "feed_totals")


def _alone(pids: Mapping[str, int]) -> dict[str, int]:
    """Return `pids` without the supervisor, whose children all others are."""
    return {name: pid for name, pid in pids.items() if name != SUPERVISOR}


def _pss_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the memory of each process, shared pages by their share; children with it."""
    found = {}
    for name, pid in pids.items():
        process = psutil.Process(pid)
        family = [] if name == SUPERVISOR else process.children(recursive=True)
        found[name] = sum(one.memory_full_info().pss for one in [process, *family]) / MIB
    return found


@contextlib.contextmanager
def _viewers(settings: Settings) -> Iterator[None]:
    """Keep the five walls and a desk open."""
    desk = Desk(settings)  # it holds the overall wall, too
    others = [screen for screen in SCREENS if screen != "overall"]
    loop = asyncio.new_event_loop()
    watching = loop.create_task(watch_screens(settings, others))
    thread = threading.Thread(target=_run, args=(loop, watching), daemon=True)
    thread.start()
    try:
        harness.eventually(lambda: bool(desk.wall.waiting), "the wall shows alerts")
        yield
    finally:
        loop.call_soon_threadsafe(watching.cancel)
        thread.join(10)


def _run(loop: asyncio.AbstractEventLoop, task: asyncio.Task[None]) -> None:
    with contextlib.suppress(asyncio.CancelledError):
        loop.run_until_complete(task)


def _ingest(folder: Path, seconds: float, rate: float) -> dict[str, Any]:
    """Return what a million events cost that are ingested as fast as the machine can."""
    cities = make_city(folder / "cities")
    settings = replace(harness.fresh_settings(folder / "data"), cities=cities)
    pushers = Pushers(settings, issue_keys(settings), Load(rate, INGEST_ROWS))
    with harness.system(settings) as processes:
        client = store.connect(settings)
        harness.eventually(lambda: total(client, "events_day") == 0, "the tables are there")
        with Sampler({item: process.pid for item, process in processes.items()}) as sampler:
            report.say(f"ingest for {seconds:.0f} s")
            pushers.start()
            harness.eventually(lambda: total(client, "events_day") >= WARM, "it is warm", 600)
            began, first = time.time(), total(client, "events_day")
            time.sleep(seconds)
            pushers.stop()
            accepted = pushers.pushed.accepted()
            harness.eventually(
                lambda: total(client, "events_day") >= accepted, "all is visible", 600
            )
            ended = time.time()
    accepted -= first
    cost = sampler.summary(began, ended, accepted)
    return {
        "events": accepted,
        "events_per_s": round(accepted / (ended - began)),
        "load_average": round(os.getloadavg()[0], 2),
        "core_seconds_per_million": {
            name: process["core_seconds_per_million"] for name, process in cost.items()
        },
    }


def _show(
    phases: Mapping[str, Mapping[str, Any]], cost: Mapping[str, Any], per_million: float
) -> None:
    names = phases[ALONE]["cores_by_process"]
    columns = ["process", *(f"{name}: {what}" for name in phases for what in ("% of a core", "MB"))]
    rows: list[list[object]] = [
        [name, *(figure for phase in phases.values() for figure in _figures(phase, name))]
        for name in names
    ]
    sums = [(phase["cores"] * 100, phase["pss_mb"]) for phase in phases.values()]
    rows.append(["all", *(figure for pair in sums for figure in pair)])
    report.show("an idle city (MB: PSS)", columns, rows)
    report.say(
        f"ingest beside it: {cost['events_per_s']:,} events/s, {per_million:.1f} core-s a million"
    )
    for name, phase in phases.items():
        report.say(
            f"{name}: {phase['events_per_s']} events/s came; idling costs as much as ingesting "
            f"{phase['worth_events_per_s']:,} events/s (target {WORTH[name]:,})"
        )
    for problem in missed(phases):
        report.say(f"missed: {problem}")


def _figures(phase: Mapping[str, Any], name: str) -> tuple[object, object]:
    return phase["cores_by_process"][name] * 100, phase["pss_mb_by_process"][name]


if __name__ == "__main__":
    typer.run(main)
