"""Make many events in the store itself, spread over thirty days and over the city as it is."""

from __future__ import annotations

import time
from typing import Any

from clickhouse_connect.driver.client import Client

from benchmarks.report import say
from citybrain.city import City

CHUNK = 1_000_000
DAYS = 30
ROLLUPS = ("events", "events_minute", "events_hour", "events_day", "feed_totals", "recent_events")

# The cube makes a few feeds and streets busy and most quiet, as they are in a city.
INSERT = """
INSERT INTO events (
    event_id, feed, department, theme, kind, occurred_at, received_at, area, lon, lat, severity,
    value, subject, text, attrs, origin, kafka_partition, kafka_offset, kafka_row
)
SELECT
    generateUUIDv4(number) AS event_id,
    {feeds:Array(String)}[pick] AS feed,
    {departments:Array(String)}[pick] AS department,
    {themes:Array(String)}[pick] AS theme,
    {kinds:Array(String)}[pick] AS kind,
    fromUnixTimestamp64Milli(at_ms, 'UTC') AS occurred_at,
    fromUnixTimestamp64Milli(at_ms + 800, 'UTC') AS received_at,
    {areas:Array(String)}[1 + toUInt32(pow((h2 % 10000) / 10000, 2) * length({areas:Array(String)}))] AS area,
    106.6 + (h % 5000) / 10000 AS lon,
    39.2 + (h2 % 8000) / 10000 AS lat,
    toUInt8(least(4, floor(pow((h3 % 1000) / 1000, 2) * 5))) AS severity,
    if(h3 % 3 = 0, NULL, (h % 10000) / 10) AS value,
    concat('sensor-', toString(h % 500)) AS subject,
    if(h2 % 4 = 0, 'a short note of what was seen', '') AS text,
    map() AS attrs,
    'live' AS origin,
    toUInt16(pick % 4) AS kafka_partition,
    number AS kafka_offset,
    toUInt32(0) AS kafka_row
FROM (
    SELECT number,
        sipHash64(number) AS h, sipHash64(number, 1) AS h2, sipHash64(number, 2) AS h3,
        1 + toUInt32(pow((h % 100000) / 100000, 3) * length({kinds:Array(String)})) AS pick,
        toInt64({start:Int64} + (number - {first:UInt64}) * {span:Float64} / {total:UInt64}) AS at_ms
    FROM numbers({from:UInt64}, {count:UInt64})
)
SETTINGS max_threads = 2, max_insert_threads = 1"""  # noqa: E501  # SQL reads better unbroken


class Grower:
    """Grows the table `events`, with everything that hangs on it, to a number of rows."""

    def __init__(self, client: Client, city: City) -> None:
        """Insert through `client`, with the feeds, kinds and streets of `city`."""
        self._client = client
        pairs = [(feed, city.kinds[kind]) for feed in city.feeds.values() for kind in feed.kinds]
        self._dimensions = {
            "feeds": [feed.id for feed, _ in pairs],
            "departments": [feed.department for feed, _ in pairs],
            "themes": [kind.theme for _, kind in pairs],
            "kinds": [kind.id for _, kind in pairs],
            "areas": [code for code in city.areas if len(code) >= 9],
        }

    def grow_to(self, rows: int) -> None:
        """Add events, evenly over the last thirty days, until there are `rows`; let merges end."""
        first = self._count("events")
        total, began = rows - first, time.time()
        span_ms = DAYS * 86_400_000
        for start in range(first, rows, CHUNK):
            parameters: dict[str, Any] = {
                **self._dimensions,
                "start": int(began * 1000) - span_ms,
                "span": float(span_ms),
                "first": first,
                "total": total,
                "from": start,
                "count": min(CHUNK, rows - start),
            }
            self._client.command(INSERT, parameters=parameters)
        say(f"{total:,} rows in {time.time() - began:.0f} s")
        if self._count("events") != rows or self._sum("events_day") != rows:
            raise RuntimeError(f"the store holds {self.sizes()}, not {rows:,} events")
        self._settle()

    def sizes(self) -> dict[str, Any]:
        """Return the rows of each table and the bytes of all on disk."""
        rows = self._client.query(
            "SELECT table, sum(rows), sum(bytes_on_disk) FROM system.parts "
            "WHERE active AND database = currentDatabase() GROUP BY table"
        ).result_rows
        return {
            "rows_by_table": {name: int(count) for name, count, _ in rows if name in ROLLUPS},
            "mb_by_table": {
                name: round(size / 1e6, 1) for name, _, size in rows if name in ROLLUPS
            },
        }

    def _settle(self, patience_s: float = 120) -> None:
        limit = time.time() + patience_s
        while time.time() < limit and self._count("system.merges"):
            time.sleep(1)

    def _count(self, table: str) -> int:
        sql = f"SELECT count() FROM {table}"  # noqa: S608  # our own names
        return int(self._client.query(sql).result_rows[0][0])

    def _sum(self, table: str) -> int:
        sql = f"SELECT sum(events) FROM {table}"  # noqa: S608  # our own names
        return int(self._client.query(sql).result_rows[0][0])
