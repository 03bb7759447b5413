"""The open cases: where they stand in the closed loop, how many are late, which for the longest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.wall import case_summary
from dashboards.wall.honesty import judge_told
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.tile import Tile, fresh_row
from dashboards.wall.tile_query import TileQuery

OPEN_CASES = TileQuery(name="open_cases", fed=True)
"""How many cases are open by theme, origin and step (`dashboards.lists.cases_frame.CaseCounts`)."""
LATEST_CASES = TileQuery(name="latest_cases", fed=True)
"""Those that are overdue for the longest (`dashboards.lists.cases_frame.LatestCases`)."""


@dataclass(frozen=True, kw_only=True)
class OpenCases(Tile):
    """Open cases of the screen's themes.

    Attributes:
        all_themes: whether to count those of every theme, and of kinds without one.
    """

    kind: ClassVar[str] = "open_cases"
    queries: ClassVar[tuple[TileQuery, ...]] = (OPEN_CASES, LATEST_CASES)

    all_themes: bool = False

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return counts by step, what is late, and the lines that come first."""
        frames = (view.frame(query, all_themes=self.all_themes) for query in self.queries)
        return case_summary.standing(*frames)

    def snapshot(self, view: ScreenView) -> dict[str, Any]:
        """Return the data, and how far it may be trusted: by the log of cases, by no feed."""
        fresh = judge_told(
            case_summary.origins(view.frame(OPEN_CASES, all_themes=self.all_themes)),
            read_at=view.picture.read_at.get(OPEN_CASES.name),
            now=view.now,
        )
        return {"fresh": fresh_row(fresh), "data": self.read(view)}
