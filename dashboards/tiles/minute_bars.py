"""The last hour, minute by minute."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import polars as pl

from citybrain.floor.clock import millis
from dashboards.wall.city_days import minute_of
from dashboards.wall.population import COUNTED, IS_READING, MATTERS, Population
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.shared_queries import last_hour
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import QueryTime, TileQuery

HOUR = 60


def _last_hour(when: QueryTime) -> Mapping[str, object]:
    return {**last_hour(when), "readings": list(when.readings)}


MINUTES = TileQuery(
    name="minutes",
    sql=f"""
        SELECT toDateTime64(t.at, 3, 'UTC') AS minute, theme, {IS_READING} AS reading,
            sum(t.events) AS events
        FROM kind_minutes AS t
        WHERE at >= {{start:DateTime('UTC')}} AND at < {{end:DateTime('UTC')}} AND {COUNTED}
        GROUP BY minute, theme, reading""",  # noqa: S608 only a constant is spliced in
    arguments=_last_hour,
    essential=True,
)
"""The events of each minute of the last hour by theme and class."""


@dataclass(frozen=True, kw_only=True)
class MinuteBars(Tile):
    """Sixty complete minutes; the one that is still filling is left out."""

    kind: ClassVar[str] = "minutes"
    queries: ClassVar[tuple[TileQuery, ...]] = (MINUTES,)

    population: Population | None = MATTERS

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return events of each minute, and when the first begins."""
        start = minute_of(view.now) - timedelta(minutes=HOUR)
        frame = view.counted(MINUTES, self.population or MATTERS)
        if frame.is_empty():
            return {"start": millis(start), "events": []}
        by_minute = dict(frame.group_by("minute").agg(pl.col("events").sum()).iter_rows())
        minutes = [start + timedelta(minutes=index) for index in range(HOUR)]
        return {
            "start": millis(start),
            "events": [int(by_minute.get(minute, 0)) for minute in minutes],
        }
