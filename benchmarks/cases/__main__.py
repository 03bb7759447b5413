"""How many commands on cases are carried out in a second: `python -m benchmarks.cases`.

Without Kafka (`replay`): the engine, the owner and its clocks, in as many processes as there are
cores, each with its share of the cases. Beside it, on one small workflow, four packages that keep
state machines (`peers`), and deadlines in columns (`clocks`). Through Kafka and the store: as many
as can be (`durable`), how late a desk sees them (`late`), an owner of many open cases (`start`).
"""

from __future__ import annotations

import json
import multiprocessing
import subprocess
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from benchmarks import report
from benchmarks.cases.durable import lateness, start, throughput
from benchmarks.cases.replay import replay, six_commands
from benchmarks.deadlines import deadline_work, deadlines_in_columns_s
from benchmarks.harness import ROOT
from benchmarks.peers.requirements import environment
from citybrain.cases.working_time import WorkingTime
from citybrain.city import load_city
from citybrain.city.calendar_file import load_calendar

PARTS = ("replay", "clocks", "peers", "durable", "late", "start")
REQUIRES = (
    "transitions==0.9.3",
    "python-statemachine==3.2.2",
    "SpiffWorkflow==3.2.0",
    "dbos==3.4.0",
)
PROGRAM = Path(__file__).parents[1] / "peers" / "case_machines.py"
PEER_CASES = 2_000
DEADLINES = 1_000_000


def main(  # noqa: PLR0913, PLR0917  what each measure takes
    days: Annotated[float, typer.Option(help="of a year with a million cases")] = 2.0,
    processes: Annotated[int, typer.Option(help="that share the cases")] = 2,
    count: Annotated[int, typer.Option(help="commands through Kafka and the store")] = 20_000,
    rates: Annotated[str, typer.Option(help="commands/s on which a desk looks")] = "200,2000",
    seconds: Annotated[float, typer.Option(help="at each rate")] = 20.0,
    cases: Annotated[int, typer.Option(help="open cases of an owner that starts")] = 200_000,
    only: Annotated[str, typer.Option(help=f"some of {','.join(PARTS)}")] = "",
) -> None:
    """Measure, print the tables, write results/cases.json; parts not wanted stay as they are."""
    wanted = only.split(",") if only else PARTS
    measures: dict[str, Callable[[], Any]] = {
        "replay": partial(_replay, days, processes),
        "clocks": _clocks,
        "peers": _peers,
        "durable": partial(_durable, count),
        "late": partial(_late, [float(one) for one in rates.split(",")], seconds),
        "start": partial(_start, cases),
    }
    parts = _measured_before()
    for name in wanted:
        found = measures[name]()
        at = datetime.now(UTC).isoformat(timespec="seconds")
        parts[name] = {"finished_at": at, "found": found}
        report.write("cases", {"parts": parts})


def _measured_before() -> dict[str, Any]:
    """Return the parts that were measured before: each can be measured alone."""
    path = report.RESULTS / "cases.json"
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return dict(found.get("parts", {}))


def _replay(days: float, processes: int) -> dict[str, Any]:
    report.say(f"replaying {days:g} days in {processes} processes")
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=spawn) as pool:
        parts = list(pool.map(partial(replay, days, parts=processes), range(processes)))
    counts = {name: sum(one[name] for one in parts) for name in ("cases", "commands", "steps")}
    cpu_s, wall_s = sum(one["cpu_s"] for one in parts), max(one["wall_s"] for one in parts)
    whole = {
        **counts,
        "cpu_s": round(cpu_s, 2),
        "commands_per_cpu_s": round(counts["commands"] / cpu_s),
        "commands_per_s": round(counts["commands"] / wall_s),
        "refused": sum(sum(one["refused"].values()) for one in parts),
        "most_open": sum(one["most_open"] for one in parts),
        "most_held": sum(one["most_held"] for one in parts),
        "peak_mb": max(one["peak_mb"] for one in parts),
    }
    report.show(
        f"replay: {whole['cases']:,} cases, commands carried out without Kafka",
        ("processes", "commands", "steps", "a CPU second", "a second", "held", "peak MB of one"),
        [
            (
                str(processes),
                *(whole[name] for name in ("commands", "steps", "commands_per_cpu_s")),
                *(whole[name] for name in ("commands_per_s", "most_held", "peak_mb")),
            )
        ],
    )
    return {**whole, "parts": parts}


def _clocks() -> dict[str, float]:
    city = load_city(ROOT / "cities" / "wuhai")
    working = WorkingTime(load_calendar(city), ZoneInfo(city.time_zone))
    found = deadlines_in_columns_s(working, *deadline_work(working, DEADLINES), "working_day")
    report.show("clocks", ("", "a CPU second"), [("deadlines in columns", found)])
    return {"deadlines_s": round(found)}


def _peers() -> dict[str, Any]:
    python = environment("case_machines", "state machines", REQUIRES)
    done = subprocess.run(
        [str(python), str(PROGRAM), str(PEER_CASES)], capture_output=True, text=True, check=True
    )
    told: dict[str, dict[str, float]] = {
        "ours: refusals, steps, clocks, audit, as JSON": six_commands(PEER_CASES),
        **json.loads(done.stdout),
    }
    rates = {name: one["commands"] / one["cpu_s"] for name, one in told.items()}
    report.show(
        f"{PEER_CASES:,} cases of six commands",
        ("", "commands a CPU second", "cases closed"),
        [(name, rates[name], told[name]["closed"]) for name in told],
    )
    return {name: {"commands_per_cpu_s": round(rates[name]), **told[name]} for name in told}


def _durable(count: int) -> dict[str, Any]:
    found = throughput(count)
    report.show(
        f"{count:,} commands on city.commands at once",
        ("process", "CPU s", "peak MB"),
        [(name, found["cpu_s"][name], found["peak_mb"][name]) for name in found["cpu_s"]],
    )
    report.show(
        "through Kafka and the store",
        ("", "commands/s"),
        [("decided, on Kafka", found["decided_per_s"]), ("in the store", found["stored_per_s"])],
    )
    return found


def _late(rates: list[float], seconds: float) -> list[dict[str, Any]]:
    found = [lateness(rate, seconds) for rate in rates]
    names = ("rate", "commands", "seen", "p50", "p95", "p99", "max")
    rows = [[str(one["rate"]), *(one[name] for name in names[1:])] for one in found]
    report.show("from a command on Kafka to a desk's live list, ms", names, rows)
    return found


def _start(cases: int) -> dict[str, Any]:
    found = start(cases)
    names = ("loaded_s", "first_answer_s", "cpu_s", "rss_mb", "peak_mb", "snapshot_mb")
    report.show(
        "an owner starts from its snapshot",
        ("open cases", *names),
        [(f"{cases:,}", *(found[name] for name in names))],
    )
    return found


if __name__ == "__main__":
    typer.run(main)
