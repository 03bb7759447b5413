"""How many open cases there are by theme and origin, in which step, and which are late; pure.

What follows another case is counted with that one, as on the case desk; what is of an exercise is
counted apart, by its origin.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from citybrain.cases.closed_loop import LoopStep
from citybrain.floor.clock import millis
from dashboards.lists.case_facts import NEVER, CaseFacts

LATEST = 5
"""Of each theme and origin, so many of the cases that are late for the longest are named."""


class TallyRow(NamedTuple):
    """Open cases of a theme and an origin.

    Attributes:
        theme, origin: of them.
        steps: how many are in each step of the loop.
        supervised: how many somebody watches over.
        late: how many are overdue.
        latest: ids of those that are overdue for the longest, that one first.
    """

    theme: str
    origin: str
    steps: dict[LoopStep, int]
    supervised: int
    late: int
    latest: list[str]


class _Group:
    def __init__(self) -> None:
        self.steps: Counter[LoopStep] = Counter()
        self.supervised = 0
        self.dues: list[tuple[int, str]] = []


class CaseTally:
    """Counts cases as they come and go; when each is due is kept in order."""

    def __init__(self) -> None:
        """Begin with none."""
        self._groups: dict[tuple[str, str], _Group] = {}

    def add(self, case: CaseFacts) -> None:
        """Count a case in that was not there."""
        if case.follows:
            return
        group = self._groups.setdefault((case.theme, case.origin), _Group())
        group.steps[case.step] += 1
        group.supervised += case.supervised
        if case.due != NEVER:
            insort(group.dues, (case.due, case.id))

    def discard(self, case: CaseFacts) -> None:
        """Count a case out as it was counted in."""
        if case.follows:
            return
        group = self._groups[case.theme, case.origin]
        group.steps[case.step] -= 1
        group.supervised -= case.supervised
        if case.due != NEVER:
            del group.dues[bisect_left(group.dues, (case.due, case.id))]

    def rows(self, now: datetime) -> Iterator[TallyRow]:
        """Yield the counts as of `now`, where there is any case."""
        for (theme, origin), group in self._groups.items():
            steps = {step: count for step, count in group.steps.items() if count}
            if not steps:
                continue
            late = bisect_left(group.dues, (millis(now), ""))
            latest = [name for _, name in group.dues[: min(late, LATEST)]]
            yield TallyRow(theme, origin, steps, group.supervised, late, latest)
