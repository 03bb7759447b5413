"""The last hour, minute by minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import polars as pl

from citybrain.floor.clock import millis
from dashboards.wall.queries import minute_of
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.tile import Tile

HOUR = 60


@dataclass(frozen=True, kw_only=True)
class MinuteBars(Tile):
    """Sixty complete minutes; the one that is still filling is left out."""

    kind: ClassVar[str] = "minutes"

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return events of each minute, and when the first begins."""
        start = minute_of(view.now) - timedelta(minutes=HOUR)
        if view.minutes.is_empty():
            return {"start": millis(start), "events": []}
        by_minute = dict(view.minutes.group_by("minute").agg(pl.col("events").sum()).iter_rows())
        minutes = [start + timedelta(minutes=index) for index in range(HOUR)]
        return {
            "start": millis(start),
            "events": [int(by_minute.get(minute, 0)) for minute in minutes],
        }
