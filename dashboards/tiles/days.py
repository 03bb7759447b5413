"""Eight days, each until this time of day: is today unusual?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from citybrain.floor.clock import millis
from dashboards.wall.population import MATTERS, Population
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.shared_queries import DELIVERED, SAME_TIME
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Days(Tile):
    """Matters until this minute of the day, today and on the seven days before."""

    kind: ClassVar[str] = "days"
    queries: ClassVar[tuple[TileQuery, ...]] = (SAME_TIME, DELIVERED)

    population: Population | None = MATTERS

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return (instant within the day, of all feeds, of those compared), oldest first."""
        rows = [
            [millis(view.now - timedelta(days=back)), every, alike]
            for back, (every, alike) in enumerate(view.comparison().counts)
        ]
        return {"rows": rows[::-1]}
