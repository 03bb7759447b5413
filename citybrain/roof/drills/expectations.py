"""What a scenario expects, as it is written, and whether it came so; pure.

    red within 30s                   an alert of that level, told to somebody within so long
    red of gas_leak within 1m        the same, by that rule

The time counts from the event with which the alert reached the level until a receiver had it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from citybrain.floor.duration import duration
from citybrain.floor.levels import LEVELS, RANKS
from citybrain.roof.drills.drill_times import DrillRow

_FORM = re.compile(r"(?P<level>\w+)(?: of (?P<rule>\w+))? within (?P<time>\w+)")


@dataclass(frozen=True)
class DrillExpectation:
    """One thing that a scenario expects.

    Attributes:
        level: that an alert reaches.
        within: so long after the event somebody has been told.
        rule: id of the alert's rule; "": any.
    """

    level: str
    within: timedelta
    rule: str = ""

    def __str__(self) -> str:
        """Return it as it is written."""
        of = f" of {self.rule}" if self.rule else ""
        return f"{self.level}{of} within {self.within.total_seconds():g}s"


def read_expectation(text: str) -> DrillExpectation:
    """Return what `text` expects.

    Raises:
        ValueError: it expects nothing that can be checked.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None or found["level"] not in LEVELS:
        raise ValueError(f"{text!r} expects nothing that can be checked")
    return DrillExpectation(found["level"], duration(found["time"]), found["rule"] or "")


def unmet(expected: Iterable[DrillExpectation], rows: Sequence[DrillRow]) -> list[str]:
    """Return, in words, which expectations did not come true."""
    said = ((one, _unmet(one, rows)) for one in expected)
    return [f"expected {one}: {problem}" for one, problem in said if problem]


def longest(expected: Iterable[DrillExpectation]) -> timedelta:
    """Return how long after the last event the last of them may come true."""
    return max((one.within for one in expected), default=timedelta())


def _unmet(one: DrillExpectation, rows: Sequence[DrillRow]) -> str:
    mine = [row for row in rows if not one.rule or row.rule == one.rule]
    reached = [row for row in mine if row.level == one.level]
    if not reached:
        highest = max((row.level for row in mine), key=RANKS.__getitem__, default="")
        return f"the highest was {highest}" if highest else "no alert"
    problems = [_late(one, row) for row in reached]
    return "" if "" in problems else problems[0]


def _late(one: DrillExpectation, row: DrillRow) -> str:
    if row.delivered_at is None:
        return f"kept quiet ({row.muted})" if row.muted else "reached no receiver"
    took = row.delivered_at - row.event_at
    return "" if took <= one.within else f"told after {took.total_seconds():.2f} s"
