"""Eight days, each until this time of day: is today unusual?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from citybrain.floor.clock import millis
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.tile import Tile


@dataclass(frozen=True, kw_only=True)
class Days(Tile):
    """Events until this minute of the day, today and on the seven days before."""

    kind: ClassVar[str] = "days"

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return (instant within the day, events), oldest first."""
        counts = view.comparison.counts
        rows = [
            [millis(view.now - timedelta(days=back)), count] for back, count in enumerate(counts)
        ]
        return {"rows": rows[::-1]}
