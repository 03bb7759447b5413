"""What a case's clocks are folded from: facts with their instants, never a remainder.

Who computes deadlines reads these and the limits of the city; nothing here knows of hours.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from citybrain.floor.clock import Instant

EVERY_CLOCK = ""
"""What `ClockFact.limit` is where a fact is about every clock that runs."""


class ClockFact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that a clock of a case goes by.

    A case has several clocks, each called by its limit: that of the stage, that of the whole case,
    those of actions. ``started`` and ``stopped`` are of one of them, and one that is started again
    begins anew. A case pauses for one reason at a time.

    Attributes:
        what: ``started``, ``stopped``, ``paused``, ``resumed``, ``changed`` (another kind or
            condition has another limit), ``extended`` (by the original limit once more),
            ``deferred`` (挂账: stands still until `until` at most), ``reopened`` (a new leg).
        at: instant from which it holds.
        limit: key of the limit; `EVERY_CLOCK`: all that run.
        reason: why: id of a pause (``suspended``, ``deferred``, ``merged``, ``stage:<id>``), or the
            id of the stage that began or ended.
        kind, condition: what the limit is looked up by, of ``started`` and ``changed``.
        until: end of a deferral.
    """

    what: Literal[
        "started", "stopped", "paused", "resumed", "changed", "extended", "deferred", "reopened"
    ]
    at: Instant
    limit: str = EVERY_CLOCK
    reason: str = ""
    kind: str = ""
    condition: str = ""
    until: Instant | None = None
