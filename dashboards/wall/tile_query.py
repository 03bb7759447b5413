"""A question to the store that tiles stand on: its SQL, its arguments, how often it is asked.

A tile names the queries that it needs (`Tile.queries`). Those of all tiles on all screens are asked
by one reader, each at its cadence, however many watch; the answer lies in the picture under the
query's name, and `ScreenView.frame` gives it to the tile, cut down to the screen's themes. So a new
query is written beside the tile that needs it, or in `dashboards.wall.shared_queries` where several
do.

Only rollups and small tables are asked, never `events`, so an answer takes as long after a hundred
million events as after a million. Rollups hold rows that ClickHouse has not merged yet; each query
therefore aggregates once more. Values are always bound (``{name:Type}``), never spelled out. What
is counted at all, and as what, is asked of `dashboards.wall.population`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
from clickhouse_connect.driver.client import Client


class QueryCadence(Enum):
    """How often a query is asked while somebody watches."""

    SECOND = "each second"
    SLOW = "every ten seconds"


@dataclass(frozen=True)
class QueryTime:
    """When a query is asked.

    Attributes:
        now: the present instant.
        zone: the city's time zone.
        readings: ids of the kinds that are readings; all others are matters.
    """

    now: datetime
    zone: ZoneInfo
    readings: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class TileQuery:
    """One query.

    Attributes:
        name: its name among all queries of the wall.
        sql: SELECT with placeholders ``{name:Type}``. A column ``theme`` decides which screens a
            row is for; without one it is for all.
        arguments: makes the values of the placeholders.
        cadence: how often it is asked.
        shape: makes the frame that tiles get of the answer and the arguments.
        essential: the store counts as away where it does not answer this query; else the other
            tiles go on, and those that stand on it turn stale.
        fed: a live list tells the answer (`StoreReader.tell`); the store is never asked.
    """

    name: str
    sql: str = ""
    arguments: Callable[[QueryTime], Mapping[str, object]] = lambda _: {}
    cadence: QueryCadence = QueryCadence.SECOND
    shape: Callable[[pl.DataFrame, Mapping[str, Any]], pl.DataFrame] = lambda frame, _: frame
    essential: bool = False
    fed: bool = False

    def ask(self, client: Client, when: QueryTime) -> pl.DataFrame:
        """Return the answer of the store at `when`; blocks.

        Raises:
            ClickHouseError: the store refuses, or does not answer.
        """
        return self.answer(client, self.arguments(when))

    def answer(self, client: Client, arguments: Mapping[str, Any]) -> pl.DataFrame:
        """Return the answer of the store to these `arguments`; blocks.

        Raises:
            ClickHouseError: the store refuses, or does not answer.
        """
        return self.shape(frame_of(client, self.sql, **arguments), arguments)


def frame_of(client: Client, sql: str, **parameters: object) -> pl.DataFrame:
    """Return what the store answers to `sql` with these values bound."""
    table: pa.Table = client.query_arrow(sql, parameters=dict(parameters), use_strings=True)
    frame = pl.from_arrow(table)
    if not isinstance(frame, pl.DataFrame):
        raise TypeError("a query answers with a table")
    return frame
