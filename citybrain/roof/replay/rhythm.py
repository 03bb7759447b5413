"""The rhythm of days and weeks: how often things happen and how values run, as pure functions.

Everything follows from (seed, feed, hour), so that the same hour gives the same events whenever
and however often it is asked for. Hours are counted since 1970-01-01 UTC.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zlib import crc32
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from citybrain.roof.replay.simulation_plan import Measure, Profile

Numbers = npt.NDArray[np.float64]

HOUR_MS = 3_600_000
_HOURS = 24
_SATURDAY = 5
_WEEKDAYS = 5
_MEMORY = 0.85
_FLICKER = 0.2
_RUSH_HOURS = (8.0, 18.0)
_RUSH_WIDTH = 1.3


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return a generator of its own for what `names` say."""
    words = [name if isinstance(name, int) else crc32(name.encode()) for name in names]
    return np.random.default_rng([seed, *words])


def local(hour: int, zone: ZoneInfo) -> datetime:
    """Return the local time at the start of `hour`."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)).astimezone(zone)


def share(profile: Profile, at: datetime) -> float:
    """Return how many times the mean of a week a local hour has."""
    total = _WEEKDAYS * sum(profile.weekday) + 2 * sum(profile.weekend)
    weights = profile.weekend if at.weekday() >= _SATURDAY else profile.weekday
    return weights[at.hour] * 7 * _HOURS / total


def course(measure: Measure, at: datetime, minutes: Numbers) -> Numbers:
    """Return the expected value at `minutes` after the local hour `at`."""
    clock = at.hour + minutes / 60
    wave = measure.swing * np.cos(2 * np.pi * (clock - measure.peak_hour) / _HOURS)
    if not measure.rush or at.weekday() >= _SATURDAY:
        return measure.mean + wave
    humps = sum(np.exp(-(((clock - hour) / _RUSH_WIDTH) ** 2)) for hour in _RUSH_HOURS)
    return np.asarray(measure.mean + wave + measure.rush * humps)


def walk(seed: int, name: str, stations: int, hour: int) -> tuple[Numbers, Numbers]:
    """Return each station's noise at the start and at the end of `hour`, of deviation 1."""
    day, start = divmod(hour, _HOURS)
    today = _day(seed, name, stations, day)
    if start + 1 < _HOURS:
        return today[start], today[start + 1]
    return today[start], _day(seed, name, stations, day + 1)[0]


def flicker(random: np.random.Generator, size: int) -> Numbers:
    """Return what differs from reading to reading, beside the walk."""
    return random.standard_normal(size) * _FLICKER


@lru_cache(maxsize=512)
def _day(seed: int, name: str, stations: int, day: int) -> Numbers:
    """Return the hours of a day; the day before is walked too, so that days join nearly."""
    white = np.concatenate(
        [
            generator(seed, name, "walk", one).standard_normal((_HOURS, stations))
            for one in (day - 1, day)
        ]
    )
    steps = np.empty_like(white)
    steps[0] = white[0]
    fresh = np.sqrt(1 - _MEMORY**2)
    for index in range(1, len(white)):
        steps[index] = _MEMORY * steps[index - 1] + fresh * white[index]
    return steps[_HOURS:]
