"""The clocks of a case: its facts and the city's limits, folded; pure.

A case carries what happened to its clocks (`clock_facts`), the city's profiles say how long each
may take (`limits`), its calendar what counts (`working_time`). Nothing of it is stored: another
calendar, or a corrected limit, is in force at the next reading.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from citybrain.cases.case_clock import read_clock
from citybrain.cases.clock_events import (
    ClockDeferred,
    ClockEvent,
    ClockPaused,
    ClockReopened,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    LimitChanged,
    LimitExtended,
)
from citybrain.cases.clock_facts import ClockFact
from citybrain.cases.clock_reading import ClockReading
from citybrain.cases.clock_timers import (
    ALL,
    WARN_AT,
    ClockTimer,
    TimerKind,
    clock_timers,
    timer_name,
)
from citybrain.cases.clock_turns import facts_of, running
from citybrain.cases.limits import CaseLimit, LimitKey, LimitProfile, find_limit
from citybrain.cases.records import Case
from citybrain.cases.time_units import TimeLimit
from citybrain.cases.working_time import BeyondCountingError, WorkingTime, instant, whole
from citybrain.floor.reason import Reason

MOST_CHOICES = 10_000
"""Limits that are remembered by what they were looked up for."""


@dataclass(frozen=True)
class CaseClocks:
    """Reads the clocks of cases; it is the engine's `Deadlines`.

    Attributes:
        profiles: how long what may take, the first that says so; none: nothing has a limit.
        time: what counts.
        windows: limits within which something may be done (a return); nothing is late by them.
    """

    profiles: tuple[LimitProfile, ...]
    time: WorkingTime
    windows: frozenset[str] = frozenset()
    _choices: dict[LimitKey, CaseLimit | None] = field(
        default_factory=dict, compare=False, repr=False
    )

    def reading(self, case: Case, limit: str, now: datetime) -> ClockReading | None:
        """Return what the clock called `limit` says at `now`; None: it never began, or no limit."""
        events = self.events(case, limit)
        return read_clock(events, self.time, now) if events else None

    def readings(self, case: Case, now: datetime) -> dict[str, ClockReading]:
        """Return what all clocks of a case say at `now`, in the order in which they began."""
        names = dict.fromkeys(fact.limit for fact in case.clock if fact.what == "started")
        found = ((name, self.reading(case, name, now)) for name in names)
        return {name: reading for name, reading in found if reading is not None}

    def due_at(self, case: Case, limit: str) -> datetime | None:
        """Return when a clock runs out; None: there is none, or it stands still."""
        reading = self.reading(case, limit, case.updated_at)
        return reading.due_at if reading else None

    def was_late(self, case: Case) -> bool:
        """Return whether a clock that began in the last leg ran out before it stopped."""
        begun = case.legs[-1].opened_at
        until = case.legs[-1].closed_at or case.updated_at
        return any(
            reading.breached_at is not None and reading.legs[-1].started_at >= begun
            for name, reading in self.readings(case, until).items()
            if name not in self.windows
        )

    def nearest(self, case: Case, now: datetime) -> tuple[str, ClockReading] | None:
        """Return the running clock that is due first, by its limit; None: none runs."""
        found = [
            (reading.due_at, name, reading)
            for name in running(case.clock)
            if (reading := self.reading(case, name, now)) and reading.due_at
        ]
        if not found:
            return None
        _, name, reading = min(found, key=lambda one: one[:2])
        return name, reading

    def first_due(self, case: Case) -> tuple[str, datetime, datetime | None] | None:
        """Return the running clock that is due first: its limit, when, and when it is warned of.

        None: none runs. An instant that is over is the one at which it was used up.
        """
        found = [one for name in self._deadlines(case) if (one := self._due_of(case, name))]
        return min(found, key=lambda one: one[1], default=None)

    def _due_of(self, case: Case, limit: str) -> tuple[str, datetime, datetime | None] | None:
        facts = facts_of(case.clock, limit)
        if len(facts) == 1:
            due = self._used_up(limit, facts[0], ALL)
            return (limit, due, self._used_up(limit, facts[0], WARN_AT[0])) if due else None
        reading = self.reading(case, limit, case.updated_at)
        if reading is None or reading.due_at is None:
            return None
        timers = clock_timers(reading, self.time, limit, WARN_AT)
        last = [one for one in timers if one.leg == timers[-1].leg]
        due = next((one.at for one in last if one.kind == "breach"), None)
        warned = next((one.at for one in last if one.kind == "warning"), None)
        return (limit, due, warned) if due is not None else None

    def timers(
        self, case: Case, now: datetime, warn_at: Sequence[int] = WARN_AT
    ) -> tuple[ClockTimer, ...]:
        """Return what happens, and happened, to the clocks of a case by themselves, in order."""
        names = dict.fromkeys(fact.limit for fact in case.clock if fact.what == "started")
        deadlines = (name for name in names if name not in self.windows)
        found = [timer for name in deadlines for timer in self._timers(case, name, now, warn_at)]
        return tuple(sorted(found, key=lambda one: (one.at, one.clock, one.leg, one.percent)))

    def _timers(
        self, case: Case, limit: str, now: datetime, warn_at: Sequence[int]
    ) -> Sequence[ClockTimer]:
        reading = self.reading(case, limit, now)
        return clock_timers(reading, self.time, limit, warn_at) if reading else ()

    def untold(self, case: Case, now: datetime) -> Iterator[ClockTimer]:
        """Yield the timers of a case that were not told yet, also those to come, in order.

        The end of a deferral is none any more once somebody has ended it.
        """
        return (one for one in self.timers(case, now) if self._is_untold(case, one))

    def _is_untold(self, case: Case, timer: ClockTimer) -> bool:
        ended = timer.kind == "deferral_ends" and case.deferral is None
        return timer.name not in case.told and not ended

    def next_at(self, case: Case) -> datetime | None:
        """Return when the next timer of a running clock is to be told, if nothing happens before.

        The same as the first of `untold` that is of a running clock. A clock that just runs since
        it began needs no fold; most do.
        """
        found = (self._next_of(case, name) for name in self._deadlines(case))
        return min((at for at in found if at is not None), default=None)

    def _deadlines(self, case: Case) -> Iterator[str]:
        """Yield the limits of the running clocks by which a case can be late."""
        return (name for name in running(case.clock) if name not in self.windows)

    def _next_of(self, case: Case, limit: str) -> datetime | None:
        facts = facts_of(case.clock, limit)
        if len(facts) > 1:
            timers = self._timers(case, limit, case.updated_at, WARN_AT)
            untold = (one for one in timers if self._is_untold(case, one))
            return next((max(one.at, one.since) for one in untold), None)
        for percent in (*WARN_AT, ALL):
            kind: TimerKind = "breach" if percent == ALL else "warning"
            if timer_name(limit, 0, kind, percent) not in case.told:
                return self._used_up(limit, facts[0], percent)
        return None

    def _used_up(self, limit: str, begun: ClockFact, percent: int) -> datetime | None:
        """Return when so much of a limit is used by a clock that just runs since it began."""
        found = self._limit(limit, begun)
        if found is None:
            return None
        seconds = self.time.seconds(found.amount, found.unit)
        try:
            used = -(-seconds * percent // ALL)
            return instant(self.time.due_s(whole(begun.at), used, found.unit))
        except BeyondCountingError:
            return None

    def events(self, case: Case, limit: str) -> list[ClockEvent]:
        """Return what the clock called `limit` is folded from; nothing where it has no limit."""
        return list(self._events(facts_of(case.clock, limit), limit))

    def _events(self, facts: Sequence[ClockFact], limit: str) -> Iterator[ClockEvent]:
        begun = False
        base: TimeLimit | None = None
        for fact in facts:
            if fact.what in {"started", "changed"}:
                base = self._limit(limit, fact)
            if base is None:
                continue
            if fact.what == "started":
                yield (ClockReopened if begun else ClockStarted)(
                    at=fact.at, limit=base, reason=_why(fact)
                )
                begun = True
            elif begun:
                yield from _event(fact, base)

    def _limit(self, limit: str, fact: ClockFact) -> TimeLimit | None:
        found = self.choice(LimitKey(limit, fact.kind, fact.condition))
        return found.limit if found else None

    def choice(self, key: LimitKey) -> CaseLimit | None:
        """Return the limit of `key`, with where it is written; None: there is none."""
        if key not in self._choices:
            if len(self._choices) >= MOST_CHOICES:  # conditions may be whatever people wrote
                self._choices.clear()
            self._choices[key] = find_limit(self.profiles, key).found if self.profiles else None
        return self._choices[key]


def _event(fact: ClockFact, base: TimeLimit) -> Iterator[ClockEvent]:
    at, why = fact.at, _why(fact)
    match fact.what:
        case "stopped":
            yield ClockStopped(at=at, reason=why)
        case "paused":
            yield ClockPaused(at=at, reason=why)
        case "resumed":
            yield ClockResumed(at=at, reason=why)
        case "deferred" if fact.until is not None:
            yield ClockDeferred(at=at, reason=why, until=fact.until)
        case "changed":
            yield LimitChanged(at=at, reason=why, limit=base)
        case "extended":
            yield LimitExtended(at=at, reason=why, by=base)


def _why(fact: ClockFact) -> Reason | None:
    return Reason("stage", {"stage": fact.reason}) if fact.reason else None
