"""Threshold: a value, or an aggregate over a window of event time, reaches a level.

    threshold: {}                                   each reading itself
    threshold: {of: count, window: 1h}              with above 5: five times in an hour
    threshold: {of: mean, window: 10m, every: 10m}  tumbling; hopping with a shorter every
    threshold: {of: quantile, quantile: 0.95, window: 1h}
    threshold: {of: distinct, column: subject, window: 1h}    how many different sensors
    threshold: {of: count, session: 5m}             a run of events with no pause of five minutes

Windows slide by a minute unless `every` is given; they end at the instant that they are judged
for. Those of `every: 1d` are the city's days, see `time_axis`. What can only grow (count, sum
above; min below) is judged while a sliding window is open; the rest when the watermark has passed
its end, as half a window's mean says nothing. A session is judged as it grows, and clear when it is
over; of one that is longer than `window` the last part counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.duration import words
from citybrain.floor.strict import suggest
from citybrain.rules.rule import Rule
from streams.ruling.checks.reach import most_different
from streams.ruling.checks.rule_checks import KEYS
from streams.ruling.condition import Condition, ConditionKind, RuleTime, unit_of_kind
from streams.ruling.fold import CLEAR, Observation, codes
from streams.ruling.intake.rows import ATTRIBUTE, EventRows, Floats, Ints, Truths
from streams.ruling.intake.selection import Slots
from streams.ruling.memory.bucket_windows import OF_ITEMS, BucketWindows, only_grows
from streams.ruling.memory.cells import MINUTE_MS, Cells, session_step_of, step_of
from streams.ruling.memory.items import MOST, Items, items_of
from streams.ruling.memory.time_axis import axis_of, first_from

BOUND_MS = 2_000
"""How far the watermark must be past a bucket's end: feeds are a little out of order."""
SPARE = 30
"""Buckets that a ring holds beyond window and lateness."""
AGGREGATES = ("value", "count", "sum", "mean", "min", "max", "quantile", "distinct")
UNMEASURED = ("count", "distinct")
"""Aggregates that do not look at an event's value."""
MEASURED = ("value", "mean", "min", "max", "quantile")
"""Aggregates of which nothing is known where nothing is read; no events are a count of 0."""
ADDED = ("sum", "mean")
SUMMED = ("count", *ADDED)
"""Aggregates of which what is taken back is taken off."""
TOGETHER = (*UNMEASURED, *ADDED, "quantile")
"""Aggregates that may reach a level that no event reaches by itself."""
LARGEST = 1e9
"""Larger readings are a broken sensor's, and are not added up: one would drown all others."""
LONGEST = timedelta(days=8)
SESSION = timedelta(hours=4)
"""How much of a session counts where `window` does not say."""
MOST_STEPS = 1_500  # buckets in the longest session


@dataclass(frozen=True)
class Options:
    """What is measured.

    Attributes:
        of: value, count, sum, mean, min, max, quantile or distinct.
        window: length of the window; not given: each reading by itself.
        every: distance of windows; not given: they slide by a minute.
        session: longest pause inside a session; `window` is how much of it counts at most.
        quantile: which quantile, between 0 and 1.
        column: of what different ones are counted: a column that `by` could name.
    """

    of: str = "value"
    window: timedelta | None = None
    every: timedelta | None = None
    session: timedelta | None = None
    quantile: float = 0.5
    column: str = "subject"


class Threshold(Condition):
    """The cells of one rule and what they amount to."""

    sleeps = True

    def __init__(self, rule: Rule, slots: Slots, lateness_ms: int, zone: str = "UTC") -> None:
        """Measure as `rule` says, of events that are at most `lateness_ms` late.

        Windows that are `every` so far apart begin by the clock of `zone`, an IANA name.
        """
        super().__init__(slots)
        options: Options = rule.condition
        self._of, self._levels = options.of, rule.thresholds
        self.takes_back = options.of in SUMMED
        step = _step(options)
        self._wide = _window(options) // step
        self._hop = max(1, (_ms(options.every) or step) // step)
        above, gap = self._levels.above, _ms(options.session) // step
        self._shape = BucketWindows(options.of, above, self._wide, gap, options.quantile)
        grows = _each(options) or only_grows(options.of, above)
        self._early = grows and self._hop == 1
        self._scans = not self._early
        self._reach = self._shape.reach
        span = self._reach + self._hop + lateness_ms // step + SPARE
        self._cells = Cells(self._shape.parts, axis_of(step, _ms(options.every), zone), span)
        self._waits = not above and options.of in ("count", "sum")
        self._full: dict[int, int] = {}
        self._column = options.column if options.of == "distinct" else ""
        self._items = Items(MOST if self._column else None)
        self._watermark_ms = self._closed = 0
        self._touched: list[Ints] = []
        self._rests = rests(rule)
        self.delay_ms = self._hop * step + BOUND_MS

    def chosen(self, rows: EventRows, index: Ints) -> Ints:
        """Return those that have a value, where values are measured."""
        if self._of in UNMEASURED:
            return index
        value = np.abs(rows.value[index])
        return index[value <= LARGEST] if self._of in ADDED else index[~np.isnan(value)]

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Add events to their cells; remember whose windows may have reached a level."""
        if self._of in OF_ITEMS:
            index, slots = self._with_items(rows, index, slots)
        at_ms, value = rows.at_ms[index], rows.value[index]
        signs = rows.signs[index] if rows.takes_back else None
        found, buckets = self._cells.add(slots, at_ms, value, len(self.slots), signs)
        if not len(found):
            return
        touched, place = np.unique(found, return_inverse=True)
        first = np.full(len(touched), np.iinfo(np.int64).max)
        np.minimum.at(first, place, buckets)
        self._begin(touched, first)
        newest = int(self._cells.head or 0)
        recent = first >= newest - 1
        last = newest if self._early else self._closed - 1
        for part in (recent, ~recent):
            if part.any():
                self._note(touched[part], int(first[part].min()), last)

    def witnesses(self, rows: EventRows, index: Ints) -> Truths:
        """Return which events reach a level by themselves; all, where they do so together."""
        if self._of in TOGETHER:
            return super().witnesses(rows, index)
        return codes(rows.value[index], self._levels) > 0

    def advance(self, time: RuleTime) -> None:
        """Close buckets that the watermark has passed."""
        self._watermark_ms = time.watermark_ms
        closed = self._cells.axis.bucket(time.watermark_ms - BOUND_MS)
        if self._cells.head is None or closed <= self._closed:
            return
        before, self._closed = self._closed, closed
        self._cells.reach(closed - 1)
        self._items.forget(self._cells.tail)
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
        axis, head = self._cells.axis, self._cells.head
        if head is None:
            return
        first = max(first_from(axis, since_ms), self._cells.tail + self._reach - 1)
        first = max(first, self._full.get(slot, first))
        if first > head:
            return
        measures = self._measures(np.array([slot]), first, head)[0]
        found = codes(measures, self._levels)
        starts = axis.starts(first, head)
        reads = self._reads(slot, first, starts) if self._rests else None
        over = self._shape.gap > 0  # nothing measured is clear then; else it is not known
        before = CLEAR
        for offset in np.flatnonzero(over | ~np.isnan(measures)).tolist():
            bucket, code = first + offset, int(found[offset])
            if self._judged(bucket, code, before):
                before = code
                read_ms = reads[offset] if reads else 0
                yield Observation(starts[offset], code, float(measures[offset]), read_ms)

    def boundary(self, horizon_ms: int) -> int:
        """Return the start of the bucket in which the horizon lies."""
        axis, head = self._cells.axis, self._cells.head
        oldest = 0 if head is None else axis.start(self._cells.tail + self._reach)
        return max(axis.start(axis.bucket(horizon_ms)), oldest)

    def settle(self, before_ms: int) -> None:
        """Forget nothing: the ring does by itself."""

    def knows(self, slot: int) -> bool:
        """Return whether anything is in its cells, or how little comes of it is judged."""
        return self._cells.holds(slot) or slot in self._full

    def pack(self) -> dict[str, Any]:
        """Return the cells."""
        known = {"cells": self._cells.pack(), "items": self._items.pack()}
        marks = {"closed": self._closed, "full": list(self._full.items())}
        return known | marks | {"axis": self._cells.axis.name}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over cells; those whose numbers mean other buckets are left out.

        Windows of days were UTC's once: such a rule counts anew from the first start on.
        """
        if state.get("axis", "") != self._cells.axis.name:
            return
        self._cells.unpack(state["cells"])
        self._items.unpack(state["items"])
        self._closed = state["closed"]
        self._full = dict(state.get("full", ()))

    def _begin(self, slots: Ints, first: Ints) -> None:
        """Remember from when on there is little of a key: since it was known for a whole window."""
        if self._waits:
            for slot, bucket in zip(slots.tolist(), (first + self._wide - 1).tolist(), strict=True):
                self._full[slot] = min(self._full.get(slot, bucket), bucket)

    def _note(self, slots: Ints, first: int, last: int) -> None:
        """Remember those of `slots` that hold a level in `first`…`last`, or are live."""
        if last < first or not len(slots):
            return
        reached = (codes(self._measures(slots, first, last), self._levels) > 0).any(axis=1)
        self._touched.append(slots[reached | self.live[slots]])

    def _judged(self, bucket: int, code: int, before: int) -> bool:
        """Whether a bucket's measure counts: it is closed, or holds a level that it will keep.

        One that holds less than the one `before` has to wait: it may still grow as far.
        """
        if bucket % self._hop != self._hop - 1 and self._hop > 1:
            return False
        return bucket < self._closed or (self._early and code > 0 and code >= before)

    def _measures(self, slots: Ints, first: int, last: int) -> Floats:
        """Return the measure of each slot in the windows that end with `first`…`last`."""
        return self._shape.measures(self._cells, self._items, slots, first, last)

    def _reads(self, slot: int, first: int, starts: Sequence[int]) -> Sequence[int]:
        """Return the instant of the newest reading in the window that ends with each bucket.

        Args:
            slot: the key.
            first: the first bucket that a window ends with.
            starts: when that and each further one begins.
        """
        if self._of == "value":
            return starts
        begin, last = first - self._wide + 1, first + len(starts) - 1
        part = "count" if "count" in self._cells.names else next(iter(self._cells.names))
        cells = self._cells.part(part, np.array([slot]), begin, last)[0]
        read = cells > 0 if part == "count" else np.isfinite(cells)
        place = np.maximum.accumulate(np.where(read, np.arange(len(cells)), 0))[self._wide - 1 :]
        instants = self._cells.axis.starts(begin, last)
        return [instants[at] for at in place.tolist()]

    def _with_items(self, rows: EventRows, index: Ints, slots: Ints) -> tuple[Ints, Ints]:
        """Take in values or words; return the events that have one, and their slots."""
        kept, items = items_of(rows, index, self._column)
        index, slots = index[kept], slots[kept]
        buckets = self._cells.axis.buckets(rows.at_ms[index])
        if len(buckets):
            self._cells.reach(int(buckets.max()))
        held = buckets >= self._cells.tail
        self._items.add(slots[held], buckets[held], items[held], rows.value[index[held]])
        return index, slots


def _each(options: Options) -> bool:
    """Whether each reading is judged by itself."""
    return options.window is None and options.session is None


def _window(options: Options) -> int:
    """Return the length of the window, ms, or how much of a session counts at most."""
    if options.session is not None:
        return _ms(options.window or max(SESSION, options.session))
    return _ms(options.window) or MINUTE_MS


def _step(options: Options) -> int:
    """Return the length of a bucket, ms."""
    window = _window(options)
    if options.session is not None:
        return session_step_of(window, _ms(options.session))
    return step_of(min(window, _ms(options.every) or window))


def _ms(span: timedelta | None) -> int:
    return round(span.total_seconds() * 1000) if span else 0


def _check(rule: Rule) -> Iterator[RecordFault]:
    options: Options = rule.condition
    if options.of not in AGGREGATES:
        yield RecordFault(
            "of", f"unknown aggregate {options.of!r}", suggest(options.of, AGGREGATES)
        )
    if options.of != "value" and options.window is None and options.session is None:
        yield RecordFault("window", f"{options.of} of what time", "give a window, for example 1h")
    spans = {"window": options.window, "every": options.every, "session": options.session}
    for name, span in spans.items():
        if span is not None and (span > LONGEST or _ms(span) % MINUTE_MS or not span):
            remedy = f"give whole minutes, at most {words(int(LONGEST.total_seconds()))}"
            yield RecordFault(name, f"{words(int(span.total_seconds()))} is impossible", remedy)
    if options.every and not options.window and not options.session:
        yield RecordFault(
            "every", "of what window", "give a window, for example 1h, or take every away"
        )
    elif options.every and options.window and options.window % options.every:
        yield RecordFault("every", "does not divide the window", "give a part of the window")
    yield from _check_items(options)
    yield from _check_session(options)


def _check_items(options: Options) -> Iterator[RecordFault]:
    if not 0 < options.quantile < 1:
        problem = f"{options.quantile:g} is impossible"
        yield RecordFault("quantile", problem, "give a number between 0 and 1, for example 0.95")
    elif options.of != "quantile" and options.quantile != Options.quantile:
        yield RecordFault("quantile", f"{options.of} has none", "say of: quantile, or take it away")
    if options.column not in KEYS and not options.column.startswith(ATTRIBUTE):
        problem = f"unknown column {options.column!r}"
        yield RecordFault("column", problem, suggest(options.column, KEYS))
    elif options.of != "distinct" and options.column != Options.column:
        yield RecordFault("column", f"{options.of} has none", "say of: distinct, or take it away")


def _check_session(options: Options) -> Iterator[RecordFault]:
    if not options.session or _ms(options.session) < MINUTE_MS:
        return
    longest = timedelta(milliseconds=_step(options) * MOST_STEPS)
    if options.every is not None:
        yield RecordFault("every", "sessions begin and end by themselves", "take every away")
    if _window(options) < _ms(options.session):
        yield RecordFault("window", "shorter than the pause inside a session", "give a longer one")
    elif timedelta(milliseconds=_window(options)) > longest:
        remedy = f"give at most {words(int(longest.total_seconds()))}, or a longer session"
        yield RecordFault("window", "too long for so short a session", remedy)


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    name = " + ".join(rule.kinds)
    if options.of == "distinct":
        name = f"{options.column.removeprefix(ATTRIBUTE)} in {name}"
    what = f"{options.quantile:g} quantile" if options.of == "quantile" else options.of
    if options.session is not None:
        gap = words(int(options.session.total_seconds()))
        return f"{what} of {name} without a pause of {gap}"
    if options.window is None:
        return name
    return f"{what} of {name} in {words(int(options.window.total_seconds()))}"


def _unit(rule: Rule, city: City) -> str:
    return "" if rule.condition.of in UNMEASURED else unit_of_kind(rule, city)


def rests(rule: Rule) -> bool:
    """Return whether a rule of such options rests on readings."""
    return rule.condition.of in MEASURED


def _make(rule: Rule, slots: Slots, lateness_ms: int, city: City) -> Threshold:
    return Threshold(rule, slots, lateness_ms, city.time_zone)


def _extent(rule: Rule, city: City) -> tuple[float, float]:
    options: Options = rule.condition
    if options.of == "distinct":
        return 0, most_different(rule, city)
    return (0 if options.of == "count" else -math.inf), math.inf


KIND = ConditionKind(Options, _make, _check, _measure, _unit, extent=_extent, rests=rests)
