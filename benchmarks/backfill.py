"""Ten feeds hand in four years each beside live traffic: rows/s, and how late live rows are.

With `--kills 200` sink and store are killed at random instants meanwhile. At the end every row must
be there once and every rollup equal a recount. Envelopes go onto Kafka directly: the door is
measured by `benchmarks.ingest`.

`python -m benchmarks.backfill`, `python -m benchmarks.backfill --kills 200`
"""
# ruff: noqa: S311  nothing here is a secret

from __future__ import annotations

import os
import random
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import pyarrow as pa
import typer
import yaml
from clickhouse_connect.driver.client import Client

from benchmarks import harness, report
from citybrain.city import load_city
from citybrain.floor import events, store
from citybrain.floor.errors import StoreError
from citybrain.floor.events import SCHEMA, Envelope
from citybrain.floor.settings import Settings
from connectors.publisher import Publisher
from sinks.migrations import Dialect
from sinks.outage import TROUBLE
from sinks.repair import Repairer
from sinks.store_check import StoreCheck
from sinks.table import find_tables

YEARS = 4
ROWS = 5_000
"""Rows of an envelope of history: 30 weeks of hours."""
LIVE_FEEDS = 4
LIVE_EVERY_S = 0.25
LIVE_ROWS = 25
LATE_S = 10.0
PATIENCE_S = 4 * 3_600
"""After many kills every claim of history is in doubt, and is held against a recount."""
CAUGHT_UP = 0.75
"""Share of the kills before which live rows have caught up; others come in the middle of that."""
LOOK_S = 0.1
_HOUR = timedelta(hours=1)


@dataclass
class Live:
    """Live traffic: when each of its records was put on Kafka, and when its rows were seen."""

    settings: Settings
    sent: list[float] = field(default_factory=list)
    seen: list[float] = field(default_factory=list)
    down: list[tuple[float, float]] = field(default_factory=list)
    caught_up: list[float] = field(default_factory=list)

    def run(self, publisher: Publisher, stop: threading.Event) -> None:
        """Send until `stop`, to each feed in turn."""
        while not stop.wait(LIVE_EVERY_S):
            number = len(self.sent)
            feed = f"live_{number % LIVE_FEEDS}"
            now = datetime.now(UTC)
            ids = [f"{number}-{row}" for row in range(LIVE_ROWS)]
            publisher.send(_envelope(feed, ids, [now] * LIVE_ROWS, str(number)), []).receipt()
            self.sent.append(time.monotonic())

    def watch(self, stop: threading.Event) -> None:
        """Look how many records of each feed are there, until `stop` and all are."""
        client = None
        while not stop.is_set() or len(self.seen) < len(self.sent):
            try:
                client = client or store.connect(self.settings, timeout_s=5)
                self._look(client)
            except (StoreError, *TROUBLE):
                client = None
            time.sleep(LOOK_S)

    def _look(self, client: Client) -> None:
        sql = (
            "SELECT feed, max(toUInt32(text)) FROM events WHERE feed LIKE 'live_%'"
            " AND occurred_at > now() - INTERVAL 1 HOUR GROUP BY feed"
        )
        newest = {feed: int(last) for feed, last in client.query(sql).result_rows}
        while len(self.seen) < len(self.sent):
            number = len(self.seen)
            if newest.get(f"live_{number % LIVE_FEEDS}", -1) < number:
                return
            self.seen.append(time.monotonic())

    def await_caught_up(self) -> None:
        """Wait until nothing waits that is older than two seconds; note how long it took."""
        began = time.monotonic()
        harness.eventually(
            lambda: len(self.sent) - len(self.seen) < 2.0 / LIVE_EVERY_S, "live rows catch up", 600
        )
        self.caught_up.append(time.monotonic() - began)

    def waits(self) -> list[float]:
        """Return how long each record waited, the time left out in which a process was down."""
        return [
            seen - sent - sum(max(0.0, min(seen, up) - max(sent, off)) for off, up in self.down)
            for sent, seen in zip(self.sent, self.seen, strict=False)
        ]


def main(
    kills: Annotated[int, typer.Option(help="how often to kill sink, store or both")] = 0,
    feeds: Annotated[int, typer.Option(help="feeds with history")] = 10,
    seed: Annotated[int, typer.Option(help="of the instants")] = 1,
) -> None:
    """Measure, print the table, write results/backfill.json or results/backfill_killed.json."""
    found = run(kills=kills, feeds=feeds, seed=seed)
    title = f"{feeds} feeds x {YEARS} years beside live traffic, {kills} kills"
    report.show(title, ("measure", "found"), list(found.items()))
    report.write("backfill_killed" if kills else "backfill", found)
    if found["wrong rollups"] or found["rows"] != found["rows sent"] or found["twice"]:
        raise typer.Exit(1)


def run(*, kills: int, feeds: int = 10, years: float = YEARS, seed: int = 1) -> dict[str, Any]:
    """Return what was found of one run on a system of its own."""
    with harness.scratch("backfill") as folder:
        settings = replace(
            harness.fresh_settings(folder / "data"),
            cities=_city(folder / "cities"),
            instance="backfill",
        )
        with harness.system(settings, ("kafka", "store", "sink")) as running:
            try:
                return _measure(settings, running, _history(feeds, years), kills, seed)
            finally:
                for name in ("sink", "store"):
                    harness.stop(running[name])


def _measure(
    settings: Settings,
    running: dict[str, subprocess.Popen[bytes]],
    history: list[Envelope],
    kills: int,
    seed: int,
) -> dict[str, Any]:
    harness.eventually(lambda: _started(settings) >= 1, "the sink starts", 300)
    publisher, live, stop = Publisher(settings), Live(settings), threading.Event()
    sender = threading.Thread(target=live.run, args=(publisher, stop), daemon=True)
    watcher = threading.Thread(target=live.watch, args=(stop,), daemon=True)
    sender.start()
    harness.eventually(lambda: len(live.sent) > 8, "live traffic flows")
    watcher.start()
    harness.eventually(lambda: len(live.seen) > 4, "live rows are seen", 300)
    began, rows = time.monotonic(), sum(one.table.num_rows for one in history)
    if kills:
        killer = Killer(settings, running, live, random.Random(seed))
        killer.kill_meanwhile(publisher, history, kills)
    else:
        for one in history:
            publisher.send(one, []).receipt()
    report.say(f"{_there(settings)} of {rows} rows of history are there")
    harness.eventually(lambda: _there(settings) >= rows, "all history is there", PATIENCE_S)
    took = time.monotonic() - began
    stop.set()
    sender.join(30)
    watcher.join(300)
    live_rows = len(live.sent) * LIVE_ROWS
    harness.eventually(lambda: _nothing_deferred(settings), "nothing is deferred", PATIENCE_S)
    report.say("nothing is deferred; every rollup is recounted")
    return {
        "rows of history": rows,
        "seconds": round(took, 1),
        "rows/s": round(rows / took),
        "kills": kills,
        "others' load": round(os.getloadavg()[1], 1),
        "rows sent": rows + live_rows,
        **_verdict(settings),
        **_lateness(live),
    }


@dataclass
class Killer:
    """Kills sink, store or both at random instants, and starts them again."""

    settings: Settings
    running: dict[str, subprocess.Popen[bytes]]
    live: Live
    dice: random.Random

    def kill_meanwhile(self, publisher: Publisher, history: list[Envelope], kills: int) -> None:
        """Kill `kills` times, and hand in a share of `history` before each."""
        for number in range(kills):
            share = range(number * len(history) // kills, (number + 1) * len(history) // kills)
            for at in share:
                publisher.send(history[at], []).receipt()
            if self.dice.random() < CAUGHT_UP:
                self.live.await_caught_up()
            time.sleep(self.dice.uniform(0.0, 3.0))
            self._kill(self.dice.choice((("sink",), ("store",), ("sink", "store"))))
            if (number + 1) % 10 == 0:
                waiting = len(self.live.sent) - len(self.live.seen)
                report.say(f"{number + 1} kills; {waiting} live records wait")

    def _kill(self, names: tuple[str, ...]) -> None:
        off, before = time.monotonic(), _started(self.settings)
        for name in names:
            self.running[name].kill()
            self.running[name].wait()
        for name in reversed(names):
            self.running[name] = harness.start(self.settings, name)
        harness.eventually(lambda: harness.stores(self.settings), "the store answers")
        if "sink" in names:
            harness.eventually(lambda: _started(self.settings) > before, "the sink starts", 300)
        self.live.down.append((off, time.monotonic()))


def _started(settings: Settings) -> int:
    """Return how often a sink has been assigned its partitions."""
    path = settings.data / "log" / "sink.log"
    return path.read_text(errors="replace").count("sink_assigned") if path.exists() else 0


def _there(settings: Settings) -> int:
    """Return the rows of history in the store; 0 while it does not answer."""
    try:
        with store.connect(settings, timeout_s=20) as client:
            sql = "SELECT count() FROM events WHERE feed LIKE 'history_%'"
            return int(client.query(sql).result_rows[0][0])
    except (StoreError, *TROUBLE):
        return 0


def _nothing_deferred(settings: Settings) -> bool:
    sql = (
        "SELECT uniqExactIf(claim_id, kind = 'deferred')"
        " - uniqExactIf(claim_id, kind = 'settled' AND"
        " claim_id IN (SELECT claim_id FROM sink_ledger WHERE kind = 'deferred'))"
        " FROM sink_ledger WHERE topic = 'city.events'"
    )
    with store.connect(settings, timeout_s=20) as client:
        return int(client.query(sql).result_rows[0][0]) <= 0


def _verdict(settings: Settings) -> dict[str, Any]:
    """Return how many rows are there, how many of them twice, and which rollups are wrong."""
    with store.connect(settings, timeout_s=300) as client:
        sql = (
            "SELECT count(), count() - uniqExact(event_id),"
            " count() - uniqExact(kafka_partition, kafka_offset, kafka_row) FROM events"
        )
        rows, ids_twice, places_twice = client.query(sql).result_rows[0]
        tables, city = find_tables(), load_city(settings.city_folder)
        mender = Repairer(
            client, tables, tables["events"], city.retention_days, Dialect(city.time_zone)
        )
        feeds = [str(f) for (f,) in client.query("SELECT DISTINCT feed FROM events").result_rows]
        now = datetime.now(UTC)
        since, until = now - timedelta(days=366 * YEARS + 30), now + timedelta(days=2)
        looks = StoreCheck(mender, lambda: time.sleep(2))
        wrong = sorted({one.table for one in looks.wrong(since, until, feeds, now)})
        scratch = client.query(
            "SELECT count() FROM system.tables WHERE match(name, '_mend_[0-9a-f]{8}$')"
        ).result_rows[0][0]
    return {
        "rows": int(rows),
        "twice": int(ids_twice + places_twice),
        "wrong rollups": ", ".join(wrong),
        "scratch tables left": int(scratch),
    }


def _lateness(live: Live) -> dict[str, Any]:
    waits = sorted(live.waits())
    return {
        "live records": len(waits),
        "live p50 s": round(waits[len(waits) // 2], 2),
        "live p99 s": round(waits[len(waits) * 99 // 100], 2),
        "live max s": round(waits[-1], 2),
        f"live later than {LATE_S:.0f} s": sum(wait > LATE_S for wait in waits),
        "caught up after at most s": round(max(live.caught_up, default=0.0), 1),
        "seconds down": round(sum(up - off for off, up in live.down), 1),
    }


def _history(feeds: int, years: float) -> list[Envelope]:
    """Return hourly rows of `feeds` for `years`, the feeds' envelopes in turn."""
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=40)
    hours = int(years * 8_766)
    return [
        _envelope(
            f"history_{feed}",
            [str(hour) for hour in range(first, min(first + ROWS, hours))],
            [end - _HOUR * hour for hour in range(first, min(first + ROWS, hours))],
            "",
        )
        for first in range(0, hours, ROWS)
        for feed in range(feeds)
    ]


def _envelope(feed: str, ids: list[str], times: list[datetime], text: str) -> Envelope:
    rows = len(ids)
    columns: dict[str, Any] = {
        "event_id": events.event_ids(feed, pl.Series(ids)),
        "feed": [feed] * rows,
        "department": ["ecology"] * rows,
        "theme": ["ecology"] * rows,
        "kind": ["pm25"] * rows,
        "occurred_at": times,
        "received_at": [datetime.now(UTC)] * rows,
        "area": ["150302001"] * rows,
        "severity": [row % 5 for row in range(rows)],
        "value": [float(row % 100) for row in range(rows)],
        "subject": [feed] * rows,
        "text": [text] * rows,
        "attrs": [[]] * rows,
        "origin": ["simulated"] * rows,
    }
    given = [one for one in SCHEMA if one.name in columns]
    arrays = [_column(columns[one.name], one.type) for one in given]
    return Envelope(feed, "ecology", events.conform(pa.table(arrays, schema=pa.schema(given))))


def _column(values: Any, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode()
    return pa.array(values, kind)


def _city(cities: Path) -> Path:
    """Write Wuhai with a retention that keeps four years; return the folder of cities."""
    shutil.copytree(harness.ROOT / "cities" / "wuhai", cities / "wuhai")
    path = cities / "wuhai" / "city.yaml"
    city = yaml.safe_load(path.read_text())
    city["retention_days"] |= dict.fromkeys(("events", "events_hour"), 3_650)
    path.write_text(yaml.safe_dump(city, allow_unicode=True, sort_keys=False))
    return cities


if __name__ == "__main__":
    typer.run(main)
