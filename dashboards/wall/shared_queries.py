"""Queries that several kinds of tile stand on; what one alone needs stands in its own file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import polars as pl

from dashboards.wall.city_days import SLOT_MINUTES, day_parts, midnight, minute_of, next_midnight
from dashboards.wall.population import COUNTED, IS_READING
from dashboards.wall.tile_query import QueryCadence, QueryTime, TileQuery

DAYS = 8
HOUR = timedelta(hours=1)
MEASURES = """sum(t.events) AS events, sum(t.values) AS values, sum(t.sum) AS sum,
    min(t.min) AS min, max(t.max) AS max"""
SEVERITIES = """sum(t.minor) AS minor, sum(t.moderate) AS moderate, sum(t.severe) AS severe,
    sum(t.extreme) AS extreme"""


def last_hour(when: QueryTime) -> Mapping[str, object]:
    """Return the hour of complete minutes before `when`, and the minute that is filling."""
    return {"start": minute_of(when.now) - HOUR, "end": when.now}


def _two_days(when: QueryTime) -> Mapping[str, object]:
    yesterday = day_parts(when.now, when.zone, 2)[1].starts_at
    end = next_midnight(when.now, when.zone)
    span = {"start": yesterday, "end": end, "slot": SLOT_MINUTES}
    return span | {"readings": list(when.readings)}


def _days(when: QueryTime) -> Mapping[str, object]:
    return {"starts": [day.starts_at for day in day_parts(when.now, when.zone, DAYS)]}


def _days_until_now(when: QueryTime) -> Mapping[str, object]:
    """Return the spans of today and the days before, each until this time of the day."""
    days = day_parts(when.now, when.zone, DAYS)
    values: dict[str, object] = {
        "starts": [day.starts_at for day in days],
        "readings": list(when.readings),
    }
    for index, day in enumerate(days):
        values |= {f"from{index}": day.starts_at, f"to{index}": day.ends_at}
    return values


def _numbered(frame: pl.DataFrame, arguments: Mapping[str, Any]) -> pl.DataFrame:
    """Return the rows with the `day` (1 is today) and its beginning, `starts_at`, for `rank`."""
    day = pl.col("rank").cast(pl.Int64)
    starts_at = day.replace_strict(
        dict(enumerate(arguments["starts"], start=1)), return_dtype=pl.Datetime("us", "UTC")
    )
    return frame.select(day.alias("day"), starts_at.alias("starts_at"), pl.exclude("rank"))


TODAY = TileQuery(
    name="today",
    sql=f"""
        SELECT theme, kind, department, feed, area, origin, {MEASURES}, {SEVERITIES}
        FROM events_day AS t WHERE at = {{midnight:DateTime('UTC')}} AND {COUNTED}
        GROUP BY theme, kind, department, feed, area, origin""",  # noqa: S608 only a constant is spliced in
    arguments=lambda when: {"midnight": midnight(when.now, when.zone)},
    essential=True,
)
"""Today's measures and severities by theme, kind, department, feed, street and origin."""

READINGS = TileQuery(
    name="readings",
    sql=f"""
        SELECT toDateTime64(t.at, 3, 'UTC') AS minute, theme, kind, {MEASURES}
        FROM kind_minutes AS t
        WHERE at >= {{start:DateTime('UTC')}} AND at < {{end:DateTime('UTC')}} AND t.values > 0
            AND {COUNTED}
        GROUP BY minute, theme, kind ORDER BY minute""",  # noqa: S608 only a constant is spliced in
    arguments=last_hour,
    essential=True,
)
"""The measured values of each minute of the last hour by theme and kind."""

TREND = TileQuery(
    name="trend",
    sql=f"""
        SELECT toDateTime64(
                toStartOfInterval(t.at, toIntervalMinute({{slot:UInt16}})), 3, 'UTC') AS slot,
            theme, {IS_READING} AS reading, feed, sum(t.events) AS events
        FROM kind_minutes AS t
        WHERE at >= {{start:DateTime('UTC')}} AND at < {{end:DateTime('UTC')}} AND {COUNTED}
        GROUP BY slot, theme, reading, feed""",  # noqa: S608 only a constant is spliced in
    arguments=_two_days,
    cadence=QueryCadence.SLOW,
    essential=True,
)
"""The events of each quarter of an hour of yesterday and today by theme, class and feed."""

# One condition a day, so that the primary index skips what lies between the days.
_SPANS = " OR ".join(
    f"(at >= {{from{day}:DateTime('UTC')}} AND at < {{to{day}:DateTime('UTC')}})"
    for day in range(DAYS)
)
SAME_TIME = TileQuery(
    name="same_time",
    sql=f"""
        SELECT toUInt16(arrayFirstIndex(start -> start <= at, {{starts:Array(DateTime('UTC'))}}))
                AS rank,
            theme, {IS_READING} AS reading, feed, sum(t.events) AS events
        FROM kind_minutes AS t WHERE ({_SPANS}) AND {COUNTED}
        GROUP BY rank, theme, reading, feed""",  # noqa: S608 the conditions hold names of parameters, no values
    arguments=_days_until_now,
    shape=_numbered,
    cadence=QueryCadence.SLOW,
    essential=True,
)
"""The events of today and the seven days before, until this time of the day, by theme, class and
feed."""

DELIVERED = TileQuery(
    name="delivered",
    sql=f"""
        SELECT toUInt16(indexOf({{starts:Array(DateTime('UTC'))}}, at)) AS rank, feed
        FROM events_day AS t
        WHERE at IN {{starts:Array(DateTime('UTC'))}} AND {COUNTED} GROUP BY rank, feed""",  # noqa: S608 only a constant is spliced in
    arguments=_days,
    shape=_numbered,
    cadence=QueryCadence.SLOW,
    essential=True,
)
"""Which feeds delivered anything on today and on each of the seven days before."""
