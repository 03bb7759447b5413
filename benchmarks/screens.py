"""How the screens' queries grow with the rows, and how many viewers one process serves.

Events are made in the store itself, by INSERT … SELECT through the real tables and rollups, spread
over thirty days and over the city's real feeds, kinds and streets; then the screens' own reader
asks its own queries.

`python -m benchmarks.screens --rows 1000000,10000000,100000000 --viewers 200`
"""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from clickhouse_connect.driver.client import Client

from benchmarks import harness, report, viewers
from benchmarks.grow import Grower
from citybrain.city import load_city
from citybrain.floor import store
from citybrain.floor.settings import Settings
from dashboards.wall.screen import find_screens, queries_of
from dashboards.wall.store_reader import StoreReader
from dashboards.wall.tile_query import TileQuery
from sinks.migrations import Dialect, migrate
from sinks.table import find_tables

ROUNDS = 100
SLOW_EVERY = 10
TARGET_MS = 150.0


class Timed:
    """The store's client, with each question's time noted under the name of who asks it."""

    def __init__(self, client: Client) -> None:
        """Ask `client`."""
        self._client = client
        self.times_ms: dict[str, list[float]] = defaultdict(list)

    def query_arrow(self, *arguments: Any, **options: Any) -> Any:
        """Ask, and note how long it took."""
        name = _asked(sys._getframe(2))  # noqa: SLF001
        began = time.perf_counter()
        answer = self._client.query_arrow(*arguments, **options)
        self.times_ms[name].append((time.perf_counter() - began) * 1000)
        return answer


def _asked(frame: FrameType) -> str:
    """Return the name of the query, or of the function, that asks."""
    query = frame.f_locals.get("self")
    return query.name if isinstance(query, TileQuery) else frame.f_code.co_name


def main(
    rows: Annotated[str, typer.Option(help="rows of `events`, comma list")] = (
        "1000000,10000000,100000000"
    ),
    watching: Annotated[int, typer.Option("--viewers", help="WebSocket viewers")] = 200,
    seconds: Annotated[float, typer.Option(help="how long they watch")] = 30,
    keep: Annotated[bool, typer.Option(help="keep the data folder")] = False,
) -> None:
    """Measure, print the tables, write results/screens.json."""
    with harness.scratch("screens", keep) as folder:
        settings = harness.fresh_settings(folder / "data")
        sizes = [int(size) for size in rows.split(",")]
        with harness.system(settings, ("store",)):
            grower = Grower(make_tables(settings), load_city(settings.city_folder))
            runs = [_at(size, settings, grower) for size in sizes]
            push = viewers.measure(settings, watching, seconds) if watching else {}
    _show(runs, push)
    report.write("screens", {"rounds": ROUNDS, "runs": runs, "viewers": push, **_ratio(runs)})


def make_tables(settings: Settings) -> Client:
    """Make the database and its tables, as a sink does; return a client of it."""
    with store.connect(replace(settings, database="default")) as admin:
        admin.command(f"CREATE DATABASE IF NOT EXISTS {settings.database}")
    client = store.connect(settings, timeout_s=600)
    city = load_city(settings.city_folder)
    migrate(client, find_tables(), Dialect(city.time_zone))
    return client


def _at(size: int, settings: Settings, grower: Grower) -> dict[str, Any]:
    report.say(f"growing to {size:,} rows")
    grower.grow_to(size)
    found = _ask(settings)
    return {"rows": size, **grower.sizes(), **found}


def _ask(settings: Settings) -> dict[str, Any]:
    """Ask all queries as the screens' process does, `ROUNDS` times; return their times."""
    timed = Timed(store.connect(settings))
    city = load_city(settings.city_folder)
    reader = StoreReader(
        lambda: timed,  # type: ignore[arg-type,return-value]
        ZoneInfo(city.time_zone),
        queries_of(find_screens()),
        city.readings,
    )
    fast, whole = [], []
    for turn in range(ROUNDS):
        now = datetime.now(UTC) + timedelta(milliseconds=turn)
        began = time.perf_counter()
        reader.read_pulse(now)
        reader.read_base(now)
        fast.append((time.perf_counter() - began) * 1000)
        if turn % SLOW_EVERY == 0:
            reader.read_slow(now)
            whole.append((time.perf_counter() - began) * 1000)
    queries = {name: report.percentiles(times) for name, times in sorted(timed.times_ms.items())}
    return {
        "queries_ms": queries,
        "each_second_ms": report.percentiles(fast),
        "whole_set_ms": report.percentiles(whole),
    }


def _ratio(runs: list[dict[str, Any]]) -> dict[str, Any]:
    by_size = {run["rows"]: run for run in runs}
    small, large = by_size.get(10_000_000), by_size.get(100_000_000)
    if not (small and large):
        return {}
    ratios = {
        name: round(large["queries_ms"][name]["p95"] / small["queries_ms"][name]["p95"], 2)
        for name in large["queries_ms"]
    }
    sets = large["each_second_ms"]["p95"] / small["each_second_ms"]["p95"]
    return {"p95_100m_over_10m": {**ratios, "each second's set": round(sets, 2)}}


def _show(runs: list[dict[str, Any]], push: dict[str, Any]) -> None:
    names = [f"{run['rows'] // 1_000_000} M {what}" for run in runs for what in ("p50", "p95")]
    rows: list[list[object]] = [
        [name, *(run["queries_ms"][name][what] for run in runs for what in ("p50", "p95"))]
        for name in runs[-1]["queries_ms"]
    ]
    for title, key in (("each second's set", "each_second_ms"), ("whole set", "whole_set_ms")):
        rows.append([title, *(run[key][what] for run in runs for what in ("p50", "p95"))])
    report.show("queries of the screens, ms", ("query", *names), rows)
    if push:
        columns = ("viewers", "messages/s each", "push p50 ms", "p95 ms", "CPU % of a core", "MB")
        report.show("one process, many viewers", columns, [viewers.row(push)])


if __name__ == "__main__":
    typer.run(main)
