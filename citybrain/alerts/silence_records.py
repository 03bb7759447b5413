"""A silence as it travels on city.alerts: what it keeps quiet, when, by whom and why."""

from __future__ import annotations

from typing import Literal

import msgspec

from citybrain.floor.clock import Instant
from citybrain.workflow.scope import Belonging

PLACES = ("area", "street", "district")
"""Labels that say where an alert is, from the most exact."""


class Matcher(msgspec.Struct, frozen=True):
    """One condition on an alert's labels: ``name op value`` with op ``=``, ``!=``, ``=~``, ``!~``.

    Labels are rule, level, theme, kind, feed, department, area, district, street, subject, origin,
    the key's names and the rule's own labels; a label with several values (kinds) matches when any
    of them does. Regular expressions are anchored at both ends.
    """

    name: str
    op: Literal["=", "!=", "=~", "!~"]
    value: str


class Recurrence(msgspec.Struct, frozen=True, kw_only=True):
    """When a silence holds, in the city's time zone; outside of it the silence rests.

    Attributes:
        weekdays: 1 Monday … 7 Sunday; empty: every day.
        start, end: ``HH:MM``; an end before the start is on the next day.
    """

    weekdays: tuple[int, ...] = ()
    start: str = "00:00"
    end: str = "24:00"


class Silence(msgspec.Struct, frozen=True, kw_only=True, tag="silence"):
    """Keeps alerts that match quiet for a time; a red one may need a second approver.

    Attributes:
        id: UUID.
        matchers: all of them must match.
        starts_at, ends_at: from when to when.
        recurrence: hours within that time; None: all of them.
        creator, reason: who and why.
        approver: the second person, where it would hide a red alert; "" not approved yet.
        needs_approval: whether it takes no effect before it is approved.
        expired_at: instant at which somebody ended it early.
        would_hide: alerts of the last 30 days that it would have hidden; red ones of them.
        version: counts changes.
        command: id of the command that made this version; "" a reminder did.
    """

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: Instant
    ends_at: Instant
    creator: str
    reason: str
    created_at: Instant
    recurrence: Recurrence | None = None
    approver: str = ""
    needs_approval: bool = False
    expired_at: Instant | None = None
    would_hide: int = 0
    would_hide_red: int = 0
    reminded_at: Instant | None = None
    version: int = 1
    command: str = ""
    schema: int = 1

    @property
    def belonging(self) -> Belonging:
        """Whom it concerns: the departments and the place that all its alerts are of."""
        named = {one.name: one for one in self.matchers if one.op == "="}
        areas = (named[name].value for name in PLACES if name in named)
        below = (
            one.value.removesuffix(".*")
            for one in self.matchers
            if one.op == "=~" and one.name in PLACES and one.value.removesuffix(".*").isdigit()
        )
        departments = (named["department"].value,) if "department" in named else ()
        return Belonging(departments, max((*areas, *below), key=len, default=""))
