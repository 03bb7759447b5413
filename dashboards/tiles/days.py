"""Eight days, each until this time of day: is today unusual?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from citybrain.floor.clock import millis
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.shared_queries import SAME_TIME
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Days(Tile):
    """Events until this minute of the day, today and on the seven days before."""

    kind: ClassVar[str] = "days"
    queries: ClassVar[tuple[TileQuery, ...]] = (SAME_TIME,)

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return (instant within the day, events), oldest first."""
        counts = view.comparison.counts
        rows = [
            [millis(view.now - timedelta(days=back)), count] for back, count in enumerate(counts)
        ]
        return {"rows": rows[::-1]}
