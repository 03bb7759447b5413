"""Who or where most comes from today: departments, streets or kinds, most first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from citybrain.city import Feed
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery

STREET_DIGITS = 9


@dataclass(frozen=True, kw_only=True)
class Ranking(Tile):
    """The first `top` by events today.

    Attributes:
        by: ``department``, ``area`` (streets) or ``kind``.
        top: how many rows.
        matters: whether to count matters alone, without readings of measures.
        only: ids of the kinds to count; empty: all.
    """

    kind: ClassVar[str] = "ranking"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY,)

    by: str
    top: int = 8
    matters: bool = False
    only: tuple[str, ...] = ()

    def feeds(self, view: ScreenView) -> Sequence[Feed]:
        """Return the feeds that carry what is counted."""
        return view.feeds_with(lambda kind: kind in self.only) if self.only else view.feeds

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return rows of (id, events, severe), the sum over all, and what has no place."""
        frame = view.today
        if frame.is_empty():
            return {"by": self.by, "rows": [], "total": 0, "unplaced": 0}
        if self.matters:
            frame = frame.filter(pl.col("kind").is_in(view.matters))
        if self.only:
            frame = frame.filter(pl.col("kind").is_in(self.only))
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
