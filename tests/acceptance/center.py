"""A whole situation center of real processes, and what a test wants to do to it and know of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks.city import KINDS_BY_THEME, feed_of, issue_keys, make_city
from benchmarks.harness import ROOT, fresh_settings
from benchmarks.load import Load, Pushers
from citybrain.floor import store
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings, to_environment
from citybrain.roof.local import running_state
from citybrain.roof.local.status_report import WORKS
from tests.waiting import eventually

PROCESSES = ("kafka", "store", "sink", "gateway", "stream", "screens")
START_S = 240.0
SETTLE_S = 180.0
CELLS = """
    count() AS events, count(value) AS values, round(sum(ifNull(value, 0)), 3) AS sum,
    min(value) AS min, max(value) AS max, countIf(severity = 1) AS minor,
    countIf(severity = 2) AS moderate, countIf(severity >= 3) AS severe,
    countIf(severity = 4) AS extreme"""
MERGED = """
    sum(t.events) AS events, sum(t.values) AS values, round(sum(t.sum), 3) AS sum,
    min(t.min) AS min, max(t.max) AS max, sum(t.minor) AS minor,
    sum(t.moderate) AS moderate, sum(t.severe) AS severe, sum(t.extreme) AS extreme"""
TOTALS = {
    "kind_minutes": (
        """SELECT at, theme, kind, feed, origin, sum(events), sum(t.severe), sum(t.values),
        round(sum(t.sum), 3), min(t.min), max(t.max) FROM kind_minutes AS t
        GROUP BY ALL ORDER BY at, theme, kind, feed, origin""",
        """SELECT toStartOfMinute(occurred_at, 'UTC') AS at, theme, kind, feed, origin, count(),
        countIf(severity >= 3), count(value), round(sum(ifNull(value, 0)), 3), min(value),
        max(value) FROM events GROUP BY ALL ORDER BY at, theme, kind, feed, origin""",
    ),
    "feed_totals": (
        """SELECT feed, sum(events), max(last_received_at), max(last_occurred_at),
        min(first_occurred_at) FROM feed_totals GROUP BY feed ORDER BY feed""",
        """SELECT feed, count(), max(received_at), max(occurred_at),
        min(toStartOfHour(occurred_at, 'UTC')) FROM events GROUP BY feed ORDER BY feed""",
    ),
}
BUCKETS = {
    "events_minute": "toStartOfMinute(occurred_at, 'UTC')",
    "events_hour": "toStartOfHour(occurred_at, 'UTC')",
    "events_day": "toDateTime(toStartOfDay(occurred_at, 'Asia/Shanghai'), 'UTC')",
}


@dataclass
class Center:
    """One running center.

    Attributes:
        settings: its own ports and folder.
        keys: API key by department.
        accepted: events that its doors have accepted from `pushing` so far.
        serial: number of the next body; no two bodies of a center have the same.
    """

    settings: Settings
    keys: dict[str, str] = field(repr=False)
    accepted: int = 0
    serial: int = 1
    _extra: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @contextlib.contextmanager
    def pushing(self, rate: float = 2_000, rows: int = 50) -> Iterator[Pushers]:
        """Push events while the block runs; every body is sent until a door accepts it."""
        load = Load(rate, rows, 4, first_serial=self.serial)
        self.serial += 1_000_000
        pushers = Pushers(self.settings, self.keys, load)
        pushers.start()
        try:
            yield pushers
        finally:
            pushers.stop()
            self.accepted += pushers.pushed.accepted()
        assert pushers.pushed.refused == []
        assert all(body.rejected == 0 for body in pushers.pushed.bodies)

    def push_one(self, text: str) -> dict[str, Any]:
        """Push one report of the city management with `text`; return the event as it was sent."""
        event = {
            "id": f"one-{time.time_ns()}",
            "at": SystemClock().now().isoformat(),
            "kind": KINDS_BY_THEME["city_management"][0],
            "area": "150302003",
            "severity": 2,
            "value": None,
            "subject": "bench-7",
            "text": text,
        }
        status, said = self.push(event)
        assert (status, said["accepted"], said["rejected"]) == (202, 1, 0)
        self.accepted += 1
        return event

    def tell_alert(self, name: str, level: str, *, over: bool = False) -> None:
        """Tell an alert of the city management as Alertmanager does, or that it is over."""
        now = SystemClock().now().isoformat()
        place = {"theme": "city_management", "area": "150302003"}
        alert = {
            "labels": {"alertname": name, "severity": level, **place},
            **({"endsAt": now} if over else {}),
        }
        headers = {"Authorization": f"Bearer {self.keys['city_management']}"}
        door = http.client.HTTPConnection("127.0.0.1", self.settings.gateway_port)
        door.request("POST", "/api/v2/alerts", json.dumps([alert]), headers)
        assert door.getresponse().status == http.HTTPStatus.OK

    def push(self, *events: dict[str, Any], key: str = "") -> tuple[int, Any]:
        """Push events of the city management; return the door's status and answer.

        `key` is the Idempotency-Key, for who repeats what was not answered.
        """
        headers = {
            "Authorization": f"Bearer {self.keys['city_management']}",
            "Content-Type": "application/json",
            **({"Idempotency-Key": key} if key else {}),
        }
        path = f"/v1/feeds/{feed_of('city_management')}/events"
        door = http.client.HTTPConnection("127.0.0.1", self.settings.gateway_port)
        door.request("POST", path, json.dumps(events), headers)
        answer = door.getresponse()
        return answer.status, json.loads(answer.read())

    def client(self) -> Client:
        """Return a client of the store."""
        return eventually(lambda: store.connect(self.settings), 60)

    def pid(self, name: str) -> int:
        """Return the process id of one of the supervised processes; 0 while it is down."""
        snapshot = running_state.read(self.settings)
        states = snapshot.processes if snapshot else ()
        return next((one.pid for one in states if one.name == name), 0)

    def is_up(self, *names: str) -> bool:
        """Tell whether the supervisor calls these processes up (by default all)."""
        snapshot = running_state.read(self.settings)
        states = snapshot.processes if snapshot else ()
        up = {one.name for one in states if one.state in WORKS}
        return up >= set(names or PROCESSES)

    def kill(self, name: str) -> int:
        """Kill a supervised process as kill -9 does; return the process id that it had."""
        pid = eventually(lambda: self.pid(name), 60)
        os.kill(pid, signal.SIGKILL)
        return pid

    def journal(self) -> list[str]:
        """Return the supervisor's log, without the times."""
        text = (self.settings.data / "log" / "supervisor.log").read_text()
        return [line.split(" ", 1)[1] for line in text.splitlines()]

    def start_extra(self, name: str) -> subprocess.Popen[bytes]:
        """Start one more process of a kind, beside the supervised one."""
        child = start_child(name, self.settings)
        self._extra.append(child)
        return child

    def stop_extras(self) -> None:
        """Stop what `start_extra` started."""
        for child in self._extra:
            stop(child)
        self._extra.clear()

    def settled(self) -> dict[str, int]:
        """Wait until everything accepted is in the store; return the counts that must agree."""
        eventually(lambda: self.counts()["events"] >= self.accepted, SETTLE_S, 0.5)
        eventually(lambda: self.counts()["windows"] >= self.accepted, SETTLE_S, 0.5)
        return self.counts()

    def counts(self) -> dict[str, int]:
        """Return how many events each place counts."""
        questions = {
            "events": "count() FROM events",
            "ids": "uniqExact(event_id) FROM events",
            "places": "uniqExact(kafka_partition, kafka_offset, kafka_row) FROM events",
            "events_minute": "sum(events) FROM events_minute",
            "events_hour": "sum(events) FROM events_hour",
            "events_day": "sum(events) FROM events_day",
            "feed_totals": "sum(events) FROM feed_totals",
            "windows": "sum(events) FROM windows FINAL WHERE size_s = 60",
        }
        client = self.client()
        return {
            name: int(client.query(f"SELECT {question}").result_rows[0][0])
            for name, question in questions.items()
        }

    def expected(self) -> dict[str, int]:
        """Return what `counts` must be when nothing is lost and nothing is there twice."""
        return dict.fromkeys(self.counts(), self.accepted)

    def rollup(self, table: str) -> tuple[list[Any], list[Any]]:
        """Return the cells of a rollup, and the same counted anew from the events."""
        place = "theme, kind, department, feed, area, origin"
        recount = f"""
            SELECT {BUCKETS[table]} AS at, theme, kind, department, feed,
                substring(area, 1, 9) AS area, origin, {CELLS}
            FROM events GROUP BY at, {place} ORDER BY at, {place}"""  # noqa: S608  # our own names
        stored = f"""
            SELECT at, {place}, {MERGED} FROM {table} AS t
            GROUP BY at, {place} ORDER BY at, {place}"""  # noqa: S608  # our own names
        return self._both(stored, recount)

    def totals(self, table: str) -> tuple[list[Any], list[Any]]:
        """Return the rows of a small rollup, and the same counted anew from the events."""
        return self._both(*TOTALS[table])

    def _both(self, stored: str, recount: str) -> tuple[list[Any], list[Any]]:
        client = self.client()
        return client.query(stored).result_rows, client.query(recount).result_rows

    def has_claimed(self, pid: int) -> bool:
        """Tell whether the sink with process id `pid` has claimed events."""
        sql = (
            "SELECT count() FROM sink_ledger"
            " WHERE topic = 'city.events' AND kind = 'claim' AND owner LIKE {owner:String}"
        )
        found = self.client().query(sql, parameters={"owner": f"%-{pid}-%"})
        return bool(found.result_rows[0][0])

    def log(self, name: str) -> str:
        """Return what a process has logged."""
        return (self.settings.data / "log" / f"{name}.log").read_text()

    def watch(self, screen: str = "overall") -> Screen:
        """Open a screen's socket, as a browser does."""
        return Screen(self.settings, screen)


class Screen:
    """A browser's side of a screen's socket: it connects again by itself, and keeps the newest."""

    def __init__(self, settings: Settings, name: str) -> None:
        """Connect in the background."""
        self._url = f"ws://{settings.screens_host}:{settings.screens_port}/live/{name}"
        self._stop = threading.Event()
        self.messages: list[dict[str, Any]] = []
        threading.Thread(target=self._run, daemon=True).start()

    def __enter__(self) -> Screen:
        """Watch."""
        eventually(lambda: self.messages, 60)
        return self

    def __exit__(self, *_: object) -> None:
        """Close the browser."""
        self._stop.set()

    def pulses(self) -> list[dict[str, Any]]:
        """Return the pulses so far."""
        return [message for message in self.messages if message["type"] == "pulse"]

    def shown(self) -> int:
        """Return today's events as shown now."""
        pulses = self.pulses()
        return int(pulses[-1]["matters"] + pulses[-1]["readings"]) if pulses else -1

    def lists(self, text: str) -> bool:
        """Tell whether a rolling list that came shows `text`."""
        return any(text in json.dumps(pulse.get("list", ())) for pulse in self.pulses())

    def _run(self) -> None:
        while not self._stop.is_set():
            with contextlib.suppress(OSError, WebSocketException), connect(self._url) as socket:
                while not self._stop.is_set():
                    self.messages.append(json.loads(socket.recv(timeout=10)))
            self._stop.wait(0.2)


@contextlib.contextmanager
def center(
    folder: Path, prepare: Callable[[Path], None] = lambda _: None, **changes: Any
) -> Iterator[Center]:
    """Run a center in `folder` under the supervisor; `changes` are settings.

    `prepare` is called with the city's folder before anything runs.
    """
    cities = make_city(folder / "cities")
    prepare(cities / "wuhai")
    changes = {"store_hurries": True, **changes}  # tests ask the store, and look at no wall
    settings = replace(fresh_settings(folder / "data"), cities=cities, **changes)
    keys = issue_keys(settings)
    child = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.supervise"],
        cwd=ROOT,
        env=os.environ | to_environment(settings),
    )
    running_center = Center(settings, keys)
    try:
        eventually(running_center.is_up, START_S)
        yield running_center
    finally:
        running_center.stop_extras()
        stop(child, 40)


def start_child(name: str, settings: Settings) -> subprocess.Popen[bytes]:
    """Start a process beside those of the supervisor."""
    logs = settings.data / "log"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"extra-{name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "citybrain.roof.local.child", name, str(os.getpid())],
            cwd=ROOT,
            env=os.environ | to_environment(settings),
            stdout=log,
            stderr=log,
        )


def stop(child: subprocess.Popen[bytes], patience_s: float = 15) -> None:
    """End a process: politely, then for certain."""
    if child.poll() is None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience_s)
    child.kill()
    child.wait()
