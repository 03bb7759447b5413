"""`python -m benchmarks.starved`: the whole stack beside busy loops that leave it little processor.

The stack runs under the product's own supervisor. Beside a steady load and probes that make a rule
fire, busy loops run for some minutes, then end. What counts: no process ends (itself, or by the
supervisor), every accepted event is in the store once, every probe's alert arrives, if late, and
afterwards they are as quick as before.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks import harness, report
from benchmarks.alerts.__main__ import Bench
from benchmarks.alerts.receiver import Receiver
from benchmarks.alerts.rules import write_routing, write_rules
from benchmarks.city import issue_keys, make_city
from benchmarks.load import Load, Pushers
from citybrain.floor import store
from citybrain.floor.settings import Settings, to_environment
from citybrain.roof.local import running_state, status_report

PROBE_EVERY_S = 2.0
CALM_S = 60.0
START_S = 240.0
SETTLE_S = 900.0
LOOK_S = 1.0


def main(
    loops: Annotated[int, typer.Option(help="busy loops beside the stack")] = 16,
    minutes: Annotated[float, typer.Option(help="for how long")] = 10,
    rate: Annotated[float, typer.Option(help="events/s")] = 1_000,
) -> None:
    """Measure, print the table, write results/starved.json; exit 1 where the stack did not hold."""
    with harness.scratch("starved") as folder:
        result = measure(folder, loops, minutes * 60, rate)
    _show(result)
    report.write("starved", result)
    raise typer.Exit(0 if holds(result) else 1)


def measure(folder: Path, loops: int, busy_s: float, rate: float) -> dict[str, Any]:
    """Run calm, starved and calm again; return what was seen."""
    receiver = Receiver()
    cities = make_city(folder / "cities")
    write_rules(cities / "wuhai")
    write_routing(cities / "wuhai", receiver.port)
    settings = replace(harness.fresh_settings(folder / "data"), cities=cities)
    bench = Bench(settings, receiver)
    with stack(settings), watching(settings) as seen:
        pushers = Pushers(settings, issue_keys(settings), Load(rate, 50, 4, subjects=10_000))
        pushers.start()
        probes: dict[str, dict[str, float]] = {}
        report.say(f"{CALM_S:.0f} s calm, {rate:,.0f} events/s")
        probes["before"] = _probing(bench, CALM_S)
        report.say(f"{busy_s:.0f} s beside {loops} busy loops")
        with busy(loops):
            probes["starved"] = _probing(bench, busy_s)
        eased_at = time.time()
        caught_up_s = _await(receiver, probes["starved"], eased_at)
        report.say(f"caught up {caught_up_s:.0f} s after they ended; {CALM_S:.0f} s calm")
        probes["after"] = _probing(bench, CALM_S)
        pushers.stop()
        _await(receiver, probes["after"], time.time())
        sent = pushers.pushed.accepted() + sum(len(names) for names in probes.values())
        stored = _stored(settings, sent)
        snapshot = running_state.read(settings)
    ended = {one.name: one.restarts for one in snapshot.processes} if snapshot else {}
    return {
        "loops": loops,
        "busy_s": busy_s,
        "events_per_s": rate,
        "accepted": sent,
        "stored": stored,
        "ended": ended,
        "states": {name: dict(counts) for name, counts in seen.items()},
        "told_to_wait": pushers.pushed.told_to_wait,
        "caught_up_s": caught_up_s,
        "alerts": {phase: _lateness(receiver, names) for phase, names in probes.items()},
    }


def holds(result: dict[str, Any]) -> bool:
    """Whether no process ended, nothing was lost or doubled, and all alerts came."""
    missing = sum(phase["missing"] for phase in result["alerts"].values())
    lost = result["stored"] != [result["accepted"]] * 2
    return not (missing or lost or any(result["ended"].values()))


@contextlib.contextmanager
def stack(settings: Settings) -> Iterator[None]:
    """Run everything under the product's own supervisor, without the replay."""
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.supervise"],
        cwd=harness.ROOT,
        env=os.environ | to_environment(settings),
    )
    try:
        harness.eventually(
            lambda: status_report.is_up(running_state.read(settings)), "all is up", START_S
        )
        yield
    finally:
        harness.stop(child, 60)


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """Run so many loops that do nothing but use a processor, each in a session of its own."""
    running = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
        for _ in range(loops)
    ]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


@contextlib.contextmanager
def watching(settings: Settings) -> Iterator[dict[str, Counter[str]]]:
    """Count, for each process, in which state the supervisor saw it, once a second."""
    seen: dict[str, Counter[str]] = {}
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(LOOK_S):
            snapshot = running_state.read(settings)
            for process in snapshot.processes if snapshot else ():
                seen.setdefault(process.name, Counter())[process.state] += 1

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _probing(bench: Bench, seconds: float) -> dict[str, float]:
    """Push probes for so long; return when each was accepted."""
    sent: dict[str, float] = {}
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        # Without an answer nobody knows whether it was taken: such a probe counts for nothing.
        with contextlib.suppress(OSError, http.client.HTTPException):
            name, at = bench.probe("traffic_police")
            sent[name] = at
        time.sleep(PROBE_EVERY_S)
    return sent


def _await(receiver: Receiver, names: dict[str, float], since: float) -> float:
    """Wait for the alerts of all probes; return how long after `since` the last came."""
    ends = time.monotonic() + SETTLE_S
    while time.monotonic() < ends and not all(name in receiver.first for name in names):
        time.sleep(0.1)
    return max([0.0, *(receiver.first.get(name, float("inf")) - since for name in names)])


def _lateness(receiver: Receiver, names: dict[str, float]) -> dict[str, Any]:
    taken = [receiver.first[name] - at for name, at in names.items() if name in receiver.first]
    return {
        "probes": len(names),
        "missing": len(names) - len(taken),
        "s": report.percentiles(taken),
    }


def _stored(settings: Settings, sent: int) -> list[int]:
    """Wait until so many events are stored; return how many rows, and how many ids there are."""
    ends = time.monotonic() + SETTLE_S
    while True:
        with store.connect(settings) as client:
            rows = client.query("SELECT count(), uniqExact(event_id) FROM events").result_rows[0]
        if rows[0] >= sent or time.monotonic() > ends:
            return [int(one) for one in rows]
        time.sleep(1)


def _show(result: dict[str, Any]) -> None:
    report.show(
        f"alerts: accepted → first attempt, beside {result['loops']} busy loops, in seconds",
        ("phase", "probes", "missing", "p50", "p95", "max"),
        [
            (
                phase,
                told["probes"],
                told["missing"],
                *(told["s"][name] for name in ("p50", "p95", "max")),
            )
            for phase, told in result["alerts"].items()
        ],
    )
    report.show(
        "processes",
        ("process", "ended", "seconds up", "slow", "stalled"),
        [
            (
                name,
                result["ended"].get(name, 0),
                seen.get("up", 0),
                seen.get("slow", 0),
                seen.get("stalled", 0),
            )
            for name, seen in result["states"].items()
        ],
    )
    report.show(
        "events",
        ("accepted", "stored", "different ids", "told to wait", "caught up after s", "holds"),
        [
            (
                result["accepted"],
                *result["stored"],
                result["told_to_wait"],
                result["caught_up_s"],
                holds(result),
            )
        ],
    )


if __name__ == "__main__":
    typer.run(main)
