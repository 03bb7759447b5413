"""What the clock of one limit of a case says: its legs, and how it stands at an instant."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec

from citybrain.cases.clock_events import ClockEvent, LimitWord
from citybrain.cases.time_units import TimeLimit
from citybrain.cases.working_time import BeyondCountingError, WorkingTime, instant
from citybrain.floor.reason import Reason

ClockState = Literal["waiting", "running", "paused", "deferred", "stopped"]
WAITING: ClockState = "waiting"
RUNNING: ClockState = "running"
PAUSED: ClockState = "paused"
DEFERRED: ClockState = "deferred"
STOPPED: ClockState = "stopped"


class ClockStretch(msgspec.Struct, frozen=True):
    """One state of a leg, from when until when; whole seconds since 1970-01-01 UTC.

    Attributes:
        state: ``running``, ``paused`` or ``deferred``.
        start: its beginning.
        end: its end; None: it lasts.
        reason: why it is so, as the event says.
        until: when a deferral ends by itself.
        certain: since when it can be known.
    """

    state: ClockState
    start: int
    end: int | None = None
    reason: Reason | None = None
    until: int | None = None
    certain: int = 0


class ClockLeg(msgspec.Struct, frozen=True):
    """From starting (or reopening) to closing.

    Attributes:
        limit: how long it may take, with extensions.
        stretches: what it went through, in order, without gaps.
        base: the limit without extensions.
        words: how the limit came to be what it is: extensions and changes, in order.
        certain: since when it can be known to be so, seconds since 1970-01-01 UTC.
        stopped_at: when it was closed; None: it is open.
    """

    limit: TimeLimit
    stretches: tuple[ClockStretch, ...]
    base: TimeLimit
    words: tuple[LimitWord, ...] = ()
    certain: int = 0
    stopped_at: datetime | None = None

    @property
    def state(self) -> ClockState:
        """What it is in."""
        return STOPPED if self.stopped_at is not None else self.stretches[-1].state

    @property
    def started_at(self) -> datetime:
        """When it began (UTC)."""
        return instant(self.stretches[0].start)

    def used_s(self, time: WorkingTime, now: int) -> int:
        """Return the seconds that counted until `now` (seconds since 1970-01-01 UTC)."""
        return sum(
            time.elapsed_s(self.limit.unit, one.start, now if one.end is None else one.end)
            for one in self.stretches
            if one.state == RUNNING
        )

    def reaches(self, time: WorkingTime, seconds: int) -> tuple[int, int] | None:
        """Return when so many seconds are used up, and since when that is known.

        An open leg is taken to run on; None: it was closed, or stands still, before or just then.
        """
        left, unit = seconds, self.limit.unit
        for one in self.stretches:
            if one.state != RUNNING:
                continue
            try:
                at = time.due_s(one.start, left, unit)
            except BeyondCountingError:  # a limit longer than anybody can count
                return None
            if one.end is None or at < one.end:
                return at, max(one.certain, self.certain)
            left -= time.elapsed_s(unit, one.start, one.end)
        return None


class IgnoredEvent(msgspec.Struct, frozen=True):
    """An event that changed nothing.

    Attributes:
        event: the event.
        reason: why it could not.
    """

    event: ClockEvent
    reason: Reason


class ClockReading(msgspec.Struct, frozen=True, kw_only=True):
    """What the clock says at one instant, of its newest leg.

    Attributes:
        now: the instant (UTC).
        state: ``waiting`` (nothing began), ``running``, ``paused``, ``deferred`` or ``stopped``.
        limit: how long it may take; None while waiting.
        allowed_s: that in seconds of its unit's pace.
        used_s: how many of them are used up.
        due_at: when they will be, or were; None unless it runs.
        breached_at: when they were, if what they are for was not done by then; it stays.
        provisional: whether a day of it is of a year whose free days are not known yet.
        legs: all legs, the oldest first; a closed one never changes.
        ignored: events that changed nothing.
    """

    now: datetime
    state: ClockState = WAITING
    limit: TimeLimit | None = None
    allowed_s: int = 0
    used_s: int = 0
    due_at: datetime | None = None
    breached_at: datetime | None = None
    provisional: bool = False
    legs: tuple[ClockLeg, ...] = ()
    ignored: tuple[IgnoredEvent, ...] = ()

    @property
    def left_s(self) -> int:
        """The seconds that are left; below zero: so many too many were used."""
        return self.allowed_s - self.used_s
