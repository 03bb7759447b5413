"""What the store said last: frames, newest events and rates, kept between two readings."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from statistics import median
from typing import Any

import polars as pl

from dashboards.wall.queries import PULSE, PULSE_KEY, TOTALS
from dashboards.wall.shared_queries import TODAY
from dashboards.wall.tile_query import TileQuery

Event = dict[str, Any]
RateKey = tuple[str, bool]
"""A theme, and whether readings are meant or matters."""
KEPT_PER_THEME = 24
WINDOW = timedelta(seconds=60)
_NOTHING = pl.DataFrame()
_MOVING = (PULSE, TOTALS)
"""Every screen stands on them, and they are asked each second at least."""
_OWN = ("events", "rates", "delay_ms")


@dataclass(frozen=True)
class StorePicture:
    """The newest answers of the store.

    Attributes:
        frames: the answers by the name of their query.
        events: newest events by theme, newest first.
        rates: events a minute by theme and whether they are readings, over the last minute.
        delay_ms: median of accepted → seen by this process, over the last minute.
        read_at: when each part was answered.
    """

    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    events: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    rates: Mapping[RateKey, float] = field(default_factory=dict)
    delay_ms: float | None = None
    read_at: Mapping[str, datetime] = field(default_factory=dict)

    def updated(self, now: datetime, **parts: Any) -> StorePicture:
        """Return this picture with `parts` replaced, read at `now`.

        Args:
            now: the present instant.
            parts: answers by the name of their query; `events`, `rates`, `delay_ms` as they are.
        """
        own = {name: part for name, part in parts.items() if name in _OWN}
        frames = {name: part for name, part in parts.items() if name not in _OWN}
        read_at = {**self.read_at, **dict.fromkeys(parts, now)}
        return replace(self, **own, frames={**self.frames, **frames}, read_at=read_at)

    def frame(self, query: TileQuery) -> pl.DataFrame:
        """Return the newest answer to `query`; an empty frame where there is none yet."""
        return self.frames.get(query.name, _NOTHING)

    def of_one_instant(self) -> StorePicture:
        """Return this picture with the counts of the pulse as of what tiles have of today.

        The pulse is newer by up to a second. A snapshot's headline is the sum of what its map and
        rankings show, so it is taken from the same answer.
        """
        today = self.frame(TODAY)
        if today.is_empty():
            return self
        counts = today.group_by(PULSE_KEY).agg(pl.col("events").sum())
        return replace(self, frames={**self.frames, PULSE.name: counts})

    def began_at(self) -> dict[str, datetime]:
        """Return when the first event of each feed happened, to the hour."""
        totals = self.frame(TOTALS)
        return {} if totals.is_empty() else dict(totals.select("feed", "began_at").iter_rows())

    def answered_at(self) -> datetime | None:
        """Return when the store last answered all that moves each second; None: never."""
        parts = [self.read_at.get(query.name) for query in _MOVING]
        return min(part for part in parts if part) if all(parts) else None


class NewestEvents:
    """The newest events of each theme, each event once, and how long they took to get here."""

    def __init__(self) -> None:
        """Start with none."""
        self._events: dict[str, Event] = {}
        self._delays: deque[tuple[datetime, float]] = deque()
        self.version = 0
        self.newest_at: datetime | None = None

    def add(self, rows: Sequence[Event], now: datetime, *, measured: bool = True) -> None:
        """Take rows of `queries.recent`; with `measured`, an unknown one counts as just arrived."""
        fresh = [row for row in rows if row["id"] not in self._events]
        if fresh:
            self.version += 1
        for row in fresh:
            self._events[row["id"]] = row
            if measured:
                delay = (now - row["received_at"]).total_seconds() * 1000
                self._delays.append((now, delay))
        while self._delays and now - self._delays[0][0] > WINDOW:
            self._delays.popleft()
        self._trim()

    def by_theme(self) -> dict[str, list[Event]]:
        """Return the events of each theme, newest first."""
        themes: dict[str, list[Event]] = {}
        for event in self._events.values():
            themes.setdefault(event["theme"], []).append(event)
        return themes

    def delay_ms(self) -> float | None:
        """Return the median delay of the events that came in the last minute; None: none came."""
        return round(median(delay for _, delay in self._delays)) if self._delays else None

    def _trim(self) -> None:
        ordered = sorted(self._events.values(), key=lambda row: row["received_at"], reverse=True)
        seen: dict[str, int] = {}
        kept = []
        for row in ordered:
            seen[row["theme"]] = seen.get(row["theme"], 0) + 1
            if seen[row["theme"]] <= KEPT_PER_THEME:
                kept.append(row)
        self._events = {row["id"]: row for row in kept}
        self.newest_at = kept[0]["received_at"] if kept else None


class EventRates:
    """Events a minute by theme and class, from counters that only grow within a day."""

    def __init__(self) -> None:
        """Start with no reading."""
        self._readings: deque[tuple[datetime, Mapping[RateKey, int]]] = deque()

    def add(self, now: datetime, counts: Mapping[RateKey, int]) -> None:
        """Take the day's counts as read at `now`; a smaller count begins a new day."""
        last = self._readings[-1][1] if self._readings else {}
        if any(counts.get(key, 0) < count for key, count in last.items()):
            self._readings.clear()
        self._readings.append((now, dict(counts)))
        while len(self._readings) > 2 and now - self._readings[1][0] >= WINDOW:  # noqa: PLR2004 two readings make a rate
            self._readings.popleft()

    def per_minute(self) -> dict[RateKey, float]:
        """Return each rate; empty until two readings are a second apart."""
        if not self._readings:
            return {}
        (start, first), (end, last) = self._readings[0], self._readings[-1]
        seconds = (end - start).total_seconds()
        if seconds < 1:
            return {}
        return {key: (count - first.get(key, 0)) * 60 / seconds for key, count in last.items()}
