"""Threshold: a value, or an aggregate over a window of event time, reaches a level.

    threshold: {}                                   each reading itself
    threshold: {of: count, window: 1h}              with above 5: five times in an hour
    threshold: {of: mean, window: 10m, every: 10m}  tumbling; hopping with a shorter every

Windows slide by a minute unless `every` is given; they end at the instant that they are judged
for. What can only grow (count, sum above; min below) is judged while a sliding window is open; the
rest when the watermark has passed its end, as half a window's mean says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from citybrain.config import City
from citybrain.config.checks import Finding
from citybrain.config.duration import words
from citybrain.config.strict import suggest
from streams.rules.cells import MINUTE_MS, Cells, step_of
from streams.rules.condition import Condition, Kind, RuleTime, unit_of_kind
from streams.rules.fold import Observation
from streams.rules.levels import codes
from streams.rules.rows import Floats, Ints, Rows, Truths
from streams.rules.rule import Rule
from streams.rules.selection import Slots

BOUND_MS = 2_000
"""How far the watermark must be past a bucket's end: feeds are a little out of order."""
SPARE = 30
"""Buckets that a ring holds beyond window and lateness."""
AGGREGATES = ("value", "count", "sum", "mean", "min", "max")
LONGEST = timedelta(days=8)


@dataclass(frozen=True)
class Options:
    """What is measured.

    Attributes:
        of: value, count, sum, mean, min or max.
        window: length of the window; not given: each reading by itself.
        every: distance of windows; not given: they slide by a minute.
    """

    of: str = "value"
    window: timedelta | None = None
    every: timedelta | None = None


class Threshold(Condition):
    """The cells of one rule and what they amount to."""

    def __init__(self, rule: Rule, slots: Slots, lateness_ms: int) -> None:
        """Measure as `rule` says, of events that are at most `lateness_ms` late."""
        super().__init__(slots)
        options: Options = rule.condition
        self._of, self._levels = options.of, rule.thresholds
        self._window_ms = _ms(options.window) or MINUTE_MS
        step = step_of(min(self._window_ms, _ms(options.every) or self._window_ms))
        self._wide = self._window_ms // step
        self._hop = max(1, (_ms(options.every) or step) // step)
        grows = options.window is None or only_grows(options.of, self._levels.above)
        self._early = grows and self._hop == 1
        self._scans = not self._early
        self._reach = self._wide
        span = self._reach + self._hop + lateness_ms // step + SPARE
        self._cells = Cells(parts_of(options.of, self._levels.above), step, span)
        self._watermark_ms = self._closed = 0
        self._touched: list[Ints] = []

    def take(self, rows: Rows, index: Ints, slots: Ints) -> None:
        """Add events to their cells; remember whose windows may have reached a level."""
        found, buckets = self._cells.add(
            slots, rows.at_ms[index], rows.value[index], len(self.slots)
        )
        if not len(found):
            return
        touched, place = np.unique(found, return_inverse=True)
        first = np.full(len(touched), np.iinfo(np.int64).max)
        np.minimum.at(first, place, buckets)
        newest = int(self._cells.head or 0)
        recent = first >= newest - 1
        for part in (recent, ~recent):
            if part.any():
                self._note(touched[part], int(first[part].min()), newest)

    def witnesses(self, rows: Rows, index: Ints) -> Truths:
        """Return which events reach a level by themselves; all, where events are counted."""
        if self._of == "count":
            return super().witnesses(rows, index)
        return codes(rows.value[index], self._levels) > 0

    def advance(self, time: RuleTime) -> None:
        """Close buckets that the watermark has passed."""
        self._watermark_ms = time.watermark_ms
        closed = (time.watermark_ms - BOUND_MS) // self._cells.step_ms
        if self._cells.head is None or closed <= self._closed:
            return
        before, self._closed = self._closed, closed
        self._cells.reach(closed - 1)
        if not self._scans:
            self._touched.append(np.flatnonzero(self.live[: len(self.slots)]))
        else:
            first = max(before, closed - self._cells.span // 2, self._cells.tail + self._reach)
            self._note(np.arange(len(self.slots)), first, closed - 1)

    def changed(self) -> Iterable[int]:
        """Return the slots that reached a level, or are live and were touched."""
        touched, self._touched = self._touched, []
        return np.unique(np.concatenate(touched)).tolist() if touched else []

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return what the windows of `slot` amount to, those that can be judged."""
        step, head = self._cells.step_ms, self._cells.head
        if head is None:
            return
        first = max(-(-since_ms // step), self._cells.tail + self._reach - 1)
        if first > head:
            return
        measures = self._measures(np.array([slot]), first, head)[0]
        found = codes(measures, self._levels)
        for offset in np.flatnonzero(~np.isnan(measures)).tolist():
            bucket, code = first + offset, int(found[offset])
            if self._judged(bucket, code):
                yield Observation(bucket * step, code, float(measures[offset]))

    def boundary(self, horizon_ms: int) -> int:
        """Return the start of the bucket in which the horizon lies."""
        step = self._cells.step_ms
        oldest = (self._cells.tail + self._reach) * step if self._cells.head is not None else 0
        return max(horizon_ms // step * step, oldest)

    def settle(self, before_ms: int) -> None:
        """Nothing to forget: the ring forgets by itself."""

    def pack(self) -> dict[str, Any]:
        """Return the cells."""
        return {"cells": self._cells.pack(), "closed": self._closed}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over cells."""
        self._cells.unpack(state["cells"])
        self._closed = state["closed"]

    def _note(self, slots: Ints, first: int, last: int) -> None:
        """Remember those of `slots` that hold a level in `first`…`last`, or are live."""
        if last < first or not len(slots):
            return
        reached = (codes(self._measures(slots, first, last), self._levels) > 0).any(axis=1)
        self._touched.append(slots[reached | self.live[slots]])

    def _judged(self, bucket: int, code: int) -> bool:
        """Whether a bucket's measure counts: it is closed, or holds a level that it will keep."""
        if bucket % self._hop != self._hop - 1 and self._hop > 1:
            return False
        return bucket < self._closed or (self._early and code > 0)

    def _measures(self, slots: Ints, first: int, last: int) -> Floats:
        """Return the measure of each slot in the windows that end with `first`…`last`."""
        begin = first - self._wide + 1
        parts = {
            name: windowed(name, self._cells.part(name, slots, begin, last), self._wide)
            for name in parts_of(self._of, self._levels.above)
        }
        if self._of == "mean":
            with np.errstate(invalid="ignore", divide="ignore"):
                counted = np.where(parts["count"] > 0, parts["count"], np.nan)
                mean: Floats = np.asarray(parts["sum"] / counted, np.float64)
                return mean
        measure = next(iter(parts.values()))
        measure[~np.isfinite(measure)] = np.nan
        return measure


def windowed(name: str, cells: Floats, wide: int) -> Floats:
    """Return a part of the cells, summed up over every `wide` buckets in a row."""
    if wide == 1:
        return cells
    if name in ("count", "sum"):
        total = np.cumsum(cells, axis=1)
        total[:, wide:] -= total[:, :-wide].copy()
        return np.asarray(total[:, wide - 1 :], np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(cells, wide, axis=1)
    extreme = windows.min(axis=2) if name == "min" else windows.max(axis=2)
    return np.asarray(extreme, np.float64)


def parts_of(of: str, above: bool) -> tuple[str, ...]:
    """Return which parts of cells an aggregate is made of."""
    if of == "value":
        return ("max",) if above else ("min",)
    return ("sum", "count") if of == "mean" else (of,)


def only_grows(of: str, above: bool) -> bool:
    """Return whether a level that an open window reached is kept, whatever else comes."""
    return of in ("count", "sum", "max") if above else of == "min"


def _ms(span: timedelta | None) -> int:
    return round(span.total_seconds() * 1000) if span else 0


def _check(rule: Rule) -> Iterator[Finding]:
    options: Options = rule.condition
    if options.of not in AGGREGATES:
        remedy = suggest(options.of, AGGREGATES)
        yield Finding("of", f"unknown aggregate {options.of!r}", remedy)
    if options.of != "value" and options.window is None:
        yield Finding("window", f"{options.of} of what time", "give a window, for example 1h")
    for name, span in (("window", options.window), ("every", options.every)):
        if span is not None and (span > LONGEST or _ms(span) % MINUTE_MS or not span):
            remedy = f"give whole minutes, at most {words(int(LONGEST.total_seconds()))}"
            yield Finding(name, f"{words(int(span.total_seconds()))} is impossible", remedy)
    if options.every and (not options.window or options.window % options.every):
        yield Finding("every", "does not divide the window", "give a part of the window")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    name = " + ".join(rule.kinds)
    if options.window is None:
        return name
    return f"{options.of} of {name} in {words(int(options.window.total_seconds()))}"


def _unit(rule: Rule, city: City) -> str:
    return "" if rule.condition.of == "count" else unit_of_kind(rule, city)


def _make(rule: Rule, slots: Slots, lateness_ms: int, _city: City) -> Threshold:
    return Threshold(rule, slots, lateness_ms)


KIND = Kind(Options, _make, _check, _measure, _unit)
