"""What a screen sees: the picture cut down to its themes, with the city's records beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from citybrain.city import City, Feed
from citybrain.floor.clock import millis
from dashboards.wall.comparison import Comparison, compare
from dashboards.wall.honesty import FeedFreshness, Freshness, judge
from dashboards.wall.population import MATTERS, Population
from dashboards.wall.screen_moment import ScreenMoment
from dashboards.wall.shared_queries import DELIVERED, READINGS, SAME_TIME, TODAY
from dashboards.wall.store_picture import Event, StorePicture
from dashboards.wall.tile_query import TileQuery

MIXED = 6


@dataclass(frozen=True)
class MeasuredReading:
    """Measured values of a kind in one minute, or (without `minute`) of a longer time."""

    minute: datetime | None
    values: int
    sum: float
    min: float
    max: float

    @property
    def mean(self) -> float:
        """The mean of the values."""
        return self.sum / self.values


@dataclass(frozen=True)
class ScreenView:
    """One moment of one screen; what a figure counts is asked of it by `Population`.

    Attributes:
        moment: what all screens share.
        themes: ids of the screen's themes.
    """

    moment: ScreenMoment
    themes: tuple[str, ...]
    _narrowed: dict[str, ScreenView] = field(default_factory=dict, compare=False, repr=False)
    _compared: dict[Population, Comparison] = field(default_factory=dict, compare=False, repr=False)

    @property
    def city(self) -> City:
        """What the city's folder says."""
        return self.moment.city

    @property
    def picture(self) -> StorePicture:
        """What the store said last."""
        return self.moment.picture

    @property
    def now(self) -> datetime:
        """The present instant."""
        return self.moment.now

    @property
    def zone(self) -> ZoneInfo:
        """The zone of the city's days."""
        return ZoneInfo(self.city.time_zone)

    @cached_property
    def states(self) -> Mapping[str, FeedFreshness]:
        """The state of each feed that carries a kind of the screen's themes."""
        return {feed.id: self.moment.states[feed.id] for feed in self.feeds}

    @cached_property
    def feeds(self) -> Sequence[Feed]:
        """The feeds that carry a kind of the screen's themes."""
        return self.feeds_with(lambda kind: kind in self._kinds)

    @cached_property
    def _kinds(self) -> frozenset[str]:
        kinds = self.city.kinds.values()
        return frozenset(kind.id for kind in kinds if kind.theme in self.themes)

    def count(self, population: Population = MATTERS) -> int:
        """Return how many there were today, as of the pulse."""
        return sum(self.counts(population).values())

    def counts(self, population: Population = MATTERS) -> Mapping[str, int]:
        """Return how many there were today by theme, as of the pulse."""
        counts: dict[str, int] = {}
        for rows in self.moment.pulse.values():
            for row in rows:
                if row.theme in self.themes and population.counts(row.kind, self.moment.readings):
                    counts[row.theme] = counts.get(row.theme, 0) + row.events
        return counts

    def today(self, population: Population = MATTERS) -> pl.DataFrame:
        """Return today's rows by kind, department, feed, street and origin."""
        return self.counted(TODAY, population)

    def counted(self, query: TileQuery, population: Population = MATTERS) -> pl.DataFrame:
        """Return the rows of a query by kind or class that are counted."""
        return population.of(self.frame(query), self.moment.readings)

    def rate(self, population: Population = MATTERS) -> float:
        """Return how many came a minute, over the last one."""
        rates = self.picture.rates
        return sum(rates.get((theme, population.readings), 0.0) for theme in self.themes)

    def comparison(self, population: Population = MATTERS) -> Comparison:
        """Return how today stands against the same time of day before."""
        if population not in self._compared:
            self._compared[population] = compare(
                self.counted(SAME_TIME, population),
                self.picture.frame(DELIVERED),
                self.picture.began_at(),
            )
        return self._compared[population]

    @cached_property
    def readings(self) -> pl.DataFrame:
        """The measured values of the last hour's minutes, by minute and kind."""
        return self.frame(READINGS)

    @cached_property
    def readings_by_kind(self) -> Mapping[str, Sequence[MeasuredReading]]:
        """What was measured in the last hour's minutes, by kind, oldest first."""
        found: dict[str, list[MeasuredReading]] = {}
        for row in self.readings.iter_rows(named=True):
            reading = MeasuredReading(
                row["minute"], row["values"], row["sum"], row["min"], row["max"]
            )
            found.setdefault(row["kind"], []).append(reading)
        return found

    @cached_property
    def readings_today(self) -> Mapping[str, MeasuredReading]:
        """What was measured today, by kind."""
        today = self.frame(TODAY)
        if today.is_empty():
            return {}
        measured = today.filter(pl.col("values") > 0).group_by("kind")
        frame = measured.agg(
            pl.col("values", "sum").sum(), pl.col("min").min(), pl.col("max").max()
        )
        return {kind: MeasuredReading(None, *numbers) for kind, *numbers in frame.iter_rows()}

    @cached_property
    def freshness(self) -> Freshness:
        """The freshness of what stands on all feeds of the screen."""
        return self.freshness_of(self.feeds)

    def frame(self, query: TileQuery, *, all_themes: bool = False) -> pl.DataFrame:
        """Return the newest answer to `query`, of the screen's themes or of every theme."""
        frame = self.picture.frame(query)
        if all_themes or "theme" not in frame.columns:
            return frame
        return frame.filter(pl.col("theme").is_in(self.themes))

    def events(self, limit: int) -> list[Event]:
        """Return the newest events, newest first; where themes mix, a few of each."""
        mixed = len(self.themes) > 1
        events = [
            event
            for theme in self.themes
            for event in self.picture.events.get(theme, ())[: MIXED if mixed else limit]
        ]
        return sorted(events, key=lambda event: event["received_at"], reverse=True)[:limit]

    def feeds_with(self, carries: Callable[[str], bool]) -> list[Feed]:
        """Return the feeds with a kind that `carries` says yes to; nobody awaits a drill's."""
        return [
            feed
            for feed in self.city.feeds.values()
            if feed.origin != "exercise" and any(map(carries, feed.kinds))
        ]

    def freshness_of(
        self, feeds: Sequence[Feed], population: Population | None = None
    ) -> Freshness:
        """Return the freshness of what stands on `feeds`, all of them the screen's.

        Args:
            feeds: the feeds.
            population: what is counted; None: all, whatever its class.
        """
        ids = {feed.id for feed in feeds}
        return judge(
            [self.states[feed.id] for feed in feeds if feed.id in self.states],
            self._origins(ids, population),
            read_at=self.picture.answered_at(),
            now=self.now,
        )

    def narrowed(self, theme: str) -> ScreenView:
        """Return this view of one theme alone."""
        if theme not in self._narrowed:
            self._narrowed[theme] = ScreenView(self.moment, (theme,))
        return self._narrowed[theme]

    def _origins(self, feeds: set[str], population: Population | None) -> dict[str, int]:
        counts: dict[str, int] = {}
        for row in (row for feed in feeds for row in self.moment.pulse.get(feed, ())):
            wanted = population is None or population.counts(row.kind, self.moment.readings)
            if row.theme in self.themes and wanted:
                counts[row.origin] = counts.get(row.origin, 0) + row.events
        return counts


def total(frame: pl.DataFrame, column: str = "events") -> int:
    """Return the sum of `column`, 0 of an empty frame."""
    return 0 if frame.is_empty() else int(frame[column].sum())


def event_row(event: Event) -> dict[str, object]:
    """Return what a browser needs of an event; short names, instants in milliseconds."""
    return {
        "id": event["id"],
        "at": millis(event["occurred_at"]),
        "received": millis(event["received_at"]),
        "theme": event["theme"],
        "kind": event["kind"],
        "department": event["department"],
        "area": event["area"],
        "severity": event["severity"],
        "value": event["value"],
        "subject": event["subject"],
        "text": event["text"][:80],
        "origin": event["origin"],
        "lon": event["lon"],
        "lat": event["lat"],
    }
