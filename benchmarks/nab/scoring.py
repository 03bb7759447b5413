"""NAB's score, written anew after its definition (Lavin & Ahmad 2015, numenta/NAB v1.1).

Each row of a file is worth something should it be alarmed. Inside a labelled window that is a
scaled sigmoid of its place, almost the whole `hit` weight at the window's left edge and next to
nothing at its right; only the best, so the earliest, alarm of a window counts, and a window
without any costs `miss`. Outside, every alarm costs up to `false_alarm`: the more, the farther it
is behind the window before it. Rows of the probation, at a file's start, do not count.

One threshold serves the whole corpus, the one with the highest sum for the profile. The sum is
put on a scale on which missing every window is 0 and catching each at its first row is 100.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from benchmarks.nab.corpus import Profile, Series

STEEPNESS = 5.0
PROBATION_SHARE = 0.15
PROBATION_ROWS = 5000
FAR = 3.0
"""In window widths behind a window: from there on a false alarm costs all of its weight."""
NOTHING = 1.1
"""A threshold above every score: no alarm at all."""


@dataclass(frozen=True)
class Row:
    """A row that counts: its score, what an alarm at it is worth, the window it is in."""

    score: float
    worth: float
    window: str | None


@dataclass(frozen=True)
class Sweep:
    """What one threshold brings: alarms are the rows with a score of at least `threshold`."""

    threshold: float
    raw: float
    found: int
    false_alarms: int


def sigmoid(position: float) -> float:
    """Return 2 / (1 + e^(5 position)) - 1, NAB's scaled sigmoid; -1 from three widths on."""
    if position > FAR:
        return -1.0
    return 2.0 / (1.0 + math.exp(STEEPNESS * position)) - 1.0


def probation(rows: int) -> float:
    """Return how many rows at the start do not count: 15 % of them, at most 15 % of 5,000."""
    return min(math.floor(PROBATION_SHARE * rows), PROBATION_SHARE * PROBATION_ROWS)


def rows_of(series: Series, scores: Sequence[float], profile: Profile) -> list[Row]:
    """Return the rows of one file that count."""
    if len(scores) != len(series.times):
        raise ValueError(f"{series.name}: {len(scores)} scores for {len(series.times)} rows")
    first = probation(len(scores))
    places = zip(scores, _places(series), strict=True)
    rows = [Row(score, _worth(place, profile), place[0]) for score, place in places]
    return [row for index, row in enumerate(rows) if index >= first]


def _worth(place: tuple[str | None, float], profile: Profile) -> float:
    window, worth = place
    return worth * (profile.false_alarm if window is None else profile.hit / sigmoid(-1.0))


def _places(series: Series) -> list[tuple[str | None, float]]:
    """Return each row's window and the sigmoid of its place, by row number as NAB counts it."""
    spans = [(series.times.index(a), series.times.index(b)) for a, b in series.windows]
    places: list[tuple[str | None, float]] = []
    for index in range(len(series.times)):
        inside = next((span for span in spans if span[0] <= index <= span[1]), None)
        if inside:
            left, right = inside
            position = -(right - index + 1) / (right - left + 1)
            places.append((f"{series.name}|{left}", sigmoid(position)))
        else:
            places.append((None, _behind([span for span in spans if span[1] < index], index)))
    return places


def _behind(before: Sequence[tuple[int, int]], index: int) -> float:
    """Return the worth of a false alarm: by its distance from the window before it."""
    if not before:
        return -1.0
    left, right = before[-1]
    return sigmoid((index - right) / (right - left))


def sweep(rows: Iterable[Row], profile: Profile) -> list[Sweep]:
    """Return the outcome at every threshold that makes a difference, the highest first."""
    ordered = sorted(rows, key=lambda row: row.score, reverse=True)
    best = {row.window: -profile.miss for row in ordered if row.window is not None}
    raw, found, false_alarms = sum(best.values()), set[str](), 0
    threshold, outcomes = NOTHING, list[Sweep]()
    for row in ordered:
        if row.score != threshold:
            outcomes.append(Sweep(threshold, raw, len(found), false_alarms))
            threshold = row.score
        if row.window is None:
            raw += row.worth
            false_alarms += 1
        else:
            found.add(row.window)
            raw += max(row.worth - best[row.window], 0.0)
            best[row.window] = max(best[row.window], row.worth)
    return [*outcomes, Sweep(threshold, raw, len(found), false_alarms)]


def optimum(rows: Iterable[Row], profile: Profile) -> Sweep:
    """Return the outcome with the highest sum; of equal ones that of the highest threshold."""
    return max(sweep(rows, profile), key=lambda outcome: outcome.raw)


def at_threshold(rows: Sequence[Row], profile: Profile, threshold: float) -> Sweep:
    """Return the outcome of `rows` at a threshold that was chosen for the corpus."""
    reached = [one for one in sweep(rows, profile) if one.threshold >= threshold]
    return reached[-1] if reached else sweep([], profile)[0]


def normalised(raw: float, windows: int, profile: Profile) -> float | None:
    """Return `raw` on the scale from 0 (every window missed) to 100; None without windows."""
    if not windows:
        return None
    nothing = -profile.miss * windows
    return 100.0 * (raw - nothing) / (profile.hit * windows - nothing)
