"""One theme on the overall screen: count, comparison, rate, course, feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from citybrain.city import Feed
from dashboards.tiles.counter import pair_row
from dashboards.tiles.trend import day_against_day, halves
from dashboards.wall.population import MATTERS, READINGS_TAKEN, Population
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import DELIVERED, SAME_TIME, TODAY, TREND
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class ThemeCard(Tile):
    """A theme in brief; its freshness is that of its own feeds.

    Attributes:
        theme: id of the theme.
        screen: id of the screen that it leads to.
    """

    kind: ClassVar[str] = "theme"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY, SAME_TIME, DELIVERED, TREND)

    theme: str
    screen: str
    population: Population | None = MATTERS

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return the theme's numbers and its day as a line, half an hour a point."""
        mine = view.narrowed(self.theme)
        known = mine.comparison()
        return {
            "theme": self.theme,
            "screen": self.screen,
            "matters": mine.count(),
            "readings": mine.count(READINGS_TAKEN),
            "yesterday": pair_row(known.yesterday),
            "week": pair_row(known.week),
            "days": known.days,
            "rate": mine.rate(),
            "severe": total(mine.today(), "severe"),
            "line": halves(day_against_day(mine)),
        }

    def feeds(self, view: ScreenView) -> Sequence[Feed]:
        """Return the theme's feeds."""
        return view.narrowed(self.theme).feeds
