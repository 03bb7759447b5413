"""How many deadlines and clocks a core reads in a second, beside others that count business time.

Wuhai's hours (with their lunch break) and China's holidays. Cases begin at any second of an open
hour of 2023, for one peer knows no later year. Told is CPU time of one process, so that a busy
machine changes little; beside each peer, how many of its deadlines are ours, to the second.

`python -m benchmarks.deadlines --count 1000000`
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import typer

from benchmarks import report
from benchmarks.harness import ROOT
from benchmarks.peers.requirements import environment
from citybrain.cases.case_clock import read_clock
from citybrain.cases.clock_events import (
    ClockEvent,
    ClockPaused,
    ClockResumed,
    ClockStarted,
    LimitExtended,
)
from citybrain.cases.counted_axis import Ints
from citybrain.cases.deadline_columns import deadlines
from citybrain.cases.time_units import TIME_UNITS, TimeLimit, UnitName
from citybrain.cases.working_time import WorkingTime, instant
from citybrain.city import load_city
from citybrain.city.calendar_file import load_calendar
from citybrain.city.work_calendar import WorkCalendar

REQUIRES = (
    *("businesstimedelta==1.0.1", "holidays==0.109", "workalendar==17.0.0"),
    *("numpy==2.4.6", "pandas==3.1.1"),
)
PROGRAM = Path(__file__).with_name("peers") / "business_time.py"
MOST_DAYS = 15
ONE_BY_ONE = 50_000
OF_PEERS = 1_000
HOUR_S = 3600


def main(count: Annotated[int, typer.Option(help="deadlines in columns")] = 1_000_000) -> None:
    """Measure, print the tables, write results/deadlines.json."""
    city = load_city(ROOT / "cities" / "wuhai")
    calendar, zone = load_calendar(city), ZoneInfo(city.time_zone)
    working = WorkingTime(calendar, zone)
    starts, amounts = deadline_work(working, count)
    columns = {unit: deadlines_in_columns_s(working, starts, amounts, unit) for unit in TIME_UNITS}
    scalar = {unit: _one_by_one(working, starts, amounts, unit) for unit in TIME_UNITS}
    readings = _readings(working, starts[:ONE_BY_ONE])
    peers = _peers(working, calendar, starts[:OF_PEERS], amounts[:OF_PEERS])
    rows = [(f"ours: {unit}", columns[unit], scalar[unit]) for unit in TIME_UNITS]
    report.show(
        f"{count:,} deadlines in columns, {ONE_BY_ONE:,} one after the other",
        ("", "in columns/s", "one by one/s"),
        rows,
    )
    ours = scalar["working_day"]
    told = [("ours, one by one", ours, 1.0), ("ours, in columns", columns["working_day"], 1.0)]
    told += [(name, one["deadlines_s"], one["equal"]) for name, one in peers.items()]
    report.show(
        f"working days, {OF_PEERS:,} of each peer", ("", "deadlines/s", "share equal"), told
    )
    report.show("clocks with a pause and an extension", ("", "readings/s"), [("ours", readings)])
    result = {"columns_s": columns, "one_by_one_s": scalar, "readings_s": readings, "peers": peers}
    report.write("deadlines", {"count": count, "peers_count": OF_PEERS, **result})


def deadline_work(working: WorkingTime, count: int) -> tuple[Ints, Ints]:
    """Return begins within open hours of 2023, and amounts."""
    rng = np.random.default_rng(20231)
    begin, end = (int(datetime(year, 1, 3, tzinfo=UTC).timestamp()) for year in (2023, 2024))
    end -= 40 * 24 * HOUR_S  # so that all are due in 2023
    open_ = list(working.intervals_s("working_hour", begin, end))
    first = np.array([one for one, _, _ in open_], np.int64)
    length = np.array([two - one for one, two, _ in open_], np.int64)
    place = rng.integers(0, len(open_), count)
    starts = first[place] + (rng.random(count) * length[place]).astype(np.int64)
    return starts, rng.integers(1, MOST_DAYS + 1, count)


def deadlines_in_columns_s(
    working: WorkingTime, starts: Ints, amounts: Ints, unit: UnitName
) -> float:
    """Return how many deadlines of `unit` are counted in a CPU second, in columns."""
    return len(starts) / _cpu_s(lambda: deadlines(working, starts, amounts, unit))


def _one_by_one(working: WorkingTime, starts: Ints, amounts: Ints, unit: UnitName) -> float:
    pairs = [
        (instant(start), amount)
        for start, amount in zip(
            starts[:ONE_BY_ONE].tolist(), amounts[:ONE_BY_ONE].tolist(), strict=True
        )
    ]

    def run() -> None:
        for start, amount in pairs:
            working.due(start, amount, unit)

    return len(pairs) / _cpu_s(run)


def _readings(working: WorkingTime, starts: Ints) -> float:
    histories = [_history(instant(start)) for start in starts.tolist()]

    def run() -> None:
        for events in histories:
            read_clock(events, working, events[-1].at + timedelta(hours=30))

    return len(histories) / _cpu_s(run, times=1)


def _history(start: datetime) -> list[ClockEvent]:
    limit = TimeLimit(3, "working_day")
    return [
        ClockStarted(at=start, limit=limit),
        ClockPaused(at=start + timedelta(hours=5)),
        ClockResumed(at=start + timedelta(hours=25)),
        LimitExtended(at=start + timedelta(hours=26), by=limit),
    ]


def _peers(
    working: WorkingTime, calendar: WorkCalendar, starts: Ints, amounts: Ints
) -> dict[str, dict[str, float]]:
    python = environment("business_time", "business time", REQUIRES)
    days = [date for date in _free_days(calendar) if date.startswith("2023")]
    job = {
        "starts": [_shown(start, working.zone) for start in starts.tolist()],
        "days": amounts.tolist(),
        "day_h": calendar.day_s // HOUR_S,
        "opens": [(one.from_, one.until) for one in calendar.working_hours.intervals],
        "holidays": days,
    }
    done = subprocess.run(
        [str(python), str(PROGRAM)],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
    )
    ours = deadlines(working, starts, amounts, "working_day").at.tolist()
    expected = [_shown(one, working.zone) for one in ours]
    told: dict[str, Any] = json.loads(done.stdout)
    return {
        name: {
            "deadlines_s": len(starts) / one["cpu_s"],
            "equal": sum(a == b for a, b in zip(one["said"], expected, strict=True)) / len(starts),
        }
        for name, one in told.items()
    }


def _free_days(calendar: WorkCalendar) -> list[str]:
    first = datetime(2023, 1, 1, tzinfo=UTC).date()
    days = (first + timedelta(days=number) for number in range(365))
    return [day.isoformat() for day in days if calendar.holiday(day) is not None]


def _shown(at: int, zone: ZoneInfo) -> str:
    return instant(at).astimezone(zone).replace(tzinfo=None).isoformat()


def _cpu_s(run: Callable[[], object], times: int = 3) -> float:
    """Return the least CPU time of some runs, after one that warms up."""
    found = []
    for _ in range(times + 1):
        began = time.process_time()
        run()
        found.append(time.process_time() - began)
    return min(found[1:])


if __name__ == "__main__":
    typer.run(main)
