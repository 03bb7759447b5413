"""The open cases as a wall sees them: counts by theme, origin and step; which are late the longest.

Nothing of it says what a case is about: walls hang where many see them. A number, a street and the
unit that has it are enough to ask on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl

from citybrain.floor.clock import Clock
from citybrain.floor.text import Text
from dashboards.lists.case_facts import CaseFacts
from dashboards.lists.case_index import CaseIndex
from dashboards.lists.cases_live import CasesLive

COUNTS = {
    "theme": pl.String(),
    "origin": pl.String(),
    "step": pl.String(),
    "cases": pl.UInt32(),
    "supervised": pl.UInt32(),
    "late": pl.UInt32(),
}
"""A step is one of the closed loop; of ``""`` are what counts across the steps."""
LATEST = {
    "theme": pl.String(),
    "origin": pl.String(),
    "number": pl.String(),
    "street": pl.String(),
    "unit_zh": pl.String(),
    "unit_en": pl.String(),
    "due": pl.Datetime("ms", "UTC"),
}
_STREET = 9
_SECOND = 1000


class _CasesFrame:
    def __init__(self, live: CasesLive, index: CaseIndex, clock: Clock) -> None:
        """Frame what `live` knows, as `index` counts it now."""
        self._live, self._index, self._clock = live, index, clock

    @property
    def heard(self) -> bool:
        """Whether it is whole and as of now."""
        return self._live.heard and self._index.whole


class CaseCounts(_CasesFrame):
    """How many open cases there are, of what walls count (`CaseTally`)."""

    def frame(self) -> pl.DataFrame:
        """Return a row for each theme, origin and step with cases."""
        rows: list[tuple[object, ...]] = []
        for row in self._index.tally.rows(self._clock.now()):
            rows += [(row.theme, row.origin, step, n, 0, 0) for step, n in row.steps.items()]
            rows.append((row.theme, row.origin, "", 0, row.supervised, row.late))
        return pl.DataFrame(rows, schema=COUNTS, orient="row")


class LatestCases(_CasesFrame):
    """The open cases that are overdue for the longest, some of each theme and origin."""

    def __init__(
        self, live: CasesLive, index: CaseIndex, clock: Clock, unit: Callable[[str], Text]
    ) -> None:
        """Frame what `live` knows; `unit` says what a unit is called."""
        super().__init__(live, index, clock)
        self._unit = unit

    def frame(self) -> pl.DataFrame:
        """Return the cases, in no order."""
        found = (
            (row.theme, case)
            for row in self._index.tally.rows(self._clock.now())
            for name in row.latest
            if (case := self._index.find(name)) is not None
        )
        rows = [self._row(theme, case) for theme, case in found]
        return pl.DataFrame(rows, schema=LATEST, orient="row")

    def _row(self, theme: str, case: CaseFacts) -> tuple[object, ...]:
        due, unit = datetime.fromtimestamp(case.due / _SECOND, UTC), self._unit(case.unit)
        return (theme, case.origin, case.number, case.area[:_STREET], unit.zh, unit.en, due)
