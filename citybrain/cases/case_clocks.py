"""The clocks of a case: its facts and the city's limits, folded; pure.

A case carries what happened to its clocks (`clock_facts`), the city's profiles say how long each
may take (`limits`), its calendar what counts (`working_time`). Nothing of it is stored: another
calendar, or a corrected limit, is in force at the next reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache

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
from citybrain.cases.clock_timers import ALL, WARN_AT, ClockTimer, clock_timers
from citybrain.cases.clock_turns import clock_histories, facts_of
from citybrain.cases.limits import CaseLimit, LimitKey, LimitProfile, MeasuredCase, find_limit
from citybrain.cases.plain_clocks import PlainMoment, plain_legs, plain_moments, plain_timer
from citybrain.cases.records import Case
from citybrain.cases.time_units import TimeLimit
from citybrain.cases.working_time import WorkingTime, instant
from citybrain.floor.reason import Reason

Facts = Sequence[ClockFact]
MOST_REMEMBERED, MOST_LIMITS = 20_000, 5_000
"""What happens to clocks, and limits, that are remembered."""


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

    def first_due(self, case: Case) -> tuple[str, datetime, datetime | None] | None:
        """Return the running clock that is due first: its limit, when, and when it is warned of.

        None: none runs. An instant that is over is the one at which it was used up.
        """
        found = [
            due
            for limit, facts in self._deadlines(case)
            if (due := self._due_of(limit, facts, case.updated_at))
        ]
        return min(found, key=lambda one: one[1], default=None)

    def _due_of(
        self, limit: str, facts: Facts, now: datetime
    ) -> tuple[str, datetime, datetime | None] | None:
        moments = self._plain(limit, facts, now)
        if moments is not None:
            at = {one.percent: instant(one.at) for one in moments if one.leg.end is None}
            return (limit, at[ALL], at.get(WARN_AT[0])) if ALL in at else None
        reading = read_clock(self._events(facts, limit), self.time, now)
        if reading.due_at is None:
            return None
        timers = clock_timers(reading, self.time, limit, WARN_AT)
        last = [one for one in timers if one.leg == timers[-1].leg]
        due = next((one.at for one in last if one.kind == "breach"), None)
        warned = next((one.at for one in last if one.kind == "warning"), None)
        return (limit, due, warned) if due is not None else None

    def timers(self, case: Case, now: datetime) -> tuple[ClockTimer, ...]:
        """Return what happens, and happened, to the clocks of a case by themselves, in order."""
        found = [
            timer
            for limit, facts in clock_histories(case.clock).of.items()
            if limit not in self.windows
            for timer in self._timers(limit, facts, now)
        ]
        return tuple(sorted(found, key=lambda one: (one.at, one.clock, one.leg, one.percent)))

    def _timers(self, limit: str, facts: Facts, now: datetime) -> Sequence[ClockTimer]:
        moments = self._plain(limit, facts, now)
        if moments is not None:
            return [plain_timer(one, self.time, limit) for one in moments]
        if all(fact.until is None and fact.at <= now for fact in facts):
            return self._folded(limit, tuple(facts))
        return self._fold(limit, facts, now)

    def _fold(self, limit: str, facts: Facts, now: datetime) -> Sequence[ClockTimer]:
        events = list(self._events(facts, limit))
        reading = read_clock(events, self.time, now) if events else None
        return clock_timers(reading, self.time, limit) if reading else ()

    @cached_property
    def _folded(self) -> Callable[[str, Facts], Sequence[ClockTimer]]:
        """`_fold`, remembered: what took effect, and ends nothing by itself, gives the same."""

        def fold(limit: str, facts: Facts) -> Sequence[ClockTimer]:
            return self._fold(limit, facts, max(fact.at for fact in facts))

        return lru_cache(MOST_REMEMBERED)(fold)

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

        The same as the first of `untold` that is of a running clock.
        """
        due: datetime | None = None
        for limit, facts in self._deadlines(case):
            at = self._next_of(case, limit, facts)
            if at is not None and (due is None or at < due):
                due = at
        return due

    def _deadlines(self, case: Case) -> list[tuple[str, Facts]]:
        """Return the running clocks by which a case can be late, with their facts."""
        found = clock_histories(case.clock)
        return [(one, found.of[one]) for one in found.running if one not in self.windows]

    def _next_of(self, case: Case, limit: str, facts: Facts) -> datetime | None:
        moments, told = self._plain(limit, facts, case.updated_at), case.told
        if moments is None:
            timers = self._timers(limit, facts, case.updated_at)
            untold = (one for one in timers if self._is_untold(case, one))
            return next((max(one.at, one.since) for one in untold), None)
        left = [one.at for one in moments if one.name not in told]
        return instant(min(left)) if left else None

    def _plain(self, limit: str, facts: Facts, now: datetime) -> Sequence[PlainMoment] | None:
        """Return what happens to a clock that needs no fold to be read at `now`; None: it does."""
        return self._moments(limit, tuple(facts)) if facts[-1].at <= now else None

    @cached_property
    def _moments(self) -> Callable[[str, Facts], Sequence[PlainMoment] | None]:
        """What happens to a plain clock, remembered: a case is read again with each step."""

        def moments(limit: str, facts: Facts) -> Sequence[PlainMoment] | None:
            legs = plain_legs(facts, lambda fact: self._limit(limit, fact))
            return None if legs is None else (*plain_moments(legs, self.time, limit, WARN_AT),)

        return lru_cache(MOST_REMEMBERED)(moments)

    def events(self, case: Case, limit: str) -> list[ClockEvent]:
        """Return what the clock called `limit` is folded from; nothing where it has no limit."""
        return list(self._events(facts_of(case.clock, limit), limit))

    def _events(self, facts: Facts, limit: str) -> Iterator[ClockEvent]:
        begun = False
        base: TimeLimit | None = None
        for fact in facts:
            if fact.what in {"started", "changed"}:
                found = self._limit(limit, fact)
                if found is None and fact.what == "changed":
                    continue  # nothing else was promised, so what was promised stays
                base = found
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
        return self._limits((limit, fact.kind, fact.condition))

    @cached_property
    def _limits(self) -> Callable[[tuple[str, str, str]], TimeLimit | None]:
        """The limits that were looked up, by name, kind and condition."""

        def limit(key: tuple[str, str, str]) -> TimeLimit | None:
            found = self.choice(LimitKey(*key))
            return found.limit if found else None

        return lru_cache(MOST_LIMITS)(limit)

    def choice(self, key: LimitKey) -> CaseLimit | None:
        """Return the limit of `key`, with where it is written; None: there is none."""
        return find_limit(self.profiles, key).found if self.profiles else None


def measured_clocks(clocks: CaseClocks, case: Case) -> Iterator[MeasuredCase]:
    """Yield what each clock of a case went through, by what its limit was of when it began last."""
    for limit, facts in clock_histories(case.clock).of.items():
        begun = [fact for fact in facts if fact.what in {"started", "changed"}]
        events = clocks.events(case, limit)
        if begun and events:
            key = LimitKey(limit, begun[-1].kind, begun[-1].condition)
            yield MeasuredCase(key, tuple(events))


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
