"""Anomaly: a series of values is not as it usually is.

    anomaly: {of: mean, every: 5m}        with above: {yellow: 0.5, orange: 0.8}

Each key's events become a series of equal buckets, and each bucket's value is judged by the
streaming detector of `streams.anomaly`: against all values and courses seen before, against the
last ones, and against the same hour of the week. By the city's calendar a holiday is like a Sunday,
and a weekend that is worked like the working day next to it. Its score is the measure; from 0.5 it
is an alarm.

The detector learns from every value once, so a bucket is judged when no event can come for it any
more: when the allowed lateness has passed its end. What comes later still changes nothing. Events
without a value are left out, except where they are counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from citybrain.city import City
from citybrain.city.calendar_file import load_calendar
from citybrain.city.references import RecordFault
from citybrain.floor.duration import words
from citybrain.floor.strict import suggest
from citybrain.floor.text import Text
from citybrain.rules.rule import Rule
from streams.anomaly.detector import AnomalyVerdict, Detector
from streams.anomaly.detector_settings import DetectorSettings
from streams.anomaly.rarity import GREATEST
from streams.ruling.condition import Condition, ConditionKind, RuleTime
from streams.ruling.fold import CLEAR, HOLD, Observation, Spell, code
from streams.ruling.intake.rows import EventRows, Ints
from streams.ruling.intake.selection import Slots
from streams.ruling.memory.cells import MINUTE_MS, Cells
from streams.ruling.memory.time_axis import axis_of
from streams.ruling.memory.usual import DAY_H, compared, slot_of, weekday_like

AGGREGATES = ("mean", "count", "sum", "min", "max")
MOST = 500
"""Series that a rule can watch; one costs a quarter of a megabyte."""
SPARE = 12
"""Buckets that are held beyond those that wait for late events."""
KEPT = 120
"""Verdicts that are kept of a key, for the chart of the evidence."""
_PARTS = {"mean": ("sum", "count")}


@dataclass(frozen=True)
class Options:
    """What the series is.

    Attributes:
        of: mean, count, sum, min or max of a bucket's values.
        every: length of a bucket.
        most: how many keys are watched; those that come after them are not.
        holidays: whether days are like others by the city's calendar.
    """

    of: str = "mean"
    every: timedelta = timedelta(minutes=5)
    most: int = 200
    holidays: bool = True


@dataclass(frozen=True)
class JudgedBucket:
    """One bucket as it was judged."""

    at_ms: int
    value: float
    verdict: AnomalyVerdict


class Anomaly(Condition):
    """The series of each key, and what was said of its last values."""

    sleeps = True

    def __init__(self, rule: Rule, slots: Slots, lateness_ms: int, city: City) -> None:
        """Watch what `rule` says."""
        super().__init__(slots)
        options: Options = rule.condition
        self._of, self._most, self._levels = options.of, options.most, rule.thresholds
        self._zone, self._calendar = ZoneInfo(city.time_zone), load_calendar(city)
        self._holidays = options.holidays
        step = round(options.every.total_seconds() * 1000)
        parts = _PARTS.get(options.of, (options.of,))
        self._cells = Cells(
            (*parts, *({"count"} - {*parts})),
            axis_of(step, step, city.time_zone),
            2 * lateness_ms // step + SPARE,
        )
        self.delay_ms = lateness_ms + 2 * step
        self._settings = DetectorSettings()
        self._detectors: dict[int, Detector] = {}
        self._said: dict[int, list[JudgedBucket]] = {}
        self._judged: int | None = None
        self._touched: set[int] = set()

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Add events to their buckets, in the order of time; those of too many keys are left out.

        What comes at once may span more than is held, so older buckets are judged meanwhile.
        """
        none = np.empty(0, np.int64)
        self._cells.add(none, none, np.empty(0), self._watched)  # room for keys without a value too
        kept = slots < self._most
        if self._of != "count":
            kept &= ~np.isnan(rows.value[index])
        index, slots = index[kept], slots[kept]
        order = np.argsort(rows.at_ms[index], kind="stable")
        index, slots = index[order], slots[order]
        at_ms, value = rows.at_ms[index], rows.value[index]
        buckets = self._cells.axis.buckets(at_ms)
        begin = 0
        while begin < len(buckets):
            end = int(np.searchsorted(buckets, self._room(int(buckets[begin])), "right"))
            part = slice(begin, end)
            self._cells.add(slots[part], at_ms[part], value[part], self._watched)
            begin = end

    def advance(self, time: RuleTime) -> None:
        """Judge the buckets that the horizon has passed."""
        self._judge_before(self._cells.axis.bucket(time.horizon_ms))

    def changed(self) -> Iterable[int]:
        """Return the keys of which a value was judged to be an alarm, and the live ones."""
        touched, self._touched = self._touched, set()
        return touched

    def observations(self, slot: int, since_ms: int) -> Iterable[Observation]:
        """Return what was said of the key's values."""
        for one in self._said.get(slot, ()):
            if one.at_ms >= since_ms:
                found = self._code(one.verdict)
                yield Observation(one.at_ms, found, one.verdict.score, one.at_ms)

    def boundary(self, horizon_ms: int) -> int:
        """Return the end of the last bucket that was judged: a verdict is never taken back."""
        del horizon_ms
        return self._cells.axis.start(self._judged or 0)

    def settle(self, before_ms: int) -> None:
        """Nothing to forget: of each key the last verdicts are kept."""

    def points(self, slot: int, at_ms: int) -> list[tuple[int, float]]:
        """Return the last values of the series."""
        del at_ms
        return [(one.at_ms, one.value) for one in self._said.get(slot, ())]

    def words(self, slot: int, spell: Spell) -> Text:
        """Return how the value compares with what is usual."""
        at = next((one for one in self._said.get(slot, ()) if one.at_ms == spell.at_ms), None)
        return self._compared(at) if at else Text("", "")

    def pack(self) -> dict[str, Any]:
        """Return the series, the detectors and what they said."""
        return {
            "cells": self._cells.pack(),
            "judged": self._judged,
            "detectors": {str(slot): one.state() for slot, one in self._detectors.items()},
            "said": {
                str(slot): [[one.at_ms, one.value, list(one.verdict)] for one in said]
                for slot, said in self._said.items()
            },
        }

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over what `pack` returned."""
        self._cells.unpack(state["cells"])
        self._judged = state["judged"]
        for slot, kept in state["detectors"].items():
            with suppress(ValueError):  # of an earlier version: the series is learnt anew
                self._detectors[int(slot)] = Detector.restore(kept, self._settings)
        for slot, said in state["said"].items():
            self._said[int(slot)] = [
                JudgedBucket(at, value, AnomalyVerdict(*rest)) for at, value, rest in said
            ]

    @property
    def _watched(self) -> int:
        return min(len(self.slots), self._most)

    def _room(self, bucket: int) -> int:
        """Judge what would be forgotten by adding to `bucket`; return up to where there is room."""
        if self._cells.head is None:
            return bucket + SPARE
        span = self._cells.span
        if max(self._judged or 0, self._cells.tail) <= bucket - span:
            self._judge_before(bucket - span + SPARE)
            return bucket + SPARE - 1
        return max(self._judged or 0, self._cells.tail) + span - 1

    def _judge_before(self, over: int) -> None:
        """Judge what is not judged yet of the buckets before number `over`."""
        if self._cells.head is None:
            return
        over = min(over, self._cells.head + 1)
        first = max(self._judged or 0, self._cells.tail)
        if over <= first:
            return
        values = self._values(np.arange(self._watched), first, over - 1)
        for offset in range(over - first):
            at = self._cells.axis.start(first + offset)
            for slot in np.flatnonzero(~np.isnan(values[:, offset])).tolist():
                self._judge(slot, at, float(values[slot, offset]))
        self._judged = over

    def _values(self, slots: Ints, first: int, last: int) -> Any:
        count = self._cells.part("count", slots, first, last)
        if self._of == "count":
            known = np.array([slot in self._detectors for slot in slots.tolist()], np.bool_)
            begun = np.logical_or.accumulate(count > 0, axis=1) | known[:, None]
            return np.where(begun, count, np.nan)
        part = self._cells.part("sum" if self._of == "mean" else self._of, slots, first, last)
        with np.errstate(invalid="ignore", divide="ignore"):
            value = part / count if self._of == "mean" else part
        return np.where((count > 0) & np.isfinite(value), value, np.nan)

    def _judge(self, slot: int, at_ms: int, value: float) -> None:
        detector = self._detectors.get(slot)
        if detector is None:
            detector = self._detectors[slot] = Detector(self._settings)
        try:
            verdict = detector.update(at_ms, value, self._slot(at_ms))
        except ValueError:  # beyond what a series can hold: no value
            return
        said = self._said.setdefault(slot, [])
        said.append(JudgedBucket(at_ms, value, verdict))
        del said[:-KEPT]
        if self._code(verdict) > 0 or self.live[slot]:
            self._touched.add(slot)

    def _code(self, verdict: AnomalyVerdict) -> int:
        found = code(verdict.score, self._levels)
        if found <= 0:  # a score is silent while what it told lasts; the rarity is not
            return HOLD if verdict.rarity >= self._settings.alarm else CLEAR
        return found

    def _compared(self, one: JudgedBucket) -> Text:
        verdict = one.verdict
        if verdict.expected is None or verdict.basis == "":
            return Text("与以往不同", "unlike anything seen before")
        local = self._local(one.at_ms)
        day = local.date()
        like = weekday_like(day, self._calendar) if self._holidays else day.weekday()
        return compared(one.value, verdict.expected, verdict.basis, local, like)

    def _slot(self, at_ms: int) -> int:
        """Return the hour of the week that clocks show, or that of the day that it is like."""
        local = self._local(at_ms)
        like = slot_of(local, self._calendar) if self._holidays else None
        return local.weekday() * DAY_H + local.hour if like is None else like

    def _local(self, at_ms: int) -> datetime:
        return datetime.fromtimestamp(at_ms / 1000, self._zone)


def _check(rule: Rule) -> Iterator[RecordFault]:
    options: Options = rule.condition
    if options.of not in AGGREGATES:
        yield RecordFault(
            "of", f"unknown aggregate {options.of!r}", suggest(options.of, AGGREGATES)
        )
    minutes = options.every.total_seconds() * 1000 / MINUTE_MS
    if minutes < 1 or minutes != int(minutes) or options.every > timedelta(hours=1):
        remedy = "give whole minutes, at most 1h"
        yield RecordFault(
            "every", f"{words(int(options.every.total_seconds()))} is impossible", remedy
        )
    if not 1 <= options.most <= MOST:
        yield RecordFault("most", f"{options.most} is impossible", f"give 1 to {MOST}")
    if rule.below:
        yield RecordFault("of", "a score is not below", "give 'above', from 0.5 to 0.86")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    span = words(int(options.every.total_seconds()))
    return f"strangeness of {options.of} of {' + '.join(rule.kinds)} every {span}"


def _make(rule: Rule, slots: Slots, lateness_ms: int, city: City) -> Anomaly:
    return Anomaly(rule, slots, lateness_ms, city)


def _extent(rule: Rule, _city: City) -> tuple[float, float]:
    rarest = GREATEST / (GREATEST + DetectorSettings().alarm)
    return (-math.inf, math.inf) if rule.below else (0.0, rarest)  # below is told as such


def _rests(rule: Rule) -> bool:
    return rule.condition.of not in ("count", "sum")


KIND = ConditionKind(
    Options, _make, _check, _measure, extent=_extent, rests=_rests, exercised=False
)
