"""The head of a screen: today's matters, against the days before, the rate, what is severe."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from citybrain.floor.clock import millis
from dashboards.wall.city_days import minute_of
from dashboards.wall.comparison import Pair
from dashboards.wall.population import MATTERS, READINGS_TAKEN, Population
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import DELIVERED, SAME_TIME, TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Counter(Tile):
    """Today's matters, which pulses move several times a second; readings stand apart from them."""

    kind: ClassVar[str] = "counter"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY, SAME_TIME, DELIVERED)

    population: Population | None = MATTERS

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return today's count, its comparison with its base, the rate a minute, severe matters."""
        known = view.comparison()
        return {
            "matters": view.count(),
            "readings": view.count(READINGS_TAKEN),
            "yesterday": pair_row(known.yesterday),
            "week": pair_row(known.week),
            "days": known.days,
            "compared": known.compared,
            "feeds": known.feeds,
            "until": until(view),
            "rate": view.rate(),
            "severe": total(view.today(), "severe"),
        }


def pair_row(pair: Pair | None) -> dict[str, float | None] | None:
    """Return a comparison as the browser gets it: the change, and both counts that it is of."""
    if pair is None:
        return None
    return {"change": pair.change, "now": pair.now, "before": pair.before}


def until(view: ScreenView) -> int | None:
    """Return until which minute days are compared; None: they were never asked for."""
    read_at = view.picture.read_at.get(SAME_TIME.name)
    return millis(minute_of(read_at)) if read_at else None
