"""The head of a screen: today's count, against the days before, the rate, what is severe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import polars as pl

from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import SAME_TIME, TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Counter(Tile):
    """Today's events, counted from the pulse so that it moves several times a second."""

    kind: ClassVar[str] = "counter"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY, SAME_TIME)

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return today's count, its comparison, the rate a minute, and severe matters."""
        known = view.comparison
        return {
            "events": view.events_today,
            "yesterday": known.yesterday,
            "week": known.week,
            "before": known.before,
            "mean": known.mean,
            "days": known.days,
            "newcomers": known.newcomers,
            "rate": sum(view.picture.rates.get(theme, 0.0) for theme in view.themes),
            "severe": total(view.today, "severe"),
            "matters": _matters(view),
        }


def _matters(view: ScreenView) -> int:
    if view.today.is_empty():
        return 0
    return total(view.today.filter(pl.col("kind").is_in(view.matters)))
