"""When something happens to a clock by itself: a warning, the breach, the end of a deferral.

Timers are made from a reading, never kept: a service asks which became due since it last looked.
After an outage of any length each is told once, in the order of the instants at which it was due.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec

from citybrain.cases.clock_reading import ClockLeg, ClockReading
from citybrain.cases.working_time import WorkingTime, instant
from citybrain.floor.clock import Instant

TimerKind = Literal["warning", "breach", "deferral_ends"]
WARN_AT = (80,)
"""Of which parts of a limit, in per cent used, is warned by default."""
ALL = 100


class ClockTimer(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happens to a clock at an instant.

    Attributes:
        clock: id of the clock, as who asked gave it.
        leg: which leg, from 0.
        kind: ``warning``, ``breach`` or ``deferral_ends``.
        percent: how much of the limit is used then, of a warning; 100 of a breach.
        at: when it is due, or was.
        since: when that became certain; it is told no earlier: a limit that is made shorter may be
            breached before anybody shortened it.
        provisional: whether `at` may move when a calendar is loaded.
    """

    clock: str
    leg: int
    kind: TimerKind
    percent: int
    at: Instant
    since: Instant
    provisional: bool = False

    @property
    def name(self) -> str:
        """What tells it from all others of its case."""
        return timer_name(self.clock, self.leg, self.kind, self.percent)


def timer_name(clock: str, leg: int, kind: TimerKind, percent: int) -> str:
    """Return what tells a timer from all others of its case."""
    return f"{clock}/{leg}/{kind}/{percent}"


def clock_timers(
    reading: ClockReading, time: WorkingTime, clock: str = "", warn_at: Sequence[int] = WARN_AT
) -> tuple[ClockTimer, ...]:
    """Return what happens to the clock if nobody does anything, and what did, in order of time.

    Args:
        reading: of the clock.
        time: the city's.
        clock: its id, for those who keep many.
        warn_at: parts of the limit, in per cent, at which is warned.
    """
    found = [
        timer
        for number, leg in enumerate(reading.legs)
        for timer in _of_leg(leg, number, time, clock, warn_at)
    ]
    return tuple(sorted(found, key=_order))


def next_due(
    reading: ClockReading, time: WorkingTime, warn_at: Sequence[int] = WARN_AT
) -> ClockTimer | None:
    """Return what happens next after the reading, if nobody does anything; None: nothing."""
    timers = clock_timers(reading, time, warn_at=warn_at)
    return next((one for one in timers if one.at > reading.now), None)


def became_due(
    timers: Iterable[ClockTimer], after: datetime, now: datetime
) -> tuple[ClockTimer, ...]:
    """Return what became due after one look and until the next, in the order in which it was due.

    Args:
        timers: of any number of clocks, as they are known at `now`.
        after: until when was looked before; what became due just then was told.
        now: until when is looked, included.
    """
    found = (one for one in timers if after < max(one.at, one.since) <= now)
    return tuple(sorted(found, key=_order))


def _of_leg(
    leg: ClockLeg, number: int, time: WorkingTime, clock: str, warn_at: Sequence[int]
) -> Iterator[ClockTimer]:
    allowed = time.seconds(leg.limit.amount, leg.limit.unit)
    for percent in sorted({*warn_at, ALL}):
        found = leg.reaches(time, -(-allowed * percent // ALL))
        if found is None:
            continue
        at, since = found
        yield ClockTimer(
            clock=clock,
            leg=number,
            kind="breach" if percent == ALL else "warning",
            percent=percent,
            at=instant(at),
            since=instant(since),
            provisional=time.is_provisional(leg.stretches[0].start, at, leg.limit.unit),
        )
    for one in leg.stretches:
        if one.until is not None and one.end in (None, one.until):
            yield ClockTimer(
                clock=clock,
                leg=number,
                kind="deferral_ends",
                percent=0,
                at=instant(one.until),
                since=instant(one.certain),
            )


def _order(timer: ClockTimer) -> tuple[datetime, str, int, int]:
    return timer.at, timer.clock, timer.leg, timer.percent
