"""The platform itself: events a second, and how long one takes to the wall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from dashboards.wall.queries import HEALTH, TOTALS
from dashboards.wall.screen_view import ScreenView, total
from dashboards.wall.tile import Tile


@dataclass(frozen=True, kw_only=True)
class FlowTile(Tile):
    """Events a second over the last minute, the median delay from accepted to pushed, refusals."""

    kind: ClassVar[str] = "flow"

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return the rate, the delay, what ever came, and what was refused."""
        picture = view.picture
        health = picture.frame(HEALTH)
        return {
            "per_second": sum(picture.rates.values()) / 60,
            "delay_ms": picture.delay_ms,
            "ever": total(picture.frame(TOTALS)),
            # Of some feeds only it would be too small a number: then there is none.
            "rejected": total(health, "rejected")
            if health.height >= len(view.city.feeds)
            else None,
        }
