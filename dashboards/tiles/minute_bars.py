"""The last hour, minute by minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import polars as pl

from citybrain.floor.clock import millis
from dashboards.wall.city_days import minute_of
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.shared_queries import last_hour
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import FEED_COUNTS, TileQuery

HOUR = 60

MINUTES = TileQuery(
    name="minutes",
    sql=f"""
        SELECT toDateTime64(t.at, 3, 'UTC') AS minute, theme, sum(t.events) AS events,
            sum(t.severe) AS severe
        FROM theme_minutes AS t
        WHERE at >= {{start:DateTime('UTC')}} AND at < {{end:DateTime('UTC')}} AND {FEED_COUNTS}
        GROUP BY minute, theme ORDER BY minute""",  # noqa: S608 only a constant is spliced in
    arguments=last_hour,
    essential=True,
)
"""The events of each minute of the last hour by theme."""


@dataclass(frozen=True, kw_only=True)
class MinuteBars(Tile):
    """Sixty complete minutes; the one that is still filling is left out."""

    kind: ClassVar[str] = "minutes"
    queries: ClassVar[tuple[TileQuery, ...]] = (MINUTES,)

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return events of each minute, and when the first begins."""
        start = minute_of(view.now) - timedelta(minutes=HOUR)
        frame = view.frame(MINUTES)
        if frame.is_empty():
            return {"start": millis(start), "events": []}
        by_minute = dict(frame.group_by("minute").agg(pl.col("events").sum()).iter_rows())
        minutes = [start + timedelta(minutes=index) for index in range(HOUR)]
        return {
            "start": millis(start),
            "events": [int(by_minute.get(minute, 0)) for minute in minutes],
        }
