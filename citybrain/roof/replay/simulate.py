"""Make up the events of departments that have no data here, the same ones for the same hour.

A feed's events of an hour are drawn as a whole from a generator of their own; asking for a part
of the hour takes that part. So whatever is asked twice is answered the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import polars as pl

from citybrain.city.records import City
from citybrain.floor.clock import millis
from citybrain.floor.event_columns import CLOSED, OPEN
from citybrain.roof.replay.made_places import Spread, read_outlines, spread
from citybrain.roof.replay.rhythm import HOUR_MS, course, flicker, generator, local, share, walk
from citybrain.roof.replay.simulation_plan import Measure, SimulatedFlow, SimulationPlan

SCHEMA = pl.Schema(
    {
        "source_id": pl.String(),
        "kind": pl.String(),
        "occurred_at": pl.Datetime("ms", "UTC"),
        "area": pl.String(),
        "lon": pl.Float64(),
        "lat": pl.Float64(),
        "severity": pl.UInt8(),
        "value": pl.Float64(),
        "subject": pl.String(),
        "text": pl.String(),
        "status": pl.String(),
    }
)
"""What the simulator knows of an event; `spoken_rows` says it as the feed would."""

_Block = dict[str, npt.NDArray[Any]]
"""Columns of `SCHEMA`, unordered."""
_WORSE_SHARE = 0.06
_CLOSED_AFTER = (0.5, 1.0, 2.0)
"""Of `SimulatedFlow.closed_after_h`, for incidents by their number."""
_MAX_SEVERITY = 4


@dataclass(frozen=True)
class _Stations:
    """The stations of a feed, where they stand for ever."""

    areas: npt.NDArray[np.str_]
    lon: npt.NDArray[np.float64]
    lat: npt.NDArray[np.float64]
    names: npt.NDArray[np.str_]


class Simulator:
    """The made-up city."""

    def __init__(self, city: City, plan: SimulationPlan, *, rate: float = 1.0) -> None:
        """Simulate `city` as `plan` says, with `rate` times as many incidents."""
        self._city, self._plan, self._rate = city, plan, rate
        self._zone = ZoneInfo(city.time_zone)
        outlines = read_outlines(city.geo)
        self._spreads = {
            name: spread(city, plan, flow.within, outlines) for name, flow in plan.feeds.items()
        }
        self._stations = {
            name: _place_stations(plan.seed, name, flow.stations, self._spreads[name])
            for name, flow in plan.feeds.items()
            if flow.stations
        }
        closing = [flow for flow in plan.feeds.values() if flow.closed_after_h]
        hours = 2 * (len(plan.feeds) + len(closing) * len(_CLOSED_AFTER))
        self._hour = lru_cache(maxsize=hours)(self._make_hour)

    @property
    def feeds(self) -> tuple[str, ...]:
        """The feeds that it can make up."""
        return tuple(self._plan.feeds)

    def between(self, feed: str, start: datetime, end: datetime) -> pl.DataFrame:
        """Return the events of `feed` with start <= occurred_at < end, in time order."""
        first, last = millis(start) // HOUR_MS, (millis(end) - 1) // HOUR_MS
        span = millis(start), millis(end)
        blocks = [
            part
            for hour in range(first, last + 1)
            for block in self._hour(feed, hour)
            if len((part := _within(block, *span))["occurred_at"])
        ]
        return _frame(blocks).sort("occurred_at", maintain_order=True)

    def told(self, feed: str, start: datetime, end: datetime) -> pl.DataFrame:
        """Return what `feed` tells from `start` to `end`: its events, and what was closed.

        An incident that is closed is told once more, just as it was but for its `status`.
        """
        found = [self.between(feed, start, end)]
        hours = self._plan.feeds[feed].closed_after_h
        for turn, part in enumerate(_CLOSED_AFTER if hours else ()):
            after = timedelta(hours=hours * part)
            number = pl.col("source_id").str.extract(r"(\d+)$").cast(pl.Int64)
            mine = self.between(feed, start - after, end - after).filter(
                number % len(_CLOSED_AFTER) == turn
            )
            found.append(mine.with_columns(status=pl.lit(CLOSED)))
        return pl.concat(found)

    def _make_hour(self, feed: str, hour: int) -> list[_Block]:
        flow = self._plan.feeds[feed]
        random = generator(self._plan.seed, feed, hour)
        if flow.stations:
            return [self._readings(feed, flow, (kind, hour), random) for kind in flow.kinds]
        return [self._incidents(feed, flow, hour, random)]

    def _incidents(
        self, feed: str, flow: SimulatedFlow, hour: int, random: np.random.Generator
    ) -> _Block:
        profile = self._plan.profiles[flow.profile]
        mean = flow.per_hour * self._rate * share(profile, local(hour, self._zone))
        count = int(random.poisson(mean))
        weights = np.array(list(flow.kinds.values()))
        which = random.choice(len(weights), count, p=weights / weights.sum())
        kinds = np.array(list(flow.kinds))[which]
        places = self._spreads[feed]
        streets, lon, lat = places.draw(random, count)
        at = hour * HOUR_MS + np.sort(random.integers(0, HOUR_MS, count))
        return _block(
            source_id=[f"{feed}-{hour}-{index}" for index in range(count)],
            kind=kinds,
            occurred_at=at,
            area=places.codes[streets],
            lon=lon,
            lat=lat,
            severity=self._severities(kinds, random),
            value=self._drawn(kinds, random),
            subject=np.full(count, ""),
            text=self._texts(kinds, places.names[streets], random),
            status=np.full(count, OPEN if flow.closed_after_h else ""),
        )

    def _severities(
        self, kinds: npt.NDArray[np.str_], random: np.random.Generator
    ) -> npt.NDArray[np.int64]:
        usual = np.array([self._city.kinds[kind].severity for kind in kinds], dtype=np.int64)
        worse = random.random(len(kinds)) < _WORSE_SHARE
        return np.minimum(usual + worse, _MAX_SEVERITY)

    def _drawn(
        self, kinds: npt.NDArray[np.str_], random: np.random.Generator
    ) -> npt.NDArray[np.float64]:
        noise = random.standard_normal(len(kinds))
        values = np.full(len(kinds), np.nan)
        for kind in np.unique(kinds):
            measure, rows = self._plan.values.get(str(kind)), kinds == kind
            if measure is not None:
                values[rows] = _kept(measure, measure.mean + measure.noise * noise[rows])
        return values

    def _texts(
        self,
        kinds: npt.NDArray[np.str_],
        streets: npt.NDArray[np.str_],
        random: np.random.Generator,
    ) -> list[str]:
        spots = random.integers(0, len(self._plan.spots), len(kinds))
        picks = random.random(len(kinds))
        return [
            street + self._plan.spots[spot] + self._phrase(kind, pick)
            for street, spot, kind, pick in zip(streets, spots, kinds, picks, strict=True)
        ]

    def _phrase(self, kind: str, pick: float) -> str:
        phrases = self._plan.phrases.get(kind) or (self._city.kinds[kind].title.zh,)
        return phrases[int(pick * len(phrases))]

    def _readings(
        self, feed: str, flow: SimulatedFlow, spot: tuple[str, int], random: np.random.Generator
    ) -> _Block:
        kind, hour = spot
        stations = self._stations[feed]
        which = np.arange(flow.stations)
        phase = which * (flow.every_s * 1000 // flow.stations)
        rounds = np.arange(HOUR_MS // (flow.every_s * 1000)) * flow.every_s * 1000
        into = (phase[:, None] + rounds[None, :]).ravel()
        who = np.repeat(which, len(rounds))
        at = hour * HOUR_MS + into
        return _block(
            source_id=[
                f"{feed}-{one:02d}-{kind}-{when}" for one, when in zip(who, at // 1000, strict=True)
            ],
            kind=np.full(len(who), kind),
            occurred_at=at,
            area=stations.areas[who],
            lon=stations.lon[who],
            lat=stations.lat[who],
            severity=np.full(len(who), self._city.kinds[kind].severity),
            value=self._values(feed, spot, who, into, random),
            subject=[f"{feed}-{one:02d}" for one in who],
            text=stations.names[who],
            status=np.full(len(who), ""),
        )

    def _values(
        self,
        feed: str,
        spot: tuple[str, int],
        who: npt.NDArray[np.int64],
        into: npt.NDArray[np.int64],
        random: np.random.Generator,
    ) -> npt.NDArray[np.float64]:
        kind, hour = spot
        measure = self._plan.values[kind]
        stations = self._plan.feeds[feed].stations
        before, after = walk(self._plan.seed, f"{feed}/{kind}", stations, hour)
        part = into / HOUR_MS
        noise = before[who] * (1 - part) + after[who] * part + flicker(random, len(who))
        expected = course(measure, local(hour, self._zone), into / 60_000)
        return _kept(measure, expected + measure.noise * noise)


def _kept(measure: Measure, values: npt.ArrayLike) -> npt.NDArray[np.float64]:
    kept = np.clip(values, measure.low, measure.high).round(measure.digits)
    return np.asarray(kept + 0.0)


def _place_stations(seed: int, feed: str, count: int, places: Spread) -> _Stations:
    streets, lon, lat = places.draw(generator(seed, feed, "stations"), count)
    names = [f"{places.names[street]}{index + 1}号点" for index, street in enumerate(streets)]
    return _Stations(places.codes[streets], lon, lat, np.array(names))


def _block(**columns: npt.ArrayLike) -> _Block:
    return {name: np.asarray(column) for name, column in columns.items()}


def _within(block: _Block, first: int, end: int) -> _Block:
    """Return the events with first <= occurred_at < end: few of an hour, before a frame is made."""
    at = block["occurred_at"]
    rows = np.flatnonzero((at >= first) & (at < end))
    return {name: column[rows] for name, column in block.items()}


def _frame(blocks: list[_Block]) -> pl.DataFrame:
    """Return blocks as one frame; built once a call, because a frame an hour costs far more."""
    if not blocks:
        return SCHEMA.to_frame()
    columns = {name: np.concatenate([block[name] for block in blocks]) for name in SCHEMA}
    at = pl.col("occurred_at").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    frame = pl.DataFrame(columns).with_columns(at, pl.col("value").fill_nan(None))
    return frame.cast(SCHEMA)
