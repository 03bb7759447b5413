"""Read the store: the pulse a few times a second, the rest less often; one picture for all screens.

Everybody who watches is served from this one picture, so the store's load does not depend on how
many do. The methods block; `dashboards.wall.wall_live` calls them from threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import polars as pl
import structlog
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError
from prometheus_client import Histogram

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import StoreError
from dashboards.wall import queries
from dashboards.wall.city_days import day_parts, midnight
from dashboards.wall.store_picture import KEPT_PER_THEME, EventRates, NewestEvents, StorePicture

T = TypeVar("T")
log = structlog.get_logger(__name__)

DAYS = 8
HOUR = timedelta(hours=1)
OVERLAP = timedelta(seconds=3)
LOOK_BACK = timedelta(minutes=10)
FIRST_LOOK_BACK = timedelta(hours=24)
"""Asked once, for quiet themes alone: a whole day of a busy one is too much to sort."""
HEALTH_WINDOW = timedelta(minutes=2)
QUERY_SECONDS = Histogram(
    "citybrain_screens_query_seconds",
    "Time the store took to answer a query of the screens.",
    ["query"],
    buckets=(0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5),
)


class StoreReader:
    """Keeps `picture` up to date from one store."""

    def __init__(self, connect: Callable[[], Client], zone: ZoneInfo) -> None:
        """Use `connect` for a client when one is needed, and `zone` for the city's days."""
        self._connect = connect
        self._zone = zone
        self._client: Client | None = None
        self._newest = NewestEvents()
        self._flow = EventRates()
        self._lock = threading.Lock()
        self._filled = False
        self._alerts_mark: tuple[int, int] | None = None
        self._alerts_told = True
        self.picture = StorePicture()

    @property
    def version(self) -> int:
        """Rises whenever an event comes that was not known."""
        return self._newest.version

    def read_pulse(self, now: datetime) -> None:
        """Read today's counts and the newest events.

        Raises:
            StoreError: the store does not answer, or lacks a table.
        """
        counts = self._ask("pulse", lambda c: queries.pulse(c, midnight(now, self._zone)))
        first = self._newest.newest_at is None
        since = (self._newest.newest_at or now - LOOK_BACK) - OVERLAP
        rows = self._ask("recent", lambda c: queries.recent(c, since, KEPT_PER_THEME))
        by_theme = counts.group_by("theme").agg(pl.col("events").sum())
        self._flow.add(now, dict(by_theme.iter_rows()))
        with self._lock:
            self._newest.add(rows.to_dicts(), now, measured=not first)
            events, delay_ms = self._newest.by_theme(), self._newest.delay_ms()
        rates = self._flow.per_minute()
        self._update(now, pulse=counts, events=events, rates=rates, delay_ms=delay_ms)

    def read_base(self, now: datetime) -> None:
        """Read what stands on the tiles: today's measures, the last hour, the feeds.

        Raises:
            StoreError: the store does not answer, or lacks a table.
        """
        minute = queries.minute_of(now)
        self._update(
            now,
            today=self._ask("today", lambda c: queries.today(c, midnight(now, self._zone))),
            minutes=self._ask("minutes", lambda c: queries.totals_by_minute(c, minute - HOUR, now)),
            readings=self._ask("readings", lambda c: queries.readings(c, minute - HOUR, now)),
            totals=self._ask("totals", queries.totals),
            health=self._ask("health", lambda c: queries.health(c, now - HEALTH_WINDOW)),
        )
        self._read_alerts(now)

    def _read_alerts(self, now: datetime) -> None:
        """Read the open alerts, whole where any changed.

        Where they alone are not told, they turn old and the others go on.
        """
        try:
            mark = self._ask("alerts_mark", queries.alerts_mark)
            known = mark == self._alerts_mark
            alerts = self.picture.alerts if known else self._ask("alerts", queries.open_alerts)
        except StoreError as error:
            if self._alerts_told:
                log.warning("alerts_not_told", error=str(error))
            self._alerts_told = False
            return
        if not self._alerts_told:
            log.info("alerts_told_again")
        self._alerts_mark, self._alerts_told = mark, True
        self._update(now, alerts=alerts)

    def read_slow(self, now: datetime) -> None:
        """Read what moves slowly: the trend, the days before, events that came late.

        Raises:
            StoreError: the store does not answer, or lacks a table.
        """
        end = queries.slot_of(now)
        parts = day_parts(now, self._zone, DAYS)
        self._update(
            now,
            trend=self._ask("trend", lambda c: queries.trend(c, end - 48 * HOUR, end)),
            same_time=self._ask("same_time", lambda c: queries.same_time(c, parts)),
        )
        # A sink that catches up inserts events that were received before the newest known one.
        self._look_back(now - LOOK_BACK, now)
        if not self._filled:
            if quiet := self._quiet():
                self._look_back(now - FIRST_LOOK_BACK, now, quiet)
            self._filled = True

    def _look_back(self, since: datetime, now: datetime, themes: Sequence[str] = ()) -> None:
        """Take in what was received after `since`, of all themes or of some."""
        rows = self._ask("recent", lambda c: queries.recent(c, since, KEPT_PER_THEME, themes))
        with self._lock:
            self._newest.add(rows.to_dicts(), now, measured=False)

    def _quiet(self) -> list[str]:
        """Return the themes with events today of which none is known."""
        pulse = self.picture.pulse
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
            raise StoreError(f"the store does not answer {name!r}: {error}") from error
        finally:
            QUERY_SECONDS.labels(name).observe(monotonic() - started)
