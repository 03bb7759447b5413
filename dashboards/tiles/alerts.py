"""The open alerts: how many of each level, how many nobody acknowledged, and the worst of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.wall import alert_summary
from dashboards.wall.honesty import judge_alerts
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.tile import Tile, fresh_row
from dashboards.wall.tile_query import TileQuery

ALERTS = TileQuery(name="alerts", fed=True)
"""The alerts that are open now, without those that are still pending. Nothing of it says whom an
alert is about: walls hang where many see them."""


@dataclass(frozen=True, kw_only=True)
class Alerts(Tile):
    """Warnings of the screen's themes.

    Attributes:
        all_themes: whether to show those of every theme, the platform's own among them.
    """

    kind: ClassVar[str] = "alerts"
    queries: ClassVar[tuple[TileQuery, ...]] = (ALERTS,)

    all_themes: bool = False

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return counts by level, who waits, and the lines that come first."""
        return alert_summary.summary(view.frame(ALERTS, all_themes=self.all_themes))

    def snapshot(self, view: ScreenView) -> dict[str, Any]:
        """Return the data, and how far it may be trusted: not by events alone."""
        fresh = judge_alerts(
            view.freshness,
            alert_summary.origins(view.frame(ALERTS, all_themes=self.all_themes)),
            read_at=view.picture.read_at.get(ALERTS.name),
            now=view.now,
        )
        return {"fresh": fresh_row(fresh), "data": self.read(view)}
