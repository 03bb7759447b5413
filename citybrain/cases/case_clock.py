"""The clock of one limit of a case: a fold over its events, made whole each time it is read.

Nothing of it is stored: neither used nor remaining time. So a pause stays when the limit
changes, and a calendar that is loaded later corrects every clock that reached into its year.

Any events in any order give a reading. What cannot be, such as a pause of what is paused, changes
nothing and is told with its reason (`ClockReading.ignored`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from msgspec.structs import replace

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
    LimitWord,
)
from citybrain.cases.clock_reading import (
    DEFERRED,
    PAUSED,
    RUNNING,
    STOPPED,
    WAITING,
    ClockLeg,
    ClockReading,
    ClockState,
    ClockStretch,
    IgnoredEvent,
)
from citybrain.cases.time_units import TimeLimit
from citybrain.cases.working_time import (
    BeyondCountingError,
    WorkingTime,
    check_years,
    instant,
    whole,
)
from citybrain.floor.reason import Reason


def read_clock(events: Iterable[ClockEvent], time: WorkingTime, now: datetime) -> ClockReading:
    """Return what the clock says at `now` (aware) of what took effect until then.

    Args:
        events: in the order in which they were written down; each counts from its own instant.
        time: the city's.
        now: the instant of reading.

    Raises:
        BeyondCountingError: `now` is in no year that can be counted in.
    """
    check_years(whole(now), whole(now))
    folding = _Folding()
    for event in sorted(events, key=lambda one: one.at):
        if event.at <= now:
            folding.take(event)
    return _reading(folding, time, now)


def _reading(folding: _Folding, time: WorkingTime, now: datetime) -> ClockReading:
    at = whole(now)
    folding.wake(at)
    ignored = tuple(folding.ignored)
    if not folding.legs:
        return ClockReading(now=now, ignored=ignored)
    leg = folding.legs[-1]
    allowed = time.seconds(leg.limit.amount, leg.limit.unit)
    due, breached = _due(leg, time, allowed, at)
    last = at if leg.stopped_at is None else whole(leg.stopped_at)
    begin, unit = leg.stretches[0].start, leg.limit.unit
    return ClockReading(
        now=now,
        state=leg.state,
        limit=leg.limit,
        allowed_s=allowed,
        used_s=leg.used_s(time, at),
        due_at=instant(due) if due is not None else None,
        breached_at=instant(breached) if breached is not None else None,
        provisional=time.is_provisional(begin, max(due or last, last), unit),
        legs=tuple(folding.legs),
        ignored=ignored,
    )


def _due(leg: ClockLeg, time: WorkingTime, allowed: int, now: int) -> tuple[int | None, int | None]:
    """Return when it is due, if it runs, and when it was breached, if it was."""
    found = leg.reaches(time, allowed)
    if found is None:
        return None, None
    at, _ = found
    return (at if leg.state == RUNNING else None), (at if at <= now else None)


@dataclass
class _Folding:
    """The legs so far."""

    legs: list[ClockLeg] = field(default_factory=list)
    ignored: list[IgnoredEvent] = field(default_factory=list)

    def take(self, event: ClockEvent) -> None:
        """Take the next event in; what cannot be is noted."""
        try:
            at = whole(event.at)
            check_years(at, at)
            self.wake(at)
            code = _TAKE[type(event)](self, event, at)
        except BeyondCountingError:
            code = "beyond_counting"
        if code:
            self.ignored.append(IgnoredEvent(event, Reason(code)))

    def wake(self, now: int) -> None:
        """End a deferral whose time is over."""
        if not self.legs or self.legs[-1].state != DEFERRED:
            return
        until = self.legs[-1].stretches[-1].until
        if until is not None and until <= now:
            self.go_on(ClockStretch(RUNNING, until, certain=until))

    def go_on(self, stretch: ClockStretch) -> None:
        """Go over into another state; one that lasted no second leaves no trace."""
        leg = self.legs[-1]
        *before, last = leg.stretches
        closed = [replace(last, end=stretch.start)] if last.start < stretch.start else []
        self.legs[-1] = replace(leg, stretches=(*before, *closed, stretch))

    def started(self, event: ClockStarted, _at: int) -> str:
        if self.legs:
            return "already_started"
        self._open(event.limit, event)
        return ""

    def paused(self, event: ClockPaused, _at: int) -> str:
        if problem := self._unless(RUNNING):
            return problem
        self.go_on(_stretch(PAUSED, event))
        return ""

    def resumed(self, event: ClockResumed, _at: int) -> str:
        if problem := self._unless(PAUSED, DEFERRED):
            return problem
        self.go_on(_stretch(RUNNING, event))
        return ""

    def deferred(self, event: ClockDeferred, at: int) -> str:
        until = whole(event.until)
        check_years(until, until)
        if problem := self._unless(RUNNING, PAUSED):
            return problem
        if until <= at:
            return "over_at_once"
        self.go_on(_stretch(DEFERRED, event, until))
        return ""

    def limit_changed(self, event: LimitChanged, _at: int) -> str:
        if problem := self._unless(RUNNING, PAUSED, DEFERRED):
            return problem
        self._limit(event, event.limit)
        self.legs[-1] = replace(self.legs[-1], base=event.limit)
        return ""

    def limit_extended(self, event: LimitExtended, _at: int) -> str:
        if problem := self._unless(RUNNING, PAUSED, DEFERRED):
            return problem
        old = self.legs[-1].limit
        if event.by.unit != old.unit:
            return "other_unit"
        self._limit(event, TimeLimit(old.amount + event.by.amount, old.unit))
        return ""

    def stopped(self, _event: ClockStopped, at: int) -> str:
        if problem := self._unless(RUNNING, PAUSED, DEFERRED):
            return problem
        leg = self.legs[-1]
        *before, last = leg.stretches
        stretches = (*before, replace(last, end=at))
        self.legs[-1] = replace(leg, stretches=stretches, stopped_at=instant(at))
        return ""

    def reopened(self, event: ClockReopened, _at: int) -> str:
        if problem := self._unless(STOPPED):
            return problem
        self._open(event.limit or self.legs[-1].base, event)
        return ""

    def _open(self, limit: TimeLimit, event: ClockStarted | ClockReopened) -> None:
        self.legs.append(ClockLeg(limit, (_stretch(RUNNING, event),), limit))

    def _limit(self, word: LimitWord, limit: TimeLimit) -> None:
        leg = self.legs[-1]
        certain = leg.certain if limit == leg.limit else whole(word.certain_at)
        self.legs[-1] = replace(leg, limit=limit, words=(*leg.words, word), certain=certain)

    def _unless(self, *states: ClockState) -> str:
        """Return why nothing can be done unless the leg is in one of `states`; "": it is."""
        state = self.legs[-1].state if self.legs else WAITING
        return "" if state in states else f"is_{state}"


def _stretch(state: ClockState, event: ClockEvent, until: int | None = None) -> ClockStretch:
    start, certain = whole(event.at), whole(event.certain_at)
    return ClockStretch(state, start, reason=event.reason, until=until, certain=certain)


_TAKE: dict[type, Callable[[_Folding, Any, int], str]] = {
    ClockStarted: _Folding.started,
    ClockPaused: _Folding.paused,
    ClockResumed: _Folding.resumed,
    ClockDeferred: _Folding.deferred,
    LimitChanged: _Folding.limit_changed,
    LimitExtended: _Folding.limit_extended,
    ClockStopped: _Folding.stopped,
    ClockReopened: _Folding.reopened,
}
