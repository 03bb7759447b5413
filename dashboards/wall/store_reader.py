"""Read the store: the pulse a few times a second, the rest less often; one picture for all screens.

Everybody who watches is served from this one picture, so the store's load does not depend on how
many do. The methods block; `dashboards.wall.wall_live` calls them from threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import polars as pl
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from prometheus_client import Histogram
from urllib3.exceptions import TimeoutError as HttpTimeoutError

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import StoreError
from dashboards.wall.queries import HEALTH, PULSE, TOTALS, recent
from dashboards.wall.store_picture import (
    KEPT_PER_THEME,
    EventRates,
    NewestEvents,
    RateKey,
    StorePicture,
)
from dashboards.wall.tile_query import QueryCadence, QueryTime, TileQuery

T = TypeVar("T")
log = structlog.get_logger(__name__)

OVERLAP = timedelta(seconds=3)
LOOK_BACK = timedelta(minutes=10)
FIRST_LOOK_BACK = timedelta(hours=24)
"""Asked once, for quiet themes alone: a whole day of a busy one is too much to sort."""
QUERY_SECONDS = Histogram(
    "citybrain_screens_query_seconds",
    "Time the store took to answer a query of the screens.",
    ["query"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5),
)


class SlowStoreError(StoreError):
    """The store took the question, or was about to, and let the time for an answer pass."""


class StoreReader:
    """Keeps `picture` up to date from one store.

    Attributes:
        picture: what the store said last.
        readings: ids of the kinds that are readings; all others are matters.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        zone: ZoneInfo,
        queries: Sequence[TileQuery],
        readings: Collection[str] = (),
    ) -> None:
        """Answer `queries`, beside what every screen stands on.

        Args:
            connect: makes a client when one is needed.
            zone: the city's, for its days.
            queries: what the tiles ask.
            readings: ids of the kinds that are readings; all others are matters.
        """
        self._connect = connect
        self._zone, self._queries = zone, queries
        self.readings = tuple(sorted(readings))
        self._client: Client | None = None
        self._newest = NewestEvents()
        self._flow = EventRates()
        self._lock = threading.Lock()
        self._filled = False
        self._untold: set[str] = set()
        self.picture = StorePicture()

    @property
    def version(self) -> int:
        """Rises whenever an event comes that was not known."""
        return self._newest.version

    def read_pulse(self, now: datetime) -> None:
        """Read today's counts and the newest events.

        Raises:
            SlowStoreError: it does not answer in time.
            StoreError: it cannot be reached, or lacks a table.
        """
        before = self.picture.read_at.get(PULSE.name)
        counts = self._answer(PULSE, now)
        watched = before is not None and now - before <= OVERLAP
        since = (self._newest.newest_at or now - LOOK_BACK) - OVERLAP
        rows = self._ask("recent", lambda c: recent(c, since, KEPT_PER_THEME))
        self._flow.add(now, self._by_class(counts))
        with self._lock:
            self._newest.add(rows.to_dicts(), now, measured=watched)
            events, delay_ms = self._newest.by_theme(), self._newest.delay_ms()
        rates = self._flow.per_minute()
        self._update(now, pulse=counts, events=events, rates=rates, delay_ms=delay_ms)

    def read_base(self, now: datetime) -> None:
        """Read what moves each second: the feeds, and what the tiles ask at that cadence.

        Raises:
            StoreError: the store does not answer, or lacks a table.
        """
        self._read(now, QueryCadence.SECOND, (TOTALS, HEALTH))

    def read_slow(self, now: datetime) -> None:
        """Read what moves slowly: what the tiles ask at that cadence, events that came late.

        Raises:
            StoreError: the store does not answer, or lacks a table.
        """
        self._read(now, QueryCadence.SLOW)
        # A sink that catches up inserts events that were received before the newest known one.
        self._look_back(now - LOOK_BACK, now)
        if not self._filled:
            if quiet := self._quiet():
                self._look_back(now - FIRST_LOOK_BACK, now, quiet)
            self._filled = True

    def tell(self, query: TileQuery, frame: pl.DataFrame, now: datetime) -> None:
        """Take the answer of a query that a live list feeds, as of `now`."""
        self._update(now, **{query.name: frame})

    def _read(
        self, now: datetime, cadence: QueryCadence, always: tuple[TileQuery, ...] = ()
    ) -> None:
        """Read the essential queries of a cadence, which count together, then each other one."""
        mine = [one for one in self._queries if one.cadence is cadence and not one.fed]
        essential = [*always, *(query for query in mine if query.essential)]
        frames = {query.name: self._answer(query, now) for query in essential}
        self._update(now, **frames)
        for query in mine:
            if not query.essential:
                self._read_apart(query, now)

    def _read_apart(self, query: TileQuery, now: datetime) -> None:
        """Read one query; where it alone is not told, its tiles turn old and the others go on."""
        try:
            frame = self._answer(query, now)
        except Exception as error:  # one tile's query must not take the others down
            if query.name not in self._untold:
                event = query.name + "_not_told"
                log.warning(event, error=str(error))
            self._untold.add(query.name)
            return
        if query.name in self._untold:
            event = query.name + "_told_again"
            log.info(event)
            self._untold.discard(query.name)
        self._update(now, **{query.name: frame})

    def _answer(self, query: TileQuery, now: datetime) -> pl.DataFrame:
        when = QueryTime(now, self._zone, self.readings)
        return self._ask(query.name, lambda client: query.ask(client, when))

    def _by_class(self, counts: pl.DataFrame) -> dict[RateKey, int]:
        reading = pl.col("kind").is_in(self.readings).alias("reading")
        found = counts.group_by("theme", reading).agg(pl.col("events").sum())
        return {(theme, is_reading): events for theme, is_reading, events in found.iter_rows()}

    def _look_back(self, since: datetime, now: datetime, themes: Sequence[str] = ()) -> None:
        """Take in what was received after `since`, of all themes or of some."""
        rows = self._ask("recent", lambda c: recent(c, since, KEPT_PER_THEME, themes))
        with self._lock:
            self._newest.add(rows.to_dicts(), now, measured=False)

    def _quiet(self) -> list[str]:
        """Return the themes with events today of which none is known."""
        pulse = self.picture.frame(PULSE)
        themes: list[str] = [] if pulse.is_empty() else pulse["theme"].unique().to_list()
        return [theme for theme in themes if theme not in self.picture.events]

    def _update(self, now: datetime, **parts: Any) -> None:
        with self._lock:
            self.picture = self.picture.updated(now, **parts)

    def _ask(self, name: str, question: Callable[[Client], T]) -> T:
        started = monotonic()
        try:
            # Several threads ask: another may let go of the client meanwhile.
            client = self._client = self._client or self._connect()
            return question(client)
        except (ClickHouseError, OSError) as error:
            self._client = None
            kind = SlowStoreError if _timed_out(error) else StoreError
            raise kind(f"the store does not answer {name!r}: {error}") from error
        except StoreError as error:  # of a client that could not be made
            if _timed_out(error):
                raise SlowStoreError(str(error)) from error
            raise
        finally:
            QUERY_SECONDS.labels(name).observe(monotonic() - started)


def _timed_out(error: BaseException | None) -> bool:
    """Tell whether an error, or what it came of, is that the time was up."""
    while error is not None:
        if isinstance(error, TimeoutError | HttpTimeoutError):
            return True
        error = error.__cause__ or error.__context__
    return False
