"""Cases through Kafka and the store, with the processes that a city runs: rate, lateness, start.

A command is signed and written to `city.commands`, as a desk writes it; `casework` carries it out,
the sink brings the step to the store, and a desk that is signed in hears of the row.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

import httpx
import msgspec
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks import harness, report
from benchmarks.cases.lives import A_DAY, commands
from benchmarks.cases.replay import CaseReplay, new_owner
from benchmarks.measure import Sampler
from citybrain.accounts import changes
from citybrain.cases.case_snapshot import CasesSnapshot
from citybrain.floor import bus
from citybrain.floor.errors import StoreError
from citybrain.floor.settings import Settings
from citybrain.floor.snapshot_parts import parts_of
from citybrain.floor.store import connect as connect_store
from citybrain.floor.topics import AUDIT, CASE_SNAPSHOTS, CASES, COMMANDS
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Command

PROCESSES = ("kafka", "store", "casework", "sink", "screens")
NAME, PASSWORD = "dispatch_bench", "a long password of a benchmark"
BEAT_S = 0.02
PATIENCE_S = 300.0
FIRST = 200
"""Commands before the clock starts: all processes are at work then."""
COPIES = 1_000
"""Cases of a snapshot that are made of one that was worked."""


@dataclass
class CaseWriter:
    """Writes signed commands of lives to Kafka, each given now.

    Attributes:
        settings: where to.
        given: all commands that there will be.
        at: command's case and version → when it was written, monotonic seconds.
    """

    settings: Settings
    given: Iterator[Command]
    at: dict[tuple[str, int], float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Sign as desks do; there may be no topics yet."""
        bus.ensure_topics(self.settings)
        self._seal = CommandSeal.of(self.settings.command_key_path)
        self._producer = bus.producer(self.settings, linger_ms=0)
        self._versions: dict[str, int] = {}

    def write(self, count: int) -> None:
        """Write the next `count` commands; they are on their way then."""
        now, began = datetime.now(UTC), time.monotonic()
        for one in islice(self.given, count):
            command = self._seal.signed(msgspec.structs.replace(one, at=now))
            version = self._versions[one.target] = self._versions.get(one.target, 0) + 1
            self.at[one.target, version] = began
            self._producer.send(COMMANDS.name, msgspec.json.encode(command), one.target.encode())

    def close(self) -> None:
        """Have all of them acknowledged."""
        self._producer.flush()
        self._producer.close()


def of_lives(first_day: int) -> Iterator[Command]:
    """Yield the commands of the cases that begin from a day on."""
    return chain.from_iterable(commands(first_day * A_DAY, (first_day + 400) * A_DAY))


def throughput(count: int) -> dict[str, Any]:
    """Return how many commands a second are on Kafka as steps and entries, and in the store."""
    with harness.scratch("cases") as folder:
        settings = harness.fresh_settings(folder)
        with harness.system(settings, PROCESSES[:-1]) as running:
            writer = CaseWriter(settings, of_lives(0))
            writer.write(FIRST)
            _wait(lambda: _entries(settings) >= FIRST, "the first commands are decided")
            _wait(lambda: _stored(settings) >= FIRST, "the first steps are in the store")
            with Sampler({name: one.pid for name, one in running.items()}) as sampler:
                began, since = time.time(), time.monotonic()
                writer.write(count)
                writer.close()
                wanted = FIRST + count
                _wait(lambda: _entries(settings) >= wanted, "all commands are decided")
                decided = time.monotonic() - since
                steps = bus.end_offset(settings, CASES, 0)
                _wait(lambda: _stored(settings) >= steps, "all steps are in the store")
                stored = time.monotonic() - since
            cost = sampler.summary(began, time.time(), count)
    return {
        "commands": count,
        "steps": steps,
        "decided_per_s": round(count / decided),
        "stored_per_s": round(count / stored),
        "cpu_s": {name: one["cpu_s"] for name, one in cost.items()},
        "peak_mb": {name: one["peak_mb"] for name, one in cost.items()},
    }


def lateness(rate: float, seconds: float) -> dict[str, Any]:
    """Return how long from a command on Kafka until a desk's live list shows what it did, ms."""
    with harness.scratch("cases") as folder:
        settings = harness.fresh_settings(folder)
        now = datetime.now(UTC)
        changes.add(settings.accounts_path, NAME, PASSWORD, now, role="dispatcher")
        with harness.system(settings, PROCESSES):
            desk = LiveDesk(settings)
            writer = CaseWriter(settings, of_lives(0))
            writer.write(20)
            _wait(lambda: len(desk.heard) > 0, "a desk hears of the first case")
            before, began = len(writer.at), time.monotonic()
            while (passed := time.monotonic() - began) < seconds:
                writer.write(max(round(passed * rate) - len(writer.at) + before, 0))
                time.sleep(BEAT_S)
            writer.close()
            wanted = list(writer.at)[before:]
            _wait(lambda: desk.knows(wanted[-1]), "the desk shows the last command")
            waits = [desk.at(*one) - writer.at[one] for one in wanted if desk.knows(one)]
    found = report.percentiles([1000 * one for one in waits])
    return {
        "rate": rate,
        "commands": len(wanted),
        "seen": len(waits),
        **{name: round(value, 1) for name, value in found.items()},
    }


class LiveDesk:
    """A dispatcher's case desk: what its socket told, and when.

    Attributes:
        heard: case → (when, version) of each row; a case that went away has any version then.
    """

    def __init__(self, settings: Settings) -> None:
        """Sign in at the real door, and follow the list."""
        host = f"{settings.screens_host}:{settings.screens_port}"
        client = httpx.Client(base_url=f"http://{host}", timeout=PATIENCE_S)
        form = re.search(r'name="form" value="([^"]*)"', client.get("/login").text)
        fields = {"name": NAME, "password": PASSWORD, "form": form[1] if form else ""}
        client.post("/login", data=fields, headers={"origin": f"http://{host}"})
        cookies = "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)
        self.heard: dict[str, list[tuple[float, float]]] = {}
        address = f"ws://{host}/cases/live"
        threading.Thread(target=self._follow, args=(address, cookies), daemon=True).start()

    def knows(self, one: tuple[str, int]) -> bool:
        """Return whether the desk showed a case in a version, or a later one."""
        case, version = one
        return any(known >= version for _, known in self.heard.get(case, ()))

    def at(self, case: str, version: int) -> float:
        """Return when it first did, monotonic seconds."""
        return min(at for at, known in self.heard[case] if known >= version)

    def _follow(self, address: str, cookies: str) -> None:
        with connect(address, additional_headers={"Cookie": cookies}, max_size=None) as socket:
            try:
                for text in socket:
                    self._hear(msgspec.json.decode(text), time.monotonic())
            except WebSocketException:
                return

    def _hear(self, message: dict[str, Any], now: float) -> None:
        for row in message.get("rows", ()):
            self.heard.setdefault(row["id"], []).append((now, row["v"]))
        for case in message.get("removed", ()):
            self.heard.setdefault(case, []).append((now, float("inf")))


def start(cases: int) -> dict[str, Any]:
    """Return how long the owner takes to be there with so many open cases, and how large it is."""
    with harness.scratch("cases") as folder:
        settings = harness.fresh_settings(folder)
        with harness.broker(settings):
            bus.ensure_topics(settings)
            size = _write_snapshot(settings, cases)
            began = time.monotonic()
            running = harness.start(settings, "casework")
            try:
                with Sampler({"casework": running.pid}, 0.1) as sampler:
                    log = settings.data / "log" / "casework.log"
                    _wait(lambda: "cases_loaded" in log.read_text(), "the cases are loaded")
                    loaded = time.monotonic() - began
                    writer = CaseWriter(settings, of_lives(100))
                    writer.write(1)
                    writer.close()
                    _wait(lambda: _entries(settings) >= 1, "a command is decided")
                    answered = time.monotonic() - began
                track = sampler.tracks["casework"]
            finally:
                harness.stop(running)
    return {
        "open_cases": cases,
        "snapshot_mb": size,
        "loaded_s": round(loaded, 1),
        "first_answer_s": round(answered, 1),
        "cpu_s": round(track.cpu_s[-1], 1),
        "rss_mb": round(track.rss_mb[-1], 1),
        "peak_mb": round(track.peak_mb(), 1),
    }


def _write_snapshot(settings: Settings, cases: int) -> float:
    """Write a snapshot of `cases` open cases at work; return its size in MB."""
    replayed, now = CaseReplay(new_owner()), datetime.now(UTC)
    wanted, taken = max(cases // COPIES, 1), 0
    given = (one for one in of_lives(0))
    while len(replayed.owner.held.open) < wanted and taken < 50 * wanted:
        chunk = [msgspec.structs.replace(one, at=now) for one in islice(given, 500)]
        replayed.take(chunk)
        taken += len(chunk)
    models = list(replayed.owner.held.open.values())[:wanted]
    kept = [
        msgspec.structs.replace(
            models[number % len(models)],
            id=f"{number:08x}-0000-4000-a000-000000000000",
            number=f"WH-20260101-{number:06}",
        )
        for number in range(cases)
    ]
    body = msgspec.msgpack.encode(CasesSnapshot(kept, 0))
    producer = bus.producer(settings)
    for part, value in enumerate(parts_of(-1, body)):
        producer.send(CASE_SNAPSHOTS.name, value, f"0:{part}".encode(), partition=0)
    producer.flush()
    producer.close()
    return round(len(body) / 1024**2, 1)


def _entries(settings: Settings) -> int:
    return bus.end_offset(settings, AUDIT, 0)


def _stored(settings: Settings) -> int:
    try:
        client = connect_store(settings)
    except StoreError:  # the sink has made no database yet
        return 0
    with client:
        if not client.query("EXISTS TABLE case_steps").result_rows[0][0]:
            return 0
        return int(client.query("SELECT count() FROM case_steps").result_rows[0][0])


def _wait(done: Callable[[], bool], what: str) -> None:
    harness.eventually(done, what, PATIENCE_S)
