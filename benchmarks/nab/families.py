"""Families of generated series with faults put in: what no corpus had a say in.

Each family is a kind of noise that a city's series have; every series is seeded. A fault begins at
a place that is drawn, lasts `LASTS` values and counts as found when one of them, or of the
`GRACE` after them, is an alarm. Alarms before it, from the end of the warm-up on, are false.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from streams.anomaly.detector import Detector

Values = NDArray[np.float64]
ROWS = 3000
SETTLED = 500
"""Alarms before this row are not counted: the series is being learnt."""
LASTS = 48
GRACE = 12
ALARM = 0.5
STEP_MS = 300_000
BEGINS_MS = 1_767_571_200_000  # 2026-01-05 00:00 UTC, a Monday
HOURS_IN_WEEK = 168


def _hawkes(random: np.random.Generator) -> Values:
    """Return counts that excite themselves: each raises those to come, for a while."""
    rate, counts = 2.0, np.empty(ROWS)
    for row in range(ROWS):
        counts[row] = min(random.poisson(rate), 500)
        rate = 2.0 + 0.7 * (rate - 2.0) + 0.25 * counts[row]
    return counts


def _negative_binomial(random: np.random.Generator) -> Values:
    return random.negative_binomial(1.2, 0.05, ROWS).astype(np.float64)


def _regimes(random: np.random.Generator) -> Values:
    """Return two levels that a series is on by turns, for hours each."""
    state = np.cumsum(random.random(ROWS) < 1 / 60) % 2
    return 40.0 + 30.0 * state + random.normal(0, 2, ROWS)


def _drift(random: np.random.Generator) -> Values:
    return 100.0 + 0.01 * np.arange(ROWS) + np.cumsum(random.normal(0, 0.1, ROWS)) + _noise(random)


def _variance(random: np.random.Generator) -> Values:
    """Return noise that is up to four times as great at times as at others."""
    return 50.0 + (1.0 + 3.0 * (np.sin(np.arange(ROWS) / 90) > 0)) * _noise(random)


def _daily(random: np.random.Generator) -> Values:
    return 60.0 + 20.0 * np.sin(np.arange(ROWS) * 2 * np.pi / 288) + _noise(random)


def _weekly(random: np.random.Generator) -> Values:
    hour = np.arange(ROWS) % HOURS_IN_WEEK
    busy = (hour % 24 >= 7) & (hour % 24 < 20) & (hour < 120)
    return 20.0 + 60.0 * busy + 3.0 * _noise(random)


def _noise(random: np.random.Generator) -> Values:
    return random.normal(0, 1, ROWS)


@dataclass(frozen=True)
class Family:
    """A kind of series.

    Attributes:
        values: makes one.
        step_ms: time between two values.
        missing: share of the values that do not come.
    """

    values: Callable[[np.random.Generator], Values]
    step_ms: int = STEP_MS
    missing: float = 0.0


FAMILIES = {
    "Hawkes bursts": Family(_hawkes),
    "negative binomial": Family(_negative_binomial),
    "regimes": Family(_regimes),
    "drift": Family(_drift),
    "changing variance": Family(_variance),
    "daily, a fifth missing": Family(_daily, missing=0.2),
    "weekly": Family(_weekly, step_ms=3_600_000),
}


def _spike(part: Values, scale: float, _random: np.random.Generator) -> Values:
    return np.concatenate([part[:3] + 3 * scale, part[3:]])


def _shift(part: Values, scale: float, _random: np.random.Generator) -> Values:
    return part + 1.5 * scale


def _stuck(part: Values, _scale: float, _random: np.random.Generator) -> Values:
    return np.full_like(part, part[0])


def _dropout(part: Values, _scale: float, _random: np.random.Generator) -> Values:
    return np.zeros_like(part)


def _rhythm(part: Values, scale: float, _random: np.random.Generator) -> Values:
    turns = np.arange(len(part)) % 2
    return float(np.median(part)) + np.where(turns > 0, scale, -scale) / 2


FAULTS = {
    "spike": _spike,
    "level shift": _shift,
    "stuck": _stuck,
    "dropout": _dropout,
    "changed rhythm": _rhythm,
}


@dataclass(frozen=True)
class FaultTrial:
    """What a detector made of one series with one fault."""

    found: bool
    false_alarms: int
    judged: int


def trial(family: Family, fault: str, seed: int) -> FaultTrial:
    """Put `fault` into a series of `family` and return what the shipped detector says of it."""
    random = np.random.default_rng(seed)
    values = family.values(random)
    begins = int(random.integers(ROWS * 2 // 3, ROWS - LASTS - GRACE))
    scale = float(np.quantile(values, 0.99) - np.quantile(values, 0.01))
    faulty = slice(begins, begins + LASTS)
    values[faulty] = FAULTS[fault](values[faulty], scale, random)
    comes = random.random(ROWS) >= family.missing
    detector, alarms = Detector(), []
    for row in np.flatnonzero(comes).tolist():
        verdict = detector.update(BEGINS_MS + row * family.step_ms, float(values[row]))
        if verdict.score >= ALARM:
            alarms.append(row)
        if row >= begins + LASTS + GRACE:
            break
    found = any(begins <= row < begins + LASTS + GRACE for row in alarms)
    false_alarms = sum(SETTLED <= row < begins for row in alarms)
    return FaultTrial(found, false_alarms, int(comes[SETTLED:begins].sum()))


def survey(seeds: Sequence[int]) -> dict[str, dict[str, Any]]:
    """Return for each family the false alarms in 1,000 values and the share of faults found."""
    table: dict[str, dict[str, Any]] = {}
    for name, family in FAMILIES.items():
        trials = {
            fault: [trial(family, fault, 1000 * number + seed) for seed in seeds]
            for number, fault in enumerate(FAULTS)
        }
        every = [one for some in trials.values() for one in some]
        false_alarms, judged = (
            sum(one.false_alarms for one in every),
            sum(one.judged for one in every),
        )
        table[name] = {
            "false_alarms_per_1000": round(1000 * false_alarms / judged, 2),
            "found": {
                fault: round(sum(one.found for one in some) / len(some), 2)
                for fault, some in trials.items()
            },
        }
    return table
