"""Which events a figure of the wall counts (统计口径): the one definition, which every tile asks.

- **What is counted at all**: events of every origin but drills (`COUNTED`), of every feed.
- **One class in a figure**: *matters* 事项, which somebody has to deal with, or *readings* 监测读数
  of a measure; the catalogue says which a kind is (`EventKind.counts_as`). What the catalogue does
  not know is a matter, so that the two always make up the whole.
- **A day** is the city's, by when events happened.
- **Cases** are no events: `dashboards.wall.case_summary` says which are counted, for every tile.
- **Compared with another day** are only feeds that delivered on both, see
  `dashboards.wall.comparison`.

Queries name the class by `IS_READING`, or give the kind; a `Population` picks its rows from either.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import polars as pl

from citybrain.floor.origins import EXERCISE

COUNTED = f"t.origin != '{EXERCISE}'"
"""Condition of rollups: a drill's events are in no count of a wall."""
IS_READING = "toBool(has({readings:Array(String)}, t.kind))"
"""Whether a row is of readings; `QueryTime.readings` is what is bound."""


@dataclass(frozen=True)
class Population:
    """The events that one figure is of.

    Attributes:
        readings: readings of measures; else matters.
        kinds: only these kinds, by id; empty: all of the class. Needs rows by kind.
    """

    readings: bool = False
    kinds: tuple[str, ...] = ()

    def of(self, frame: pl.DataFrame, readings: Collection[str]) -> pl.DataFrame:
        """Return the rows that are counted.

        Args:
            frame: rows with a column ``reading``, or ``kind``.
            readings: ids of the kinds that are readings.
        """
        if frame.is_empty():
            return frame
        if "reading" in frame.columns and not self.kinds:
            return frame.filter(pl.col("reading") == self.readings)
        kind = pl.col("kind")
        frame = frame.filter(kind.is_in(list(readings)) == self.readings)
        return frame.filter(kind.is_in(self.kinds)) if self.kinds else frame

    def counts(self, kind: str, readings: Collection[str]) -> bool:
        """Tell whether events of `kind` are counted."""
        return (kind in readings) == self.readings and (not self.kinds or kind in self.kinds)


MATTERS = Population()
READINGS_TAKEN = Population(readings=True)
