"""How severe today's matters are, on the five levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.wall.population import MATTERS, Population
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Severity(Tile):
    """Today's matters of the levels 0 (information) to 4 (most urgent)."""

    kind: ClassVar[str] = "severity"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY,)

    population: Population | None = MATTERS

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return counts by level, and of the two highest together."""
        names = ("events", "minor", "moderate", "severe", "extreme")
        today = view.today()
        events, minor, moderate, severe, extreme = (total(today, name) for name in names)
        information = events - minor - moderate - severe
        return {
            "levels": [information, minor, moderate, severe - extreme, extreme],
            "severe": severe,
        }
