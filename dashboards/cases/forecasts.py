"""What is forecast of running clocks, learned now and then from what became of the last ones."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain, islice

import structlog

from citybrain.cases.breach_forecast import BreachForecast, ClockRun, Forecast
from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.clock_reading import RUNNING, STOPPED, ClockReading
from citybrain.cases.machine_steps import ITSELF
from citybrain.cases.records import Case
from citybrain.floor.clock import Clock
from citybrain.floor.errors import StoreError
from citybrain.floor.origins import LIVE
from citybrain.workflow.scope import Scope
from dashboards.cases import case_queries
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.cases_live import CasesLive

log = structlog.get_logger(__name__)

FIRST_S, EVERY_S = 60.0, 3_600.0
MOST_CASES = 10_000
"""Cases that were closed last, from which is learned beside the open ones."""
AT_ONCE, PAUSE_S = 20, 0.02
"""Cases that are read between two pauses: who looks at a desk comes first."""
LEAST_SKILL = 0.1
"""Forecasts that were hardly better than the usual share are not shown."""


class CaseForecasts:
    """Forecasts of the clocks of open cases; live ones are learned from live ones alone."""

    def __init__(self, live: CasesLive, archive: StoreArchive, clock: Clock) -> None:
        """Learn from the open cases of `live` and the closed ones of `archive`."""
        self._live, self._archive, self._clock = live, archive, clock
        self._learned: dict[bool, tuple[BreachForecast, Counter[tuple[str, str]]]] = {}

    async def run(self, clocks: Callable[[], CaseClocks]) -> None:
        """Learn again and again, by the `clocks` that are in force then, until it is cancelled."""
        await asyncio.sleep(FIRST_S)
        while True:
            try:
                await self.learn(clocks())
            except StoreError as error:
                log.warning("forecasts_not_learned", problem=str(error)[:200])
            await asyncio.sleep(EVERY_S)

    async def learn(self, clocks: CaseClocks) -> None:
        """Learn from the cases there are.

        Raises:
            StoreError: the store does not answer.
        """
        everything = Scope.of(ITSELF)  # nobody sees the cases, but what became of many
        closed = await self._archive.answer(
            lambda c: case_queries.last_closed(c, everything, MOST_CASES)
        )
        open_ones = self._live.cases.records.seen_by(everything)
        await asyncio.to_thread(self._learn, clocks, closed, list(open_ones))

    def of(self, case: Case, limit: str, reading: ClockReading) -> Forecast | None:
        """Return what is forecast of a running clock; None: nothing that is worth saying."""
        learned = self._learned.get(case.origin == LIVE)
        if learned is None or reading.state != RUNNING or not reading.allowed_s:
            return None
        forecast, queues = learned
        unit, share = _unit(case), reading.used_s / reading.allowed_s
        found = forecast.of(limit, unit, share, max(1, queues[limit, unit]))
        return found if found and (found.skill or 0) >= LEAST_SKILL else None

    def _learn(self, clocks: CaseClocks, closed: Sequence[Case], open_ones: Sequence[Case]) -> None:
        now = self._clock.now()
        # Before this nobody knows how long the queues were.
        cut = len(closed) == MOST_CASES
        since = min(case.updated_at for case in closed) if cut else None
        runs: dict[bool, list[ClockRun]] = {True: [], False: []}
        cases = iter(chain(closed, open_ones))
        while some := list(islice(cases, AT_ONCE)):
            for case in some:
                runs[case.origin == LIVE] += runs_of(clocks, case, now)
            time.sleep(PAUSE_S)
        self._learned = {
            is_live: (BreachForecast(own, since), _queues(own)) for is_live, own in runs.items()
        }


def runs_of(clocks: CaseClocks, case: Case, now: datetime) -> Iterator[ClockRun]:
    """Yield the last run of each clock of a case by which it can be late."""
    for limit, reading in clocks.readings(case, now).items():
        if limit in clocks.windows or reading.state not in {RUNNING, STOPPED}:
            continue
        leg = reading.legs[-1]
        if reading.allowed_s:
            share = reading.used_s / reading.allowed_s
            stopped = leg.stopped_at if reading.state == STOPPED else None
            yield ClockRun(limit, _unit(case), leg.started_at, stopped, share)


def _queues(runs: Iterable[ClockRun]) -> Counter[tuple[str, str]]:
    return Counter((run.limit, run.unit) for run in runs if run.stopped_at is None)


def _unit(case: Case) -> str:
    return case.handler or case.unit
