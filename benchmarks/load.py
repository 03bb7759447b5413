"""Push events at the door: bodies made beforehand, several connections, a steady rate.

A body is a matrix of bytes with a line of fixed width per event, so that giving it fresh ids and
times costs the client next to nothing. A body that was not answered is sent again under the same
Idempotency-Key, as a careful department would.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from benchmarks.city import KINDS, feed_of
from citybrain.floor.settings import Settings

WIDTH = 250
STREETS = ("150302001", "150302003", "150302007", "150303001", "150303104", "150304008")
_ID, _TIME = "SSSSSSSS", "YYYY-MM-DDTHH:MM:SS"


class Body:
    """NDJSON of one department: `rows` events of `WIDTH` bytes each."""

    def __init__(
        self,
        department: str,
        rows: int,
        kinds: tuple[str, ...] = KINDS,
        subjects: int = 500,
        again: float = 0.0,
    ) -> None:
        """Make it, about `subjects` sensors; `stamp` gives it ids and times.

        `again`: which share of its rows, up to a half, was sent before just the same.
        """
        self.department = department
        self.rows = rows
        self._again, self._before = int(rows * again), b""
        random = np.random.default_rng(len(department))
        picks = zip(random.integers(0, 1 << 30, rows).tolist(), range(rows), strict=True)
        lines = b"".join(_line(pick, row, rows, kinds, subjects) for pick, row in picks)
        self._matrix = np.frombuffer(bytearray(lines), np.uint8).reshape(rows, WIDTH)
        text = lines[:WIDTH].decode()
        self._id = slice(text.index(_ID), text.index(_ID) + len(_ID))
        self._time = slice(text.index(_TIME), text.index(_TIME) + len(_TIME))

    def stamp(self, serial: int, at: datetime) -> bytes:
        """Return the body with ids that only `serial` has, all within the second `at`."""
        self._matrix[:, self._id] = np.frombuffer(f"{serial:08d}".encode(), np.uint8)
        second = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        self._matrix[:, self._time] = np.frombuffer(second.encode(), np.uint8)
        if not self._again:
            return self._matrix.tobytes()
        fresh = self._matrix[self._again :].tobytes()
        before = self._before or self._matrix[: self._again].tobytes()
        self._before = fresh[-self._again * WIDTH :]
        return before + fresh


def _line(pick: int, row: int, rows: int, kinds: tuple[str, ...], subjects: int) -> bytes:
    text = (
        f'{{"id":"{_ID}-{row:05d}","at":"{_TIME}.{row * 1000 // rows:03d}Z",'
        f'"kind":"{kinds[pick % len(kinds)]}","area":"{STREETS[pick % len(STREETS)]}",'
        f'"lon":106.{pick % 9000 + 1000},"lat":39.{pick % 7000 + 1000},"severity":{pick % 5},'
        f'"value":{pick % 900 + 100}.{pick % 10},"subject":"sensor-{pick % subjects:04d}","text":"'
    )
    return (text + "x" * (WIDTH - 3 - len(text)) + '"}\n').encode()


@dataclass
class Sent:
    """One body that the door accepted."""

    began: float
    answered: float
    rows: int
    rejected: int
    attempts: int
    known: int = 0


@dataclass
class Pushed:
    """What the senders did so far; read it while they run."""

    bodies: list[Sent] = field(default_factory=list)
    told_to_wait: int = 0
    reconnects: int = 0
    refused: list[str] = field(default_factory=list)

    def accepted(self) -> int:
        """Return the events accepted so far."""
        return sum(body.rows for body in self.bodies)

    def known(self) -> int:
        """Return the events that the door knew so far."""
        return sum(body.known for body in self.bodies)


@dataclass(frozen=True)
class Load:
    """What to push.

    Attributes:
        rate: events a second, all connections together; 0: as fast as the door takes them.
        rows: events of one body.
        connections: keep-alive connections.
        departments: who sends; none: all that have a key.
        kinds: kinds of the events.
        first_serial: number of the first body; ids and Idempotency-Keys come from it.
        subjects: how many sensors the events are about, at most 10,000.
        again: which share of the events was sent before just the same.
    """

    rate: float
    rows: int = 10_000
    connections: int = 4
    departments: tuple[str, ...] = ()
    kinds: tuple[str, ...] = KINDS
    first_serial: int = 0
    subjects: int = 500
    again: float = 0.0


class Pushers:
    """Threads that push what a `Load` says, one connection each."""

    def __init__(self, settings: Settings, keys: dict[str, str], load: Load) -> None:
        """Prepare the bodies, with the departments' API `keys`; nothing is sent before `start`."""
        self.pushed = Pushed()
        self._settings = settings
        self._keys = keys
        self._pace = load.rows / load.rate if load.rate else 0.0
        names = load.departments or tuple(keys)
        self._bodies = [
            [
                Body(name, load.rows, load.kinds, load.subjects, load.again)
                for name in names[index :: load.connections] or names[:1]
            ]
            for index in range(load.connections)
        ]
        self._next = self._first = load.first_serial
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(index,), daemon=True)
            for index in range(load.connections)
        ]
        self._started = 0.0

    def start(self) -> None:
        """Begin to push."""
        self._started = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 60) -> None:
        """End after each connection's present body is accepted."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout_s)

    def _run(self, index: int) -> None:
        line = _Line(self._settings, self.pushed, self._stop)
        turn = 0
        while not self._stop.is_set():
            with self._lock:
                serial, self._next = self._next, self._next + 1
            due = self._started + (serial - self._first) * self._pace
            if self._stop.wait(max(0.0, due - time.monotonic())):
                return
            body = self._bodies[index][turn % len(self._bodies[index])]
            turn += 1
            line.deliver(body, serial, self._keys[body.department])


class _Line:
    """One keep-alive connection that does not give a body up."""

    def __init__(self, settings: Settings, pushed: Pushed, stop: threading.Event) -> None:
        self._settings = settings
        self._pushed = pushed
        self._stop = stop
        self._http: http.client.HTTPConnection | None = None

    def deliver(self, body: Body, serial: int, key: str) -> None:
        """Send until the door accepts; after `stop` for 60 s more at most."""
        data = body.stamp(serial, datetime.now(UTC))
        began, attempts, give_up = time.time(), 0, 0.0
        while not give_up or time.monotonic() < give_up:
            if self._stop.is_set() and not give_up:
                give_up = time.monotonic() + 60
            attempts += 1
            status, answer, wait_s = self._post(body, serial, key, data)
            if status == 202:
                said = json.loads(answer)
                counts = (said["accepted"], said["rejected"], attempts, said["known"])
                self._pushed.bodies.append(Sent(began, time.time(), *counts))
                return
            self._note(status, answer)
            time.sleep(wait_s)

    def _note(self, status: int, answer: bytes) -> None:
        if status == 429:
            self._pushed.told_to_wait += 1
        elif status == 0:
            self._pushed.reconnects += 1
        else:
            self._pushed.refused.append(f"{status} {answer[:200].decode(errors='replace')}")

    def _post(self, body: Body, serial: int, key: str, data: bytes) -> tuple[int, bytes, float]:
        headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/x-ndjson",
            "Idempotency-Key": f"load-{serial:08d}",
        }
        try:
            self._http = self._http or http.client.HTTPConnection(
                self._settings.gateway_host, self._settings.gateway_port, timeout=30
            )
            path = f"/v1/feeds/{feed_of(body.department)}/events"
            self._http.request("POST", path, data, headers)
            answer = self._http.getresponse()
            text = answer.read()
            wait_s = float(answer.headers.get("Retry-After") or 0.2)
            return answer.status, text, wait_s
        except (OSError, http.client.HTTPException):
            if self._http:
                with contextlib.suppress(OSError):
                    self._http.close()
            self._http = None
            return 0, b"", 0.2
