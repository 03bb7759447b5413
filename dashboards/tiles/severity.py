"""How severe the last hour's events are, on the five levels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.tile import Tile
from dashboards.view import View, total

LEVELS = 5


@dataclass(frozen=True, kw_only=True)
class Severity(Tile):
    """Levels 0…4 of the last hour, from the events kept for the lists; today's severe beside it.

    At high rates the store keeps a sample of the newest events; the tile then says so.
    """

    kind: ClassVar[str] = "severity"

    def read(self, view: View) -> dict[str, Any]:
        """Return counts by level, how many of the hour's events they stand for, and severe."""
        levels = [0] * LEVELS
        for row in view.severities.iter_rows(named=True):
            levels[min(row["severity"], LEVELS - 1)] += row["events"]
        hour = total(view.minutes)
        return {
            "levels": levels,
            "sampled": hour > sum(levels) * 1.2,
            "severe": total(view.today, "severe"),
        }
