"""The districts coloured by today's matters; the newest located events pulse on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from dashboards.wall.population import MATTERS, Population
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery

DISTRICT_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class DistrictMap(Tile):
    """Counts by district; points come with the events of pulse and event list."""

    kind: ClassVar[str] = "map"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY,)

    population: Population | None = MATTERS

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return matters by district, with severe ones, and what has no place."""
        today = view.today()
        if today.is_empty():
            return {"areas": {}, "severe": {}, "unplaced": 0}
        district = pl.col("area").str.head(DISTRICT_DIGITS)
        counted = (
            today.filter(pl.col("area").str.len_bytes() >= DISTRICT_DIGITS)
            .group_by(district.alias("district"))
            .agg(pl.col("events").sum(), pl.col("severe").sum())
        )
        return {
            "areas": dict(zip(counted["district"], counted["events"], strict=True)),
            "severe": dict(zip(counted["district"], counted["severe"], strict=True)),
            "unplaced": total(today) - total(counted),
        }
