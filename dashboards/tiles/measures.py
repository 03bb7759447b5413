"""Readings of measures: the mean now, its course over the last hour, lowest and highest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from citybrain.city import Feed
from citybrain.floor.clock import millis
from dashboards.wall.city_days import minute_of
from dashboards.wall.screen_view import MeasuredReading, ScreenView
from dashboards.wall.shared_queries import READINGS, TODAY
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery

HOUR = 60
NOW = timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Measures(Tile):
    """Mean readings of `kinds`; one that has none in the last hour shows today's mean, marked.

    Attributes:
        kinds: ids of the catalogue; those that the city does not have are left out.
    """

    kind: ClassVar[str] = "measures"
    queries: ClassVar[tuple[TileQuery, ...]] = (READINGS, TODAY)

    kinds: tuple[str, ...]

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return a row for each kind that the catalogue has."""
        known = [kind for kind in self.kinds if kind in view.city.kinds]
        return {"rows": [reading(view, kind) for kind in known]}

    def feeds(self, view: ScreenView) -> Sequence[Feed]:
        """Return the feeds that carry one of the kinds."""
        return view.feeds_with(lambda kind: kind in self.kinds)


def reading(view: ScreenView, kind: str) -> dict[str, Any]:
    """Return the reading of `kind`: ``over`` says whether it is of ``now``, the hour or the day."""
    hour = view.readings_by_kind.get(kind)
    if hour:
        newest = hour[-1].minute or view.now
        recent = [item for item in hour if item.minute and item.minute > view.now - NOW]
        over = "now" if recent else "hour"
        found = {"over": over, "at": millis(newest), "line": _line(view, hour)}
        return no_reading(kind) | _mean(recent or hour[-1:]) | found
    day = view.readings_today.get(kind)
    return no_reading(kind) | (_mean([day]) | {"over": "day"} if day else {})


def no_reading(kind: str) -> dict[str, Any]:
    """Return the reading of a kind that nothing came of."""
    return {"kind": kind, "over": "none", "value": None, "at": None, "line": []}


def _mean(readings: Sequence[MeasuredReading]) -> dict[str, Any]:
    return {
        "value": sum(item.sum for item in readings) / sum(item.values for item in readings),
        "min": min(item.min for item in readings),
        "max": max(item.max for item in readings),
    }


def _line(view: ScreenView, hour: Sequence[MeasuredReading]) -> list[float | None]:
    means = {item.minute: round(item.mean, 2) for item in hour}
    last = minute_of(view.now)
    return [means.get(last - timedelta(minutes=back)) for back in range(HOUR, -1, -1)]
