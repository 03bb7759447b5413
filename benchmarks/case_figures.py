"""How fast the figures of the case desk answer at a city's size, by each view of the panel.

200,000 open cases and 600,000 that were opened within a year and are closed, as rows of
``case_figures``; new versions of old cases come in small inserts while it is asked, as a sink
writes them. Asked are the desk's own queries, for the whole city and for one unit.

`python -m benchmarks.case_figures --open 200000 --closed 600000`
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import psutil
import typer
from clickhouse_connect.driver.client import Client

from benchmarks import harness, report
from benchmarks.screens import make_tables
from citybrain.floor import store
from citybrain.workflow.scope import Scope
from dashboards.cases.figures import figure_queries
from dashboards.cases.figures.figure_queries import FigureAsk, FigureList
from dashboards.cases.figures.period import PeriodForm, periods

ROUNDS = 20
TARGET_MS = 150.0
ZONE = ZoneInfo("Asia/Shanghai")
PIECE = 100_000
VERSIONS, PAUSE_S = 20, 0.5
"""New versions in an insert, and the time between two of them: 40 steps a second."""
LIMITS = ("sign", ("city_management/handle",))
STAGES = ("reporting", "filing", "dispatching", "handling", "feedback")
CLOCKS = ("accept", "verify", "dispatch", "handle", "sign")
_LATE = "if(rand(5) % 100 < 8, ['city_management/handle'], [])"
_SIGN_LATE = "if(rand(14) % 100 < 8, ['sign'], [])"
_STAGES = ", ".join(f"'city_management/{one}'" for one in STAGES)
_CLOCKS = ", ".join(f"'{one}'" for one in CLOCKS)
_SPENT = ", ".join(f"toUInt32(rand({n}) % 90000)" for n in range(20, 25))
_MADE = f"""INSERT INTO case_figures SELECT
    toString(generateUUIDv4()) AS id, 1 + rand(1) % 8, concat('WH-', toString(number)),
    'handling', 'handling', 'city_management', concat('kind_', toString(rand(2) % 90)), 'hotline',
    concat('15030', toString(2 + rand(3) % 3), '00', toString(rand(4) % 9)),
    ['city_management', concat('unit_', toString(rand(6) % 60))], 'live', rand(7) % 5,
    'A street light is out', {{opened}} AS opened, opened,
    concat('unit_', toString(rand(6) % 60)) AS handler, handler, false, false,
    if(rand(8) % 4 = 0, 1 + rand(9) % 5, 0), rand(10) % 20 = 0, rand(11) % 12 = 0,
    rand(15) % 3 = 0, rand(16) % 40 = 0,
    {{closed}} AS first, NULL, first,
    [{_CLOCKS}], arrayMap(n -> opened + toIntervalMinute(n * 9), range(5)),
    arrayMap(n -> opened + toIntervalMinute(n * 9 + 5), range(5)), {_LATE}, {_SIGN_LATE},
    [{_STAGES}], [{_SPENT}]
FROM numbers({{first}}, {{count}})"""  # noqa: S608  constants of this module
_AGAIN = """INSERT INTO case_figures SELECT * REPLACE (version + 1 AS version)
FROM case_figures WHERE cityHash64(id, {salt}) % {share} = 0 LIMIT {count}"""


def main(
    opened: Annotated[int, typer.Option("--open", help="open cases")] = 200_000,
    closed: Annotated[int, typer.Option(help="cases closed within the year")] = 600_000,
    keep: Annotated[bool, typer.Option(help="keep the data folder")] = False,
) -> None:
    """Measure, print the table, write results/case_figures.json."""
    with harness.scratch("case-figures", keep) as folder:
        settings = harness.fresh_settings(folder / "data")
        with harness.system(settings, ("store",)) as running:
            client = make_tables(settings)
            _grow(client, opened, closed)
            client.command("OPTIMIZE TABLE case_figures FINAL")  # as a night's merges leave it
            stop = threading.Event()
            writer = threading.Thread(
                target=_write, args=(store.connect(settings, timeout_s=600), stop, opened)
            )
            writer.start()
            try:
                views = _ask(
                    store.connect(settings, timeout_s=600), psutil.Process(running["store"].pid)
                )
            finally:
                stop.set()
                writer.join()
            parts = client.query(_PARTS).result_rows[0]
    _show(opened, closed, views)
    size = {"open": opened, "closed": closed, "parts": parts[0], "mb": round(parts[1] / 2**20, 1)}
    report.write("case_figures", {**size, "target_ms": TARGET_MS, "views_ms": views})


_PARTS = """SELECT count(), sum(bytes_on_disk) FROM system.parts
WHERE active AND table = 'case_figures' AND database = currentDatabase()"""


def _grow(client: Client, opened: int, closed: int) -> None:
    report.say(f"making {opened:,} open and {closed:,} closed cases")
    ago = "now64(3, 'UTC') - toIntervalSecond({days} * 864 + rand(12) % ({span} * 86400))"
    one = "{opened} + toIntervalMinute(30 + rand(13) % 20000)"
    for count, span, ends in ((closed, 365, True), (opened, 90, False)):
        begun = ago.format(days=0, span=span)
        end = one.format(opened="opened") if ends else "NULL"
        for first in range(0, count, PIECE):
            piece = min(PIECE, count - first)
            client.command(
                _MADE.format(opened=begun, closed=end, first=first, count=piece)
                + " SETTINGS max_partitions_per_insert_block = 0"
            )


def _write(client: Client, stop: threading.Event, opened: int) -> None:
    """Write new versions of cases of any age until told to stop."""
    turn = 0
    while not stop.wait(PAUSE_S):
        turn += 1
        client.command(_AGAIN.format(salt=turn, share=max(1, opened // 100), count=VERSIONS))


def _ask(client: Client, engine: psutil.Process) -> dict[str, dict[str, float]]:
    views: dict[str, Callable[[FigureAsk], object]] = {
        f"figures by {by}": lambda ask, by=by: figure_queries.counts(client, ask, by)
        for by in ("unit", "street")
    }
    views["times in stages"] = lambda ask: figure_queries.stage_times(client, ask)
    for name in ("on_time", "open"):
        wanted = FigureList(name, "all")
        views[f"list: {name}"] = lambda ask, w=wanted: figure_queries.listed(client, ask, w, 300)
    return {
        f"{what}, {name}, {whose}": _timed(view, ask, engine)
        for name, whose, ask in _asks(datetime.now(UTC))
        for what, view in views.items()
    }


def _asks(now: datetime) -> Iterator[tuple[str, str, FigureAsk]]:
    year = PeriodForm("custom", (now - timedelta(days=364)).date().isoformat(), f"{now:%Y-%m-%d}")
    forms = {"week": PeriodForm("week"), "30 days": PeriodForm("days"), "a year": year}
    for name, form in forms.items():
        period, before = periods(form, now, ZONE)
        yield name, "city", FigureAsk(period, before, "live", Scope(), *LIMITS)
        if name == "30 days":
            unit = Scope(departments=("unit_7",))
            yield name, "a unit", FigureAsk(period, before, "live", unit, *LIMITS)


def _timed(
    view: Callable[[FigureAsk], object], ask: FigureAsk, engine: psutil.Process
) -> dict[str, float]:
    """Return how long a view took, ms, and the CPU time of the store meanwhile, for each answer."""
    times, cpu = [], sum(engine.cpu_times()[:2])
    for _ in range(ROUNDS):
        began = time.perf_counter()
        view(ask)
        times.append((time.perf_counter() - began) * 1000)
    spent = (sum(engine.cpu_times()[:2]) - cpu) * 1000 / ROUNDS
    return {**report.percentiles(times), "cpu": spent}


def _show(opened: int, closed: int, views: dict[str, dict[str, float]]) -> None:
    rows = [
        (name, one["p50"], one["p95"], one["cpu"], one["p95"] <= TARGET_MS)
        for name, one in views.items()
    ]
    title = f"{opened:,} open cases, {closed:,} closed within a year: ms"
    report.show(title, ("view", "p50", "p95", "CPU of the store", f"≤ {TARGET_MS:.0f}"), rows)


if __name__ == "__main__":
    typer.run(main)
