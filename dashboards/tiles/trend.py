"""The course of today's matters against yesterday's, in quarters of an hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

import polars as pl

from citybrain.floor.clock import millis
from dashboards.wall.city_days import SLOT_MINUTES, midnight, next_midnight, slots_of
from dashboards.wall.population import MATTERS, Population
from dashboards.wall.screen_view import ScreenView
from dashboards.wall.shared_queries import DELIVERED, SAME_TIME, TREND
from dashboards.wall.tile import Tile
from dashboards.wall.tile_query import TileQuery

SLOT = timedelta(minutes=SLOT_MINUTES)


@dataclass(frozen=True, kw_only=True)
class Trend(Tile):
    """Complete slots only: the one that is still filling would look like a fall."""

    kind: ClassVar[str] = "trend"
    queries: ClassVar[tuple[TileQuery, ...]] = (TREND, SAME_TIME, DELIVERED)

    population: Population | None = MATTERS

    def read(self, view: ScreenView) -> dict[str, Any]:
        """Return both days' counts, slot by slot, and when the first slot of today begins."""
        return day_against_day(view, self.population or MATTERS)


def day_against_day(view: ScreenView, population: Population = MATTERS) -> dict[str, Any]:
    """Return the day's course so far, and yesterday's.

    Its parts are ``start`` and ``step`` (milliseconds), ``slots`` of the day, ``now`` (today's
    complete ones), ``filling`` (what there is in the slot that is not complete, and of later), so
    that ``now`` and ``filling`` add up to today's count; ``alike``, as ``now``, of the feeds that
    are compared with yesterday, and ``before``, the whole of yesterday of the same feeds.
    """
    zone, now = view.zone, view.now
    start = midnight(now, zone)
    slots = slots_of(start, next_midnight(now, zone))
    found: dict[str, Any] = {"start": millis(start), "step": SLOT // timedelta(milliseconds=1)}
    found |= {"slots": slots, "now": [], "filling": 0, "alike": [], "before": []}
    frame = view.counted(TREND, population)
    if frame.is_empty():
        return found
    alike = view.comparison(population).alike
    every, same = _by_slot(frame), _by_slot(frame.filter(pl.col("feed").is_in(list(alike))))
    complete = slots_of(start, now)
    yesterday = midnight(start - timedelta(hours=1), zone)
    return found | {
        "now": _line(every, start, complete),
        "filling": sum(count for slot, count in every.items() if slot >= start + SLOT * complete),
        "alike": _line(same, start, complete),
        "before": _line(same, yesterday, slots),
    }


def halves(day: Mapping[str, Any]) -> list[int | None]:
    """Return a day's course with two slots to a point, None where the day is still to come."""
    counts = day["now"]
    pairs = [sum(counts[index : index + 2]) for index in range(0, len(counts) // 2 * 2, 2)]
    return [*pairs, *[None] * (day["slots"] // 2 - len(pairs))]


def _by_slot(frame: pl.DataFrame) -> dict[datetime, int]:
    return dict(frame.group_by("slot").agg(pl.col("events").sum()).iter_rows())


def _line(by_slot: Mapping[datetime, int], first: datetime, slots: int) -> list[int]:
    return [int(by_slot.get(first + SLOT * index, 0)) for index in range(slots)]
