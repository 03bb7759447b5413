"""What a screen sees: the picture cut down to its themes, with the city's records beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

import polars as pl

from citybrain.city import City, Feed
from citybrain.floor.clock import millis
from dashboards.wall.comparison import Comparison, compare
from dashboards.wall.honesty import FeedFreshness, Freshness, judge
from dashboards.wall.screen_moment import ScreenMoment
from dashboards.wall.shared_queries import READINGS, SAME_TIME, TODAY, TREND
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
    """One moment of one screen.

    Attributes:
        moment: what all screens share.
        themes: ids of the screen's themes.
    """

    moment: ScreenMoment
    themes: tuple[str, ...]
    _narrowed: dict[str, ScreenView] = field(default_factory=dict, compare=False, repr=False)

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

    @property
    def events_today(self) -> int:
        """Today's events, as of the pulse."""
        return sum(self.counts.values())

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Today's events by theme."""
        counts: dict[str, int] = {}
        for rows in self.moment.origins.values():
            for theme, _, events in rows:
                if theme in self.themes:
                    counts[theme] = counts.get(theme, 0) + events
        return counts

    @cached_property
    def today(self) -> pl.DataFrame:
        """Today's measures by kind, department, street and origin."""
        return self.frame(TODAY)

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
        if self.today.is_empty():
            return {}
        measured = self.today.filter(pl.col("values") > 0).group_by("kind")
        frame = measured.agg(
            pl.col("values", "sum").sum(), pl.col("min").min(), pl.col("max").max()
        )
        return {kind: MeasuredReading(None, *numbers) for kind, *numbers in frame.iter_rows()}

    @cached_property
    def trend(self) -> pl.DataFrame:
        """Two days of quarters of an hour."""
        return self.frame(TREND)

    @cached_property
    def matters(self) -> frozenset[str]:
        """Kinds of the themes that are matters to be dealt with, not readings of a measure."""
        return frozenset(kind for kind in self._kinds if not self.city.kinds[kind].unit)

    @cached_property
    def freshness(self) -> Freshness:
        """The freshness of what stands on all feeds of the screen."""
        return self.freshness_of(self.feeds)

    @cached_property
    def comparison(self) -> Comparison:
        """Today against the same time of day before."""
        return compare(self.frame(SAME_TIME), self.picture.began_at())

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

    def freshness_of(self, feeds: Sequence[Feed]) -> Freshness:
        """Return the freshness of what stands on `feeds`, all of them the screen's."""
        ids = {feed.id for feed in feeds}
        return judge(
            [self.states[feed.id] for feed in feeds if feed.id in self.states],
            self._origins(ids),
            read_at=self.picture.answered_at(),
            now=self.now,
        )

    def narrowed(self, theme: str) -> ScreenView:
        """Return this view of one theme alone."""
        if theme not in self._narrowed:
            self._narrowed[theme] = ScreenView(self.moment, (theme,))
        return self._narrowed[theme]

    def _origins(self, feeds: set[str]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for feed in feeds:
            for theme, origin, events in self.moment.origins.get(feed, ()):
                if theme in self.themes:
                    counts[origin] = counts.get(origin, 0) + events
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
