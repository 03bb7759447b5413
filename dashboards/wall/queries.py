"""What every screen stands on, whatever its tiles are: counts, newest events, the feeds' state.

What tiles ask beside it they declare themselves (`dashboards.wall.tile_query`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import polars as pl
from clickhouse_connect.driver.client import Client

from dashboards.wall.city_days import midnight
from dashboards.wall.population import COUNTED
from dashboards.wall.tile_query import TileQuery, frame_of

HEALTH_WINDOW = timedelta(minutes=2)
PULSE_KEY = ("theme", "kind", "feed", "origin")


def recent(
    client: Client, since: datetime, per_theme: int, themes: Sequence[str] = ()
) -> pl.DataFrame:
    """Return the newest events received after `since`, newest first, at most so many a theme.

    Of a record that changed the version that came last.

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
        FROM (SELECT * FROM recent_events WHERE received_at > {{since:DateTime64(3, 'UTC')}} {only}
            ORDER BY received_at DESC LIMIT 1 BY event_id)
        ORDER BY received_at DESC LIMIT {{per_theme:UInt32}} BY theme"""  # noqa: S608 a constant
    given = {"themes": list(themes)} if themes else {}
    return frame_of(client, sql, since=since, per_theme=per_theme, **given)


PULSE = TileQuery(
    name="pulse",
    sql=f"""
        SELECT {", ".join(PULSE_KEY)}, sum(t.events) AS events
        FROM events_day AS t WHERE at = {{midnight:DateTime('UTC')}} AND {COUNTED}
        GROUP BY {", ".join(PULSE_KEY)}""",  # noqa: S608 only a constant is spliced in
    arguments=lambda when: {"midnight": midnight(when.now, when.zone)},
    essential=True,
)
"""Today's events by theme, kind, feed and origin; asked with the newest events, a few times a
second, for pulses alone: in a snapshot the same follows from `shared_queries.TODAY`, so that the
headline and all that stands beside it are of one answer (`StorePicture.of_one_instant`)."""


TOTALS = TileQuery(
    name="totals",
    sql="""
        SELECT feed, sum(t.events) AS events, max(t.last_received_at) AS received_at,
            max(t.last_occurred_at) AS occurred_at,
            toDateTime64(min(t.first_occurred_at), 3, 'UTC') AS began_at
        FROM feed_totals AS t GROUP BY feed""",
    essential=True,
)
"""Of each feed how much ever came, when it began, and when the newest came."""

HEALTH = TileQuery(
    name="health",
    sql="""
        SELECT feed, max(h.at) AS reported_at, argMax(h.state, h.at) AS state,
            argMax(tuple(h.watermark), h.at).1 AS watermark,
            argMax(tuple(h.last_seen_at), h.at).1 AS last_seen_at,
            argMax(h.rejected, h.at) AS rejected
        FROM feed_health AS h WHERE h.at > {since:DateTime64(3, 'UTC')}
        GROUP BY feed""",
    arguments=lambda when: {"since": when.now - HEALTH_WINDOW},
    essential=True,
)
"""The newest health of each feed that was reported lately."""

BASE = (PULSE, TOTALS, HEALTH)
