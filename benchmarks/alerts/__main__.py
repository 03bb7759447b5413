"""`python -m benchmarks.alerts`: event accepted → first attempt at the receiver; throughput; cost.

Everything runs on this machine: Kafka, store, gateway, stream, sink, ruler, notify, the load and
the receiver. *Latency*: single probe events that make a rule fire, beside a steady load that keeps
60 rules over 10,000 keys at work. *Throughput*: a heavier load; at its end a probe in each feed,
and the clock stops when the receiver has heard of all of them. *Cost*: the shipped rules, in one
process, rule by rule.
"""

from __future__ import annotations

import http.client
import itertools
import json
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from benchmarks import harness, report
from benchmarks.alerts.cost import cost_of_rules
from benchmarks.alerts.receiver import Receiver
from benchmarks.alerts.rules import PROBE_VALUE, write_routing, write_rules
from benchmarks.city import DEPARTMENTS, KINDS, feed_of, issue_keys, make_city
from benchmarks.load import Load, Pushers
from benchmarks.measure import Sampler
from citybrain.floor.settings import Settings

KEYS = 10_000
PROBE_EVERY_S = 0.43  # in no simple ratio to any tick
PROCESSES = ("kafka", "store", "gateway", "stream", "sink", "ruler", "notify")
SETTLE_S = 15.0
PATIENCE_S = 60.0


def main(
    rate: Annotated[float, typer.Option(help="events/s beside the probes")] = 20_000,
    seconds: Annotated[float, typer.Option(help="how long")] = 60,
    full: Annotated[float, typer.Option(help="events/s of the throughput run")] = 110_000,
    full_seconds: Annotated[float, typer.Option(help="how long")] = 60,
) -> None:
    """Measure, print the tables, write results/alerts.json."""
    receiver = Receiver()
    with harness.scratch("alerts") as folder:
        cities = make_city(folder / "cities")
        write_rules(cities / "wuhai")
        write_routing(cities / "wuhai", receiver.port)
        settings = replace(harness.fresh_settings(folder / "data"), cities=cities)
        bench = Bench(settings, receiver)
        with harness.system(settings, PROCESSES) as running:
            time.sleep(SETTLE_S)
            pids = {name: process.pid for name, process in running.items()}
            with Sampler(pids) as sampler:
                latency = bench.latency(rate, seconds)
                throughput = bench.throughput(full, full_seconds)
            memory = {name: round(track.peak_mb()) for name, track in sampler.tracks.items()}
    cost = cost_of_rules()
    _show(latency, throughput, memory, cost)
    report.write(
        "alerts",
        {"latency": latency, "throughput": throughput, "peak_mb": memory, "rules": cost},
    )


class Bench:
    """The running system, its receiver, and serial numbers."""

    def __init__(self, settings: Settings, receiver: Receiver) -> None:
        """Push into the gateway of `settings`."""
        self._settings, self._receiver = settings, receiver
        self._keys = issue_keys(settings)
        self._serials = itertools.count(1, 1_000_000)
        self._probes = itertools.count()

    def latency(self, rate: float, seconds: float) -> dict[str, Any]:
        """Return how long after the door's 202 the receiver heard, at a steady load."""
        report.say(f"{rate:,.0f} events/s for {seconds:.0f} s, with probes")
        load = self._load(rate, rows=500)
        load.start()
        time.sleep(SETTLE_S)
        sent: dict[str, float] = {}
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            name, at = self.probe("traffic_police")
            sent[name] = at
            time.sleep(PROBE_EVERY_S)
        load.stop()
        self._await(list(sent))
        taken = [
            1000 * (self._receiver.first[name] - at)
            for name, at in sent.items()
            if name in self._receiver.first
        ]
        missing = len(sent) - len(taken)
        return {
            "events_per_s": rate,
            "pushed": load.pushed.accepted(),
            "seconds": seconds,
            "rules": 60,
            "keys": KEYS,
            "probes": len(sent),
            "missing": missing,
            "ms": report.percentiles(taken),
        }

    def throughput(self, rate: float, seconds: float) -> dict[str, Any]:
        """Return how many events/s went through the rules, the last alert's arrival included."""
        report.say(f"{rate:,.0f} events/s for {seconds:.0f} s")
        load = self._load(rate, rows=5_000)
        began = time.time()
        load.start()
        time.sleep(seconds)
        load.stop()
        pushed_s = time.time() - began
        last = [self.probe(department)[0] for department in DEPARTMENTS]
        self._await(last)
        heard = [self._receiver.first.get(name, float("inf")) for name in last]
        events = load.pushed.accepted()
        return {
            "offered_per_s": rate,
            "events": events,
            "pushed_s": pushed_s,
            "done_s": max(heard) - began,
            "events_per_s": events / (max(heard) - began),
        }

    def probe(self, department: str) -> tuple[str, float]:
        """Push one event that makes a rule fire; return its subject and when it was accepted."""
        subject = f"probe-{next(self._probes):05d}"
        event = {
            "id": f"{subject}-{time.time_ns()}",
            "at": datetime.now(UTC).isoformat(),
            "kind": KINDS[0],
            "area": "150302003",
            "severity": 1,
            "value": PROBE_VALUE,
            "subject": subject,
            "text": "probe",
        }
        door = http.client.HTTPConnection("127.0.0.1", self._settings.gateway_port, timeout=30)
        headers = {
            "Authorization": f"Bearer {self._keys[department]}",
            "Content-Type": "application/json",
        }
        path = f"/v1/feeds/{feed_of(department)}/events"
        while True:
            door.request("POST", path, json.dumps([event]), headers)
            answer = door.getresponse()
            answer.read()
            if answer.status == http.client.ACCEPTED:
                door.close()
                return subject, time.time()
            time.sleep(0.1)

    def _load(self, rate: float, rows: int) -> Pushers:
        load = Load(rate, rows, 4, first_serial=next(self._serials), subjects=KEYS)
        return Pushers(self._settings, self._keys, load)

    def _await(self, names: list[str]) -> None:
        ends = time.monotonic() + PATIENCE_S
        while time.monotonic() < ends and not all(one in self._receiver.first for one in names):
            time.sleep(0.05)


def _show(
    latency: dict[str, Any],
    throughput: dict[str, Any],
    memory: dict[str, int],
    cost: list[dict[str, Any]],
) -> None:
    ms = latency["ms"]
    report.show(
        "event accepted → first attempt at the receiver",
        ("load", "probes", "missing", "p50 ms", "p95 ms", "p99 ms", "max ms"),
        [
            (
                f"{latency['events_per_s']:,.0f}/s, 60 rules, {KEYS:,} keys",
                latency["probes"],
                latency["missing"],
                *(ms[name] for name in ("p50", "p95", "p99", "max")),
            )
        ],
    )
    report.show(
        "throughput, the last alert at its receiver included",
        ("offered", "events", "done after s", "events/s"),
        [
            (
                f"{throughput['offered_per_s']:,.0f}/s",
                throughput["events"],
                throughput["done_s"],
                throughput["events_per_s"],
            )
        ],
    )
    report.show("peak memory", ("process", "MB"), memory.items())
    report.show(
        "the dearest of the shipped rules in 5 minutes; a pulse a second included",
        ("rule", "condition", "events", "ms in all", "µs per 1,000 events"),
        [
            (one["rule"], one["condition"], one["events"], one["ms"], one["us_per_1000"])
            for one in cost[:15]
        ],
    )


if __name__ == "__main__":
    typer.run(main)
