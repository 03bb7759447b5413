"""What today's matters are made of: the largest kinds, and the rest as one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from dashboards.wall.population import MATTERS, Population
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Donut(Tile):
    """Shares of `by` among today's matters.

    Attributes:
        by: ``kind`` or ``theme``.
        top: how many parts are named.
    """

    kind: ClassVar[str] = "donut"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY,)

    by: str = "kind"
    top: int = 6
    population: Population | None = MATTERS

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return rows of (id, events), most first, what is left, and the sum."""
        frame = view.today()
        if frame.is_empty():
            return {"by": self.by, "rows": [], "rest": 0, "total": 0}
        ranked = (
            frame.group_by(self.by)
            .agg(pl.col("events").sum())
            .sort(["events", self.by], descending=[True, False])
        )
        rows = [list(row) for row in ranked.head(self.top).iter_rows()]
        everything = total(frame)
        rest = everything - sum(row[1] for row in rows)
        return {"by": self.by, "rows": rows, "rest": rest, "total": everything}
