"""Who or where most comes from today: departments, streets or kinds, most first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from citybrain.city import Feed
from dashboards.wall.population import MATTERS, Population
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery

STREET_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class Ranking(Tile):
    """The first `top` by matters today.

    Attributes:
        by: ``department``, ``area`` (streets) or ``kind``.
        top: how many rows.
    """

    kind: ClassVar[str] = "ranking"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY,)

    by: str
    top: int = 8
    population: Population | None = MATTERS

    def feeds(self, view: ScreenView) -> Sequence[Feed]:
        """Return the feeds that carry what is counted."""
        kinds = self.population.kinds if self.population else ()
        return view.feeds_with(lambda kind: kind in kinds) if kinds else view.feeds

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return rows of (id, events, severe), the sum over all, and what has no place."""
        frame = view.today(self.population or MATTERS)
        if frame.is_empty():
            return {"by": self.by, "rows": [], "total": 0, "unplaced": 0}
        everything = total(frame)
        if self.by == "area":
            frame = frame.filter(pl.col("area").str.len_bytes() >= STREET_DIGITS)
        ranked = (
            frame.group_by(self.by)
            .agg(pl.col("events").sum(), pl.col("severe").sum())
            .sort(["events", self.by], descending=[True, False])
        )
        return {
            "by": self.by,
            "rows": [list(row) for row in ranked.head(self.top).iter_rows()],
            "total": everything,
            "unplaced": everything - total(frame),
        }
