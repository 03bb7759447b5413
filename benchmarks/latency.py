"""How long from the door's 202 to a browser: the WebSocket message of /live/overall that counts it.

Two measures at each rate. *Probes*: single events of a theme that nothing else sends, so the
theme's count in a message says exactly which probes it includes. *Load*: every event of the load
by its number of acceptance, against the first message whose total includes that many.

`python -m benchmarks.latency --seconds 60`
"""

from __future__ import annotations

import bisect
import itertools
import json
import threading
import time
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

import typer
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks import harness, report
from benchmarks.city import DEPARTMENTS, KINDS, KINDS_BY_THEME, issue_keys, make_city
from benchmarks.load import Load, Pushers, Sent
from citybrain.floor.settings import Settings

PROBE_THEME = "governance"
PROBE_DEPARTMENT = "justice"
PROBES_PER_S = 7.3  # in no simple ratio to the screens' rhythm, so that all phases are met
SETTLE_S = 5.0


@dataclass
class Watcher:
    """A browser's side of the socket: when did which total arrive."""

    settings: Settings
    screen: str = "overall"
    at: list[float] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)
    by_theme: list[dict[str, int]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Connect, and take messages until `stop`."""
        threading.Thread(target=self._run, daemon=True).start()

    def stop(self) -> None:
        """Take no more."""
        self._stop.set()

    def first_with(self, count: int, theme: str = "") -> float | None:
        """Return when the first message arrived that counts `count` events (of `theme`)."""
        totals = [item.get(theme, 0) for item in self.by_theme] if theme else self.totals
        spot = bisect.bisect_left(totals, count)
        return self.at[spot] if spot < len(self.at) else None

    def _run(self) -> None:
        host = f"{self.settings.screens_host}:{self.settings.screens_port}"
        while not self._stop.is_set():
            try:
                with connect(f"ws://{host}/live/{self.screen}") as socket:
                    self._take(socket)
            except (OSError, WebSocketException):
                time.sleep(0.2)

    def _take(self, socket: Any) -> None:
        while not self._stop.is_set():
            message = json.loads(socket.recv(timeout=30))
            if message["type"] == "pulse":
                self.at.append(time.time())
                self.totals.append(message["matters"] + message["readings"])
                self.by_theme.append(message["counts"])


def main(
    rates: Annotated[str, typer.Option(help="events/s, comma list")] = "1000,20000",
    seconds: Annotated[float, typer.Option(help="how long at each rate")] = 60,
) -> None:
    """Measure at each rate, print the table, write results/latency.json."""
    with harness.scratch("latency") as folder:
        cities = make_city(folder / "cities")
        settings = replace(harness.fresh_settings(folder / "data"), cities=cities)
        keys = issue_keys(settings)
        with harness.system(settings):
            serials = itertools.count(1, 1_000_000)
            runs = [
                _measure(settings, keys, float(rate), seconds, next(serials))
                for rate in rates.split(",")
            ]
    columns = ("events/s", "what", "n", "p50 ms", "p95 ms", "p99 ms", "max ms")
    report.show("from the door's 202 to a browser's message", columns, _rows(runs))
    report.write("latency", {"seconds": seconds, "runs": runs})


def _measure(
    settings: Settings, keys: dict[str, str], rate: float, seconds: float, serial: int
) -> dict[str, Any]:
    report.say(f"{rate:,.0f} events/s for {seconds:.0f} s")
    watcher = Watcher(settings)
    watcher.start()
    harness.eventually(lambda: len(watcher.at) > 3, "pulses arrive")
    load = Pushers(settings, keys, _load(rate, serial))
    probes = Pushers(settings, keys, _probes(serial + 900_000))
    time.sleep(SETTLE_S)
    base, base_probes = watcher.totals[-1], watcher.by_theme[-1].get(PROBE_THEME, 0)
    load.start()
    probes.start()
    time.sleep(seconds)
    load.stop()
    probes.stop()
    accepted = load.pushed.accepted() + probes.pushed.accepted()
    harness.eventually(lambda: watcher.totals[-1] >= base + accepted, "all is shown")
    watcher.stop()
    seen_probes = _waits(probes.pushed.bodies, base_probes, watcher, PROBE_THEME)
    seen_load = _waits(
        sorted(load.pushed.bodies + probes.pushed.bodies, key=lambda body: body.answered),
        base,
        watcher,
    )
    gaps = [later - earlier for earlier, later in itertools.pairwise(watcher.at)]
    return {
        "rate": rate,
        "accepted": accepted,
        "shown": watcher.totals[-1] - base,
        "accepted_per_s": round(accepted / seconds),
        "door_ms": _millis([body.answered - body.began for body in probes.pushed.bodies]),
        "probes_ms": _millis([wait for wait, _ in seen_probes]),
        "probes_n": len(seen_probes),
        "load_ms": _millis([wait for wait, rows in seen_load for _ in range(max(rows // 10, 1))]),
        "load_n": sum(rows for _, rows in seen_load),
        "between_messages_ms": _millis(gaps),
    }


def _load(rate: float, serial: int) -> Load:
    departments = tuple(name for name in DEPARTMENTS if name != PROBE_DEPARTMENT)
    kinds = tuple(kind for kind in KINDS if kind not in KINDS_BY_THEME[PROBE_THEME])
    rows = max(1, round(rate / 50))  # fifty requests a second, as many small senders would make
    return Load(rate, rows, 2, departments, kinds, serial)


def _probes(serial: int) -> Load:
    return Load(PROBES_PER_S, 1, 1, (PROBE_DEPARTMENT,), KINDS_BY_THEME[PROBE_THEME], serial)


def _waits(
    bodies: list[Sent], base: int, watcher: Watcher, theme: str = ""
) -> list[tuple[float, int]]:
    """Return (seconds from the 202 to the message, events) of each accepted body."""
    waits, count = [], base
    for body in bodies:
        count += body.rows
        seen = watcher.first_with(count, theme)
        if seen is not None:
            waits.append((max(0.0, seen - body.answered), body.rows))
    return waits


def _millis(seconds: list[float]) -> dict[str, float]:
    return {name: round(value * 1000, 1) for name, value in report.percentiles(seconds).items()}


def _rows(runs: list[dict[str, Any]]) -> list[list[object]]:
    rows: list[list[object]] = []
    for run in runs:
        for what in ("probes", "load"):
            found = run[f"{what}_ms"]
            head = [run["accepted_per_s"], what, run[f"{what}_n"]]
            rows.append([*head, *(found[name] for name in ("p50", "p95", "p99", "max"))])
    return rows


if __name__ == "__main__":
    typer.run(main)
