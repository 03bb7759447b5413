"""How long from a click to every desk and wall: `python -m benchmarks.decisions --count 100`.

Open alerts are acknowledged one after the other over the desk's own HTTP door. The clock runs from
the request to the row on another desk's socket, and to the message of the overall wall that counts
it. Twice: with the store at work, and with the store (and so the sink) stopped by SIGSTOP, as slow
as a store can be.
"""

from __future__ import annotations

import json
import os
import re
import signal
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

import httpx
import msgspec
import typer
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from benchmarks import harness, report
from citybrain.accounts import changes
from citybrain.alerts.records import Episode, Evidence, alert_id
from citybrain.floor import bus
from citybrain.floor.settings import Settings
from citybrain.floor.text import Text
from citybrain.floor.topics import EPISODES

PROCESSES = ("kafka", "store", "ruler", "sink", "screens")
NAME, PASSWORD = "duty_bench", "a long password of a benchmark"
PATIENCE_S = 60.0
EVERY_S = 0.37  # in no simple ratio to any beat


@dataclass
class Heard:
    """What one socket told, and when."""

    address: str
    cookies: str
    at: dict[str, float] = field(default_factory=dict)
    waiting: list[tuple[float, int]] = field(default_factory=list)
    rows: int = 0

    def follow(self) -> None:
        """Take messages for as long as the server sends them."""
        headers = {"Cookie": self.cookies}
        with connect(self.address, additional_headers=headers, max_size=None) as socket:
            try:
                for text in socket:
                    self._hear(json.loads(text), time.monotonic())
            except WebSocketException:
                return

    def _hear(self, message: dict[str, Any], now: float) -> None:
        for row in message.get("rows", ()):
            self.rows += message["type"] == "whole" or row["state"] == "firing"
            if row["state"] == "acknowledged":
                self.at.setdefault(row["id"], now)
        for tile in message.get("tiles", {}).values():
            data = tile.get("data")
            if isinstance(data, dict) and "waiting" in data and "levels" in data:
                self.waiting.append((now, data["waiting"]))


class Desk:
    """Somebody signed in."""

    def __init__(self, settings: Settings) -> None:
        """Sign in at the real door."""
        host = f"{settings.screens_host}:{settings.screens_port}"
        self._http = httpx.Client(base_url=f"http://{host}", timeout=PATIENCE_S)
        page = self._http.get("/login").text
        form = re.search(r'name="form" value="([^"]*)"', page)
        fields = {"name": NAME, "password": PASSWORD, "form": form[1] if form else ""}
        self._http.post("/login", data=fields, headers={"origin": f"http://{host}"})
        self._csrf = self._http.get("/desk/api/me").json()["csrf"]
        cookies = "; ".join(f"{one.name}={one.value}" for one in self._http.cookies.jar)
        self.list = Heard(f"ws://{host}/desk/live", cookies)
        self.wall = Heard(f"ws://{host}/live/overall", cookies)
        for heard in (self.list, self.wall):
            threading.Thread(target=heard.follow, daemon=True).start()

    def acknowledge(self, alert: str) -> None:
        """Ask for it; whether it was done shows on the sockets."""
        command = {"action": "acknowledge", "target": alert, "details": {}}
        self._http.post(
            "/desk/api/commands",
            json={"commands": [command]},
            headers={"x-csrf-token": self._csrf},
        ).raise_for_status()


def main(
    count: Annotated[int, typer.Option(help="decisions, each way")] = 100,
) -> None:
    """Measure, print the table, write results/decisions.json."""
    with harness.scratch("decisions") as folder:
        settings = harness.fresh_settings(folder)
        now = datetime.now(UTC)
        changes.add(settings.accounts_path, NAME, PASSWORD, now, role="officer")
        with harness.system(settings, PROCESSES) as running:
            names = _raise(settings, 2 * count)
            desk = Desk(settings)
            harness.eventually(lambda: desk.list.rows >= 2 * count, "the alerts are on the desk")
            at_work = _decide(desk, names[:count], 2 * count)
            store = running["store"].pid
            os.kill(store, signal.SIGSTOP)
            try:
                stopped = _decide(desk, names[count:], count)
            finally:
                os.kill(store, signal.SIGCONT)
    results = {"at work": at_work, "stopped": stopped}
    rows = [
        [f"store {how}: to {where}", *(times[where][name] for name in ("p50", "p95", "max"))]
        for how, times in results.items()
        for where in ("desk", "wall")
    ]
    report.show(f"{count} decisions, ms from the click", ("", "p50", "p95", "max"), rows)
    report.write("decisions", {"count": count, "ms": results})


def _raise(settings: Settings, count: int) -> list[str]:
    """Tell episodes as the rules would; return the ids of their alerts."""
    producer, now = bus.producer(settings), datetime.now(UTC)
    names = []
    for number in range(count):
        key = {"subject": f"bench-{number}"}
        name = alert_id("external_bench", key, now.isoformat())
        episode = Episode(
            alert=name,
            rule="external_bench",
            version="0",
            key=key,
            state="firing",
            level="orange",
            peak="orange",
            started_at=now,
            fired_at=now,
            told_at=now,
            title=Text("压测告警", "Benchmark alert"),
            summary=Text("", ""),
            theme="city_management",
            evidence=Evidence(measure="bench"),
            area=f"1503020{number % 90 + 10}",
            shard="external",
        )
        producer.send(EPISODES.name, msgspec.json.encode(episode), b"external_bench")
        names.append(name)
    producer.flush()
    producer.close()
    return names


def _decide(desk: Desk, names: list[str], waiting: int) -> dict[str, dict[str, float]]:
    """Acknowledge the alerts; return how long until the desk and the wall told, ms."""
    to_desk, to_wall = list[float](), list[float]()
    for number, name in enumerate(names, 1):
        began = time.monotonic()
        desk.acknowledge(name)
        harness.eventually(lambda name=name: name in desk.list.at, "the desk tells", PATIENCE_S)  # type: ignore[misc]
        left = waiting - number
        harness.eventually(
            lambda left=left, began=began: _told(desk, left, began) is not None,  # type: ignore[misc]
            "the wall tells",
            PATIENCE_S,
        )
        to_desk.append((desk.list.at[name] - began) * 1000)
        to_wall.append(((_told(desk, left, began) or began) - began) * 1000)
        time.sleep(EVERY_S)
    return {"desk": report.percentiles(to_desk), "wall": report.percentiles(to_wall)}


def _told(desk: Desk, left: int, since: float) -> float | None:
    """Return when the wall first said that no more than `left` wait."""
    return next((at for at, count in desk.wall.waiting if at >= since and count <= left), None)


if __name__ == "__main__":
    typer.run(main)
