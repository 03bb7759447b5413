"""The last 24 hours against the 24 hours before, in quarters of an hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import polars as pl

from citybrain.floor.clock import millis
from dashboards.wall.city_days import SLOT_MINUTES, slot_of
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.shared_queries import TREND
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery

SLOT = timedelta(minutes=SLOT_MINUTES)
SLOTS = int(timedelta(hours=24) / SLOT)


@dataclass(frozen=True, kw_only=True)
class Trend(Tile):
    """Complete slots only: the one that is still filling would look like a fall."""

    kind: ClassVar[str] = "trend"
    queries: ClassVar[tuple[TileQuery, ...]] = (TREND,)

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return both days' counts, slot by slot, and when the first slot of today's begins."""
        return day_against_day(view.trend, view.now)


def day_against_day(frame: pl.DataFrame, now: datetime) -> dict[str, Any]:
    """Return the counts of the last 24 h and of the 24 h before as lists of equal length."""
    end = slot_of(now)
    start = end - SLOT * SLOTS
    step = int(SLOT.total_seconds() * 1000)
    if frame.is_empty():
        return {"start": millis(start), "step": step, "now": [], "before": []}
    by_slot = dict(frame.group_by("slot").agg(pl.col("events").sum()).iter_rows())

    def line(first: datetime) -> list[int]:
        return [int(by_slot.get(first + SLOT * index, 0)) for index in range(SLOTS)]

    return {
        "start": millis(start),
        "step": step,
        "now": line(start),
        "before": line(start - SLOT * SLOTS),
    }
