"""One theme on the overall screen: count, comparison, rate, course, feeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from citybrain.city import Feed
from dashboards.tiles.trend import day_against_day
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import SAME_TIME, TODAY, TREND
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
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY, SAME_TIME, TREND)

    theme: str
    screen: str

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return the theme's numbers and its line of the last 24 h."""
        mine = view.narrowed(self.theme)
        return {
            "theme": self.theme,
            "screen": self.screen,
            "events": mine.events_today,
            "yesterday": mine.comparison.yesterday,
            "week": mine.comparison.week,
            "days": mine.comparison.days,
            "rate": view.picture.rates.get(self.theme, 0.0),
            "severe": total(mine.today, "severe"),
            "line": day_against_day(mine.trend, view.now)["now"][::2],
        }

    def feeds(self, view: ScreenView) -> Sequence[Feed]:
        """Return the theme's feeds."""
        return view.narrowed(self.theme).feeds
