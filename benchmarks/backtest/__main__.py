"""How long it takes to judge 60 rules over a month of events in the store.

The rules are those of `benchmarks.alerts`: every reading, means, maxima, counts and absences. The
events are made in the store itself, evenly over the days, from 3,200 sensors, each of one kind.

`python -m benchmarks.backtest --events 100000000 --days 30`
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from clickhouse_connect.driver.client import Client

from benchmarks import harness, report
from benchmarks.alerts.rules import write_rules
from benchmarks.city import DEPARTMENTS, feed_of, make_city
from benchmarks.measure import Sampler
from benchmarks.screens import make_tables
from citybrain.city import City, load_city
from citybrain.floor import store
from citybrain.floor.clock import millis
from citybrain.floor.settings import Settings
from streams.ruling.rulebook import load_rules
from streams.ruling.tools.backtest_command import BacktestOutcome, replayed

CHUNK = 1_000_000
SUBJECTS = 3_200
END = datetime(2026, 3, 31, tzinfo=UTC)

INSERT = """
INSERT INTO events
SELECT
    generateUUIDv4(number) AS event_id,
    {feeds:Array(String)}[1 + h % length({feeds:Array(String)})] AS feed,
    {departments:Array(String)}[1 + h % length({feeds:Array(String)})] AS department,
    {themes:Array(String)}[pick] AS theme,
    {kinds:Array(String)}[pick] AS kind,
    fromUnixTimestamp64Milli(at_ms, 'UTC') AS occurred_at,
    fromUnixTimestamp64Milli(at_ms + 800, 'UTC') AS received_at,
    {areas:Array(String)}[1 + h2 % length({areas:Array(String)})] AS area,
    106.6 + (h % 5000) / 10000 AS lon,
    39.2 + (h2 % 8000) / 10000 AS lat,
    toUInt8(1) AS severity,
    if(h3 % 2000000 = 0, 5000, 100 + h3 % 900) AS value,
    concat('sensor-', toString(number % {subjects:UInt32})) AS subject,
    '' AS text,
    map() AS attrs,
    'simulated' AS origin,
    toUInt16(0) AS kafka_partition,
    number AS kafka_offset,
    toUInt32(0) AS kafka_row
FROM (
    SELECT number, sipHash64(number) AS h, sipHash64(number, 1) AS h2, sipHash64(number, 2) AS h3,
        1 + number % length({kinds:Array(String)}) AS pick,
        toInt64({start:Int64} + number * {span:Float64} / {total:UInt64}) AS at_ms
    FROM numbers({from:UInt64}, {count:UInt64})
)
SETTINGS max_threads = 2, max_insert_threads = 1"""


def main(
    events: Annotated[int, typer.Option(help="events in the store")] = 100_000_000,
    days: Annotated[int, typer.Option(help="over how many days")] = 30,
) -> None:
    """Measure, print the table, write results/backtest.json."""
    with harness.scratch("backtest") as folder:
        city = _city(folder)
        settings = harness.fresh_settings(folder / "data")
        with harness.system(settings, ("store",)):
            make_tables(settings).close()
            filled_s = fill(settings, city, events, days)
            with Sampler({"backtest": os.getpid()}) as sampler:
                found = _judged(settings, city, days)
            result = _result(found, filled_s, sampler.tracks["backtest"].peak_mb())
    _show(result)
    report.write("backtest", {"events_in_store": events, "days": days, **result})


def fill(settings: Settings, city: City, events: int, days: int) -> float:
    """Put `events` events, evenly over `days` days before `END`, into the store; return seconds."""
    began = time.perf_counter()
    kinds = sorted({kind for feed in city.feeds.values() for kind in feed.kinds})
    parameters = {
        "feeds": [feed_of(name) for name in DEPARTMENTS],
        "departments": list(DEPARTMENTS),
        "themes": [city.kinds[kind].theme for kind in kinds],
        "kinds": kinds,
        "areas": [code for code in city.areas if len(code) >= 9],
        "subjects": SUBJECTS,
        "start": millis(END - timedelta(days=days)),
        "span": float(days * 86_400_000),
        "total": events,
    }
    with store.connect(settings, timeout_s=600) as client:
        for first in range(0, events, CHUNK):
            _insert(client, parameters | {"from": first, "count": min(CHUNK, events - first)})
    return time.perf_counter() - began


def _insert(client: Client, parameters: dict[str, Any]) -> None:
    client.command(INSERT, parameters=parameters)


def _city(folder: Path) -> City:
    place = make_city(folder / "cities") / "wuhai"
    write_rules(place)
    return load_city(place)


def _judged(settings: Settings, city: City, days: int) -> BacktestOutcome:
    span = (END - timedelta(days=days), END)
    return replayed(settings, city, [load_rules(city)], span)


def _result(found: BacktestOutcome, filled_s: float, peak_mb: float) -> dict[str, Any]:
    judged = found.judged[0]
    return {
        "rules": len(judged.seconds),
        "events": found.events,
        "seconds": round(found.seconds, 1),
        "events_per_s": round(found.events / found.seconds),
        "looks_per_s": round(sum(judged.events.values()) / found.seconds),
        "engine_s": round(sum(judged.seconds.values()), 1),
        "alerts": len(judged.alerts),
        "quarantined": sorted(judged.quarantined),
        "peak_mb": round(peak_mb, 1),
        "filled_s": round(filled_s, 1),
    }


def _show(result: dict[str, Any]) -> None:
    rows = [(name.replace("_", " "), value) for name, value in result.items()]
    report.show("rules over a month of events", ("figure", "value"), rows)


if __name__ == "__main__":
    typer.run(main)
