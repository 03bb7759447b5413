"""Clocks that only run and stop, as most do: their timers by arithmetic, without a fold; pure.

A clock that was paused, extended or changed in any leg is not plain: it is folded
(`citybrain.cases.case_clock`), and gives the same where both can be had.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from citybrain.cases.clock_facts import ClockFact
from citybrain.cases.clock_timers import ALL, ClockTimer, TimerKind, timer_name
from citybrain.cases.time_units import TimeLimit
from citybrain.cases.working_time import BeyondCountingError, WorkingTime, instant, whole


class PlainLeg(NamedTuple):
    """A leg that ran from its beginning until it was stopped.

    Attributes:
        limit: how long it may take.
        start: when it began, seconds since 1970-01-01 UTC.
        end: when it was stopped; None: it runs.
    """

    limit: TimeLimit
    start: int
    end: int | None


LimitOf = Callable[[ClockFact], TimeLimit | None]


def plain_legs(facts: Sequence[ClockFact], limit_of: LimitOf) -> list[PlainLeg] | None:
    """Return the legs of a clock, those without a limit left out; None: it has to be folded.

    Args:
        facts: of that clock, as `clock_histories` has them.
        limit_of: the limit that a ``started`` says.
    """
    legs: list[PlainLeg] = []
    last = len(facts)
    for place in range(0, last, 2):
        begun, stopped = facts[place], facts[place + 1] if place + 1 < last else None
        if begun.what != "started" or (stopped is not None and stopped.what != "stopped"):
            return None
        limit = limit_of(begun)
        if limit is not None:
            end = whole(stopped.at) if stopped is not None else None
            legs.append(PlainLeg(limit, whole(begun.at), end))
    return legs


class PlainMoment(NamedTuple):
    """When so much of the limit of a leg is used up.

    Attributes:
        name: of the timer.
        at: seconds since 1970-01-01 UTC.
        percent: how much is used up.
        number: of the leg, from 0.
        leg: the leg.
    """

    name: str
    at: int
    percent: int
    number: int
    leg: PlainLeg

    @property
    def kind(self) -> TimerKind:
        """What the timer is."""
        return "breach" if self.percent == ALL else "warning"


def plain_moments(
    legs: Iterable[PlainLeg], time: WorkingTime, clock: str, warn_at: Iterable[int]
) -> Iterator[PlainMoment]:
    """Yield when parts of the limits are used up, of each leg in the order of time.

    What a leg did not run long enough for is left out.

    Args:
        legs: of the clock.
        time: the city's.
        clock: its id.
        warn_at: parts of the limit, in per cent, at which is warned.
    """
    percents = sorted({*warn_at, ALL})
    for number, leg in enumerate(legs):
        allowed, unit = time.seconds(leg.limit.amount, leg.limit.unit), leg.limit.unit
        for percent in percents:
            try:
                at = time.due_s(leg.start, -(-allowed * percent // ALL), unit)
            except BeyondCountingError:  # a limit longer than anybody can count
                continue
            if leg.end is None or at < leg.end:
                kind: TimerKind = "breach" if percent == ALL else "warning"
                name = timer_name(clock, number, kind, percent)
                yield PlainMoment(name, at, percent, number, leg)


def plain_timer(moment: PlainMoment, time: WorkingTime, clock: str) -> ClockTimer:
    """Return the timer of a moment, as a fold of the clock would give it."""
    leg = moment.leg
    return ClockTimer(
        clock=clock,
        leg=moment.number,
        kind=moment.kind,
        percent=moment.percent,
        at=instant(moment.at),
        since=instant(leg.start),
        provisional=time.is_provisional(leg.start, moment.at, leg.limit.unit),
    )
