"""What happens to the clock of one limit of a case: facts, of which the clock is the fold.

Each takes effect at its own instant: a pause that is written down afterwards takes its place in
time. Which of them are allowed when is a workflow's to say; the clock only counts.
"""

from __future__ import annotations

import msgspec

from citybrain.cases.time_units import TimeLimit
from citybrain.floor.clock import Instant
from citybrain.floor.reason import Reason


class _ClockFact(msgspec.Struct, frozen=True, kw_only=True):
    """What all of them have.

    Attributes:
        at: from when on it is so.
        reason: why.
        known_at: when it was written down, where that was later.
    """

    at: Instant
    reason: Reason | None = None
    known_at: Instant | None = None

    @property
    def certain_at(self) -> Instant:
        """Since when others can have known of it."""
        return self.at if self.known_at is None else max(self.at, self.known_at)


class ClockStarted(_ClockFact, frozen=True, kw_only=True, tag="started"):
    """The first leg begins.

    Attributes:
        limit: how long it may take; it stays, whatever becomes of the profile that it is from.
    """

    limit: TimeLimit


class ClockPaused(_ClockFact, frozen=True, kw_only=True, tag="paused"):
    """Nothing counts until it is resumed, because of the stage that the case is in."""


class ClockResumed(_ClockFact, frozen=True, kw_only=True, tag="resumed"):
    """It counts again, after a pause or a deferral."""


class ClockDeferred(_ClockFact, frozen=True, kw_only=True, tag="deferred"):
    """挂账: nothing counts until it is resumed, in the place of a pause if there is one.

    Attributes:
        until: when it goes on by itself at the latest.
    """

    until: Instant


class LimitChanged(_ClockFact, frozen=True, kw_only=True, tag="limit_changed"):
    """The leg has another limit, from its beginning on, in the place of the one with extensions."""

    limit: TimeLimit


class LimitExtended(_ClockFact, frozen=True, kw_only=True, tag="limit_extended"):
    """So much time more, in the unit of the limit."""

    by: TimeLimit


class ClockStopped(_ClockFact, frozen=True, kw_only=True, tag="stopped"):
    """What the limit is for was done: the leg is closed."""


class ClockReopened(_ClockFact, frozen=True, kw_only=True, tag="reopened"):
    """It was not done after all: a new leg begins; the legs before it stay as they are.

    Attributes:
        limit: of the new leg; None: that of the leg before, without its extensions.
    """

    limit: TimeLimit | None = None


LimitWord = LimitChanged | LimitExtended
ClockEvent = (
    ClockStarted
    | ClockPaused
    | ClockResumed
    | ClockDeferred
    | LimitWord
    | ClockStopped
    | ClockReopened
)
