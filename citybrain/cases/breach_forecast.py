"""Whether a running clock will be late: what became of clocks like it, at queues like this; pure.

Of the finished clocks of the same limit count those that had used as much of their time as this one
has; near ones count more: of the same unit, at a queue of about the same length. The share of them
that was late is the chance, drawn towards that of the whole limit where few are near. So it says
nothing that happened to no clock, and follows the season by forgetting.

How good it is is measured where it is used: the later fifth of the finished clocks is forecast from
the earlier ones at four points of their time, and the squared error set against that of always
saying the limit's usual share (Brier skill score, Brier 1950, Murphy 1973: 0 as good as that, 1
never wrong).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

LEAST = 30
"""Finished clocks of a limit below which nothing is said."""
MOST = 4_000
"""Newest finished clocks of a limit that are looked at."""
OTHER_UNIT = 0.1
"""What a clock of another unit counts, beside one of the same."""
QUEUE_WIDTH = 0.35
"""Standard deviation of the weight by queue, in natural logarithms of its length plus one."""
DRAWN = 4.0
"""Clocks that the usual share of the limit counts as."""
MARKS = (0.0, 0.25, 0.5, 0.75)
"""Shares of the time used up at which the error is measured."""
_TRAINED = 0.8


@dataclass(frozen=True)
class ClockRun:
    """One run of a clock from its start.

    Attributes:
        limit: id of the limit.
        unit: that had the case.
        started_at: when (aware).
        stopped_at: when; None: it runs.
        share: of the time allowed that it has used; above 1 it is late.
    """

    limit: str
    unit: str
    started_at: datetime
    stopped_at: datetime | None
    share: float


@dataclass(frozen=True)
class _Finished:
    """Finished clocks of a limit in columns, in the order in which they stopped."""

    unit: np.ndarray
    share: np.ndarray
    queue: np.ndarray

    def some(self, chosen: slice) -> _Finished:
        return _Finished(self.unit[chosen], self.share[chosen], self.queue[chosen])

    def chance(self, unit: str, share: float, queue: int) -> float:
        """Return the chance of being late."""
        late = self.share > 1
        usual = float(late.mean())
        like = self.share >= share
        distance = np.log((1 + self.queue[like]) / (1 + queue)) / QUEUE_WIDTH
        weight = np.where(self.unit[like] == unit, 1.0, OTHER_UNIT) * np.exp(-(distance**2) / 2)
        drawn = (late[like].sum() + DRAWN * usual) / (like.sum() + DRAWN)
        return float((weight @ late[like] + DRAWN * drawn) / (weight.sum() + DRAWN))


@dataclass(frozen=True)
class Forecast:
    """What is forecast of one clock.

    Attributes:
        chance: of being late, 0 to 1.
        clocks: finished ones that it rests on.
        skill: Brier skill score of such forecasts of the limit, measured; None: too few clocks.
    """

    chance: float
    clocks: int
    skill: float | None


class BreachForecast:
    """Forecasts from the runs of the last time; is made anew now and then."""

    def __init__(self, runs: Iterable[ClockRun], since: datetime | None = None) -> None:
        """Learn from `runs`, finished and running ones, in any order.

        Args:
            runs: of the clocks of all cases that were open at some time since `since`.
            since: what began before it is not learned from: it came into a queue of which nobody
                knows the length; None: all are known.
        """
        by_limit: dict[str, list[ClockRun]] = {}
        for run in runs:
            by_limit.setdefault(run.limit, []).append(run)
        begin = since.timestamp() if since else -np.inf
        self._finished = {limit: _columns(some, begin) for limit, some in by_limit.items()}
        self._skill = {limit: _skill(some) for limit, some in self._finished.items()}

    def of(self, limit: str, unit: str, share: float, queue: int) -> Forecast | None:
        """Return what is forecast of a running clock; None: too few of its limit have finished.

        Args:
            limit: id of it.
            unit: that has the case.
            share: of the time allowed that is used up.
            queue: clocks of the limit that run in the unit, this one too.
        """
        found = self._finished.get(limit)
        if found is None or len(found.share) < LEAST:
            return None
        chance = 1.0 if share > 1 else found.chance(unit, share, queue)
        return Forecast(chance, len(found.share), self._skill[limit])


def _columns(runs: Sequence[ClockRun], since: float) -> _Finished:
    """Return the finished of `runs` in columns, with the queue that each came into."""
    units = np.array([run.unit for run in runs], dtype=object)
    started = np.array([run.started_at.timestamp() for run in runs])
    stopped = np.array([run.stopped_at.timestamp() if run.stopped_at else np.inf for run in runs])
    queue = np.zeros(len(runs))
    for unit in set(units):
        own = units == unit
        begun, ended = np.sort(started[own]), np.sort(stopped[own])
        queue[own] = np.searchsorted(begun, started[own], "right") - np.searchsorted(
            ended, started[own], "right"
        )
    done = np.flatnonzero(np.isfinite(stopped) & (started >= since))
    done = done[np.argsort(stopped[done], kind="stable")][-MOST:]
    share = np.array([run.share for run in runs])
    return _Finished(units[done], share[done], queue[done])


def _skill(found: _Finished) -> float | None:
    """Return the Brier skill score over the later clocks, from the earlier ones."""
    cut = int(len(found.share) * _TRAINED)
    if cut < LEAST or len(found.share) - cut < LEAST:
        return None
    before, after = found.some(slice(None, cut)), found.some(slice(cut, None))
    usual = float((before.share > 1).mean())
    ours = theirs = 0.0
    for unit, share, queue in zip(after.unit, after.share, after.queue, strict=True):
        late = float(share > 1)
        for mark in MARKS:
            if share >= mark:
                ours += (before.chance(unit, mark, queue) - late) ** 2
                theirs += (usual - late) ** 2
    return 1 - ours / theirs if theirs else None
