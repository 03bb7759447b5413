"""How good the forecasts of late clocks are over a year: `python -m benchmarks.forecast`.

Units with a few clerks each take what comes in the order in which it came; what comes swells and
ebbs within weeks, so some clocks run out in a queue. Each fortnight is forecast, at four points of
each clock's time, by what was known at its beginning; the squared error is set against that of
always saying the share that was late in the sixty days before (Brier skill score).
"""
# ruff: noqa: S311  nothing here is a secret

from __future__ import annotations

import heapq
import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from benchmarks import report
from citybrain.cases.breach_forecast import MARKS, BreachForecast, ClockRun

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HOURS = timedelta(hours=1)
LIMIT, LIMIT_H = "handle", 24.0
LEARNED, AHEAD = timedelta(days=60), timedelta(days=14)
GOAL = 0.3


def main(
    years: Annotated[int, typer.Option(help="each with units and clerks of its own")] = 5,
    units: Annotated[int, typer.Option(help="of a city")] = 12,
    every: Annotated[int, typer.Option(help="each so many-th clock is forecast")] = 7,
) -> None:
    """Forecast `years` years, print the skill, write results/forecast.json."""
    rows = [_year(seed, units, every) for seed in range(years)]
    report.show(
        "forecasts of late clocks, fortnight by fortnight over a year",
        ["year", "clocks", "late", "forecasts", "Brier", "of the usual share", "skill"],
        [list(row.values()) for row in rows],
    )
    report.write("forecast", {"goal": GOAL, "years": rows})
    if min(float(row["skill"]) for row in rows) < GOAL:
        raise typer.Exit(1)


def year_of(seed: int, units: int, days: int = 365) -> list[ClockRun]:
    """Return the runs of one year's clocks, in no order."""
    dice, runs = random.Random(seed), list[ClockRun]()
    for number in range(units):
        clerks, work_h = dice.randint(1, 4), dice.uniform(1.5, 4)
        a_hour = clerks / work_h * dice.uniform(0.75, 0.97)
        free, at = [0.0] * clerks, 0.0
        while at < days * 24:
            swell = 1 + 0.35 * math.sin(2 * math.pi * at / 24 / 14 + number)
            at += dice.expovariate(a_hour * swell)
            begun = max(at, heapq.heappop(free))
            done = begun + dice.gammavariate(1.5, work_h / 1.5)
            heapq.heappush(free, done)
            start, stop = BEGIN + at * HOURS, BEGIN + done * HOURS
            runs.append(ClockRun(LIMIT, f"unit_{number}", start, stop, (done - at) / LIMIT_H))
    return runs


def _year(seed: int, units: int, every: int) -> dict[str, float]:
    runs = year_of(seed, units)
    ours = theirs = 0.0
    count, at = 0, BEGIN + LEARNED
    while at + AHEAD <= BEGIN + timedelta(days=365):
        found = _fortnight(runs, at, every)
        ours, theirs, count = ours + found[0], theirs + found[1], count + found[2]
        at += AHEAD
    return {
        "year": seed,
        "clocks": len(runs),
        "late": round(sum(run.share > 1 for run in runs) / len(runs), 3),
        "forecasts": count,
        "brier": round(ours / count, 4),
        "usual": round(theirs / count, 4),
        "skill": round(1 - ours / theirs, 3),
    }


def _fortnight(runs: Sequence[ClockRun], at: datetime, every: int) -> tuple[float, float, int]:
    """Return the squared errors of the forecasts and of the usual share, and how many there are."""
    known = [
        run if _stop(run) < at else ClockRun(run.limit, run.unit, run.started_at, None, 0.0)
        for run in runs
        if run.started_at < at and _stop(run) >= at - LEARNED
    ]
    forecast = BreachForecast(known, at - LEARNED)
    done = [run for run in known if run.stopped_at]
    usual = sum(run.share > 1 for run in done) / len(done)
    coming = [run for run in runs if at <= run.started_at and _stop(run) < at + AHEAD]
    queues = _Queues([run for run in runs if _stop(run) >= at])
    ours = theirs = 0.0
    count = 0
    for run in coming[::every]:
        for mark in (one for one in MARKS if run.share >= one):
            then = run.started_at + (_stop(run) - run.started_at) * (mark / run.share)
            found = forecast.of(LIMIT, run.unit, mark, queues.at(run.unit, then))
            chance, late = (found.chance if found else usual), float(run.share > 1)
            ours, theirs = ours + (chance - late) ** 2, theirs + (usual - late) ** 2
            count += 1
    return ours, theirs, count


class _Queues:
    """How many clocks of a unit run at an instant."""

    def __init__(self, runs: Sequence[ClockRun]) -> None:
        self._begun: dict[str, list[datetime]] = {}
        self._ended: dict[str, list[datetime]] = {}
        for run in runs:
            self._begun.setdefault(run.unit, []).append(run.started_at)
            self._ended.setdefault(run.unit, []).append(_stop(run))
        for times in (*self._begun.values(), *self._ended.values()):
            times.sort()

    def at(self, unit: str, when: datetime) -> int:
        return bisect_right(self._begun[unit], when) - bisect_right(self._ended[unit], when)


def _stop(run: ClockRun) -> datetime:
    return run.stopped_at or datetime.max.replace(tzinfo=UTC)


if __name__ == "__main__":
    typer.run(main)
