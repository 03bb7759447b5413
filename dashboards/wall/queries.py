"""All SQL of the screens: typed arguments in, frames out, values always bound, never spelled out.

Only rollups and small tables are read, never `events`, so an answer takes as long after a hundred
million events as after a million. Rollups hold rows that ClickHouse has not merged yet; each query
therefore aggregates once more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl
import pyarrow as pa
from clickhouse_connect.driver.client import Client

MEASURES = """sum(t.events) AS events, sum(t.values) AS values, sum(t.sum) AS sum,
    min(t.min) AS min, max(t.max) AS max"""
SEVERITIES = """sum(t.minor) AS minor, sum(t.moderate) AS moderate, sum(t.severe) AS severe,
    sum(t.extreme) AS extreme"""
SLOT_MINUTES = 15
OPEN = ("firing", "acknowledged")


@dataclass(frozen=True)
class DayPart:
    """A local day from midnight to the same time of day as now.

    Attributes:
        starts_at: the instant of local midnight.
        ends_at: the same time of day as now, to the minute.
    """

    starts_at: datetime
    ends_at: datetime


def pulse(client: Client, midnight: datetime) -> pl.DataFrame:
    """Return today's events by theme, feed and origin, with the newest reception of each."""
    sql = """
        SELECT theme, feed, origin, sum(t.events) AS events, max(t.last_at) AS last_at
        FROM events_day AS t WHERE at = {midnight:DateTime('UTC')}
        GROUP BY theme, feed, origin"""
    return _frame(client, sql, midnight=midnight)


def recent(
    client: Client, since: datetime, per_theme: int, themes: Sequence[str] = ()
) -> pl.DataFrame:
    """Return the newest events received after `since`, newest first, at most so many a theme.

    Args:
        client: the store.
        since: an instant.
        per_theme: how many at most of each.
        themes: only these; none: all.
    """
    only = "AND theme IN {themes:Array(String)}" if themes else ""
    sql = f"""
        SELECT toString(event_id) AS id, received_at, occurred_at, theme, kind, department, feed,
            area, severity, value, subject, text, origin, lon, lat
        FROM recent_events WHERE received_at > {{since:DateTime64(3, 'UTC')}} {only}
        ORDER BY received_at DESC LIMIT {{per_theme:UInt32}} BY theme"""  # noqa: S608 a constant
    given = {"themes": list(themes)} if themes else {}
    return _frame(client, sql, since=since, per_theme=per_theme, **given)


def today(client: Client, midnight: datetime) -> pl.DataFrame:
    """Return today's measures and severities by theme, kind, department, street and origin."""
    sql = f"""
        SELECT theme, kind, department, area, origin, {MEASURES}, {SEVERITIES}
        FROM events_day AS t WHERE at = {{midnight:DateTime('UTC')}}
        GROUP BY theme, kind, department, area, origin"""  # noqa: S608 only a constant is spliced in
    return _frame(client, sql, midnight=midnight)


def readings(client: Client, start: datetime, end: datetime) -> pl.DataFrame:
    """Return the measured values of each minute in [start, end) by theme and kind."""
    sql = f"""
        SELECT toDateTime64(t.at, 3, 'UTC') AS minute, theme, kind, {MEASURES}
        FROM events_minute AS t
        WHERE at >= {{start:DateTime('UTC')}} AND at < {{end:DateTime('UTC')}} AND t.values > 0
        GROUP BY minute, theme, kind ORDER BY minute"""  # noqa: S608 only a constant is spliced in
    return _frame(client, sql, start=start, end=end)


def trend(client: Client, start: datetime, end: datetime) -> pl.DataFrame:
    """Return the events of each quarter of an hour in [start, end) by theme."""
    sql = """
        SELECT toDateTime64(
                toStartOfInterval(t.at, toIntervalMinute({slot:UInt16})), 3, 'UTC') AS slot,
            theme, sum(t.events) AS events
        FROM theme_minutes AS t
        WHERE at >= {start:DateTime('UTC')} AND at < {end:DateTime('UTC')}
        GROUP BY slot, theme ORDER BY slot"""
    return _frame(client, sql, start=start, end=end, slot=SLOT_MINUTES)


def totals_by_minute(client: Client, start: datetime, end: datetime) -> pl.DataFrame:
    """Return the events of each minute in [start, end) by theme."""
    sql = """
        SELECT toDateTime64(t.at, 3, 'UTC') AS minute, theme, sum(t.events) AS events,
            sum(t.severe) AS severe
        FROM theme_minutes AS t
        WHERE at >= {start:DateTime('UTC')} AND at < {end:DateTime('UTC')}
        GROUP BY minute, theme ORDER BY minute"""
    return _frame(client, sql, start=start, end=end)


def same_time(client: Client, days: Sequence[DayPart]) -> pl.DataFrame:
    """Return the events of each day part by theme and feed.

    `day` counts from 1 in the order given, `starts_at` is that day part's beginning.
    """
    latest_first = sorted(range(len(days)), key=lambda index: days[index].starts_at, reverse=True)
    spans, values = _spans(days)
    sql = f"""
        SELECT toUInt16(arrayFirstIndex(start -> start <= at, {{starts:Array(DateTime('UTC'))}}))
                AS rank,
            theme, feed, sum(t.events) AS events
        FROM theme_minutes AS t WHERE {spans} GROUP BY rank, theme, feed"""  # noqa: S608 the conditions hold names of parameters, no values
    starts = [days[index].starts_at for index in latest_first]
    frame = _frame(client, sql, starts=starts, **values)
    order = {rank: index + 1 for rank, index in enumerate(latest_first, start=1)}
    day = pl.col("rank").replace_strict(order, return_dtype=pl.Int64)
    starts_at = day.replace_strict(
        {number: part.starts_at for number, part in enumerate(days, start=1)},
        return_dtype=pl.Datetime("us", "UTC"),
    )
    return frame.select(day.alias("day"), starts_at.alias("starts_at"), "theme", "feed", "events")


def totals(client: Client) -> pl.DataFrame:
    """Return of each feed how much ever came, when it began, and when the newest came."""
    sql = """
        SELECT feed, sum(t.events) AS events, max(t.last_received_at) AS received_at,
            max(t.last_occurred_at) AS occurred_at,
            toDateTime64(min(t.first_occurred_at), 3, 'UTC') AS began_at
        FROM feed_totals AS t GROUP BY feed"""
    return _frame(client, sql)


def health(client: Client, since: datetime) -> pl.DataFrame:
    """Return the newest health of each feed that was reported after `since`."""
    sql = """
        SELECT feed, max(h.at) AS reported_at, argMax(h.state, h.at) AS state,
            argMax(tuple(h.watermark), h.at).1 AS watermark,
            argMax(tuple(h.last_seen_at), h.at).1 AS last_seen_at,
            argMax(h.rejected, h.at) AS rejected
        FROM feed_health AS h WHERE h.at > {since:DateTime64(3, 'UTC')}
        GROUP BY feed"""
    return _frame(client, sql, since=since)


def alerts_mark(client: Client) -> tuple[int, int]:
    """Return what is another one after any alert changed; asks one column, not the alerts."""
    # The count too: after a restart a sink may insert what is older than the newest.
    found = client.query("SELECT max(kafka_offset), count() FROM alerts").result_rows[0]
    return int(found[0]), int(found[1])


def open_alerts(client: Client) -> pl.DataFrame:
    """Return the alerts that are open now, without those that are still pending.

    Nothing of it says whom it is about: walls hang where many see them.
    """
    sql = """
        SELECT state, level, theme, substring(area, 1, 9) AS street, origin, muted,
            title_zh, title_en, opened_at
        FROM alerts FINAL WHERE state IN {open:Array(String)}"""
    return _frame(client, sql, open=list(OPEN))


def _spans(days: Sequence[DayPart]) -> tuple[str, dict[str, datetime]]:
    # One condition a day, so that the primary index skips what lies between the days.
    values: dict[str, datetime] = {}
    parts = []
    for index, day in enumerate(days):
        values |= {f"from{index}": day.starts_at, f"to{index}": day.ends_at}
        first, last = f"{{from{index}:DateTime('UTC')}}", f"{{to{index}:DateTime('UTC')}}"
        parts.append(f"(at >= {first} AND at < {last})")
    return " OR ".join(parts) or "0", values


def _frame(client: Client, sql: str, **parameters: object) -> pl.DataFrame:
    table: pa.Table = client.query_arrow(sql, parameters=dict(parameters), use_strings=True)
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("a query answers with a table")
    return frame


def minute_of(instant: datetime) -> datetime:
    """Return the start of the minute that `instant` lies in."""
    return instant.replace(second=0, microsecond=0)


def slot_of(instant: datetime) -> datetime:
    """Return the start of the trend's slot that `instant` lies in."""
    minute = minute_of(instant)
    return minute - timedelta(minutes=minute.minute % SLOT_MINUTES)
