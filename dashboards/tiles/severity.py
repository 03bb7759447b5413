"""How severe today's events are, on the five levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.shared_queries import TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery


@dataclass(frozen=True, kw_only=True)
class Severity(Tile):
    """Today's events of the levels 0 (information) to 4 (most urgent), counted from the rollups."""

    kind: ClassVar[str] = "severity"
    queries: ClassVar[tuple[TileQuery, ...]] = (TODAY,)

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return counts by level, and of the two highest together."""
        names = ("events", "minor", "moderate", "severe", "extreme")
        events, minor, moderate, severe, extreme = (total(view.today, name) for name in names)
        information = events - minor - moderate - severe
        return {
            "levels": [information, minor, moderate, severe - extreme, extreme],
            "severe": severe,
        }
