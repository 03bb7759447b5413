"""Change: how much more or less something is than it was a while ago, or at this time of day.

    change: {of: value, per: 10m}                     a reading, against that of ten minutes ago
    change: {of: count, per: 1h}                      this hour's events, less those of the last
    change: {of: count, window: 1h, against: 7d, as: ratio, least: 10}
                                                      an hour, against the same one a week ago

`of` is value, count, sum or mean; `as` is difference or ratio. Without a past there is no verdict:
not before events were counted for so long, and for readings where none is old enough. A count that
was nothing stands for one in a ratio; where both sides are below `least` nothing has changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np

from citybrain.city import City
from citybrain.city.references import RecordFault
from citybrain.floor.duration import words, words_zh
from citybrain.floor.nearness import slack
from citybrain.floor.strict import suggest
from citybrain.floor.text import Text
from citybrain.floor.wall_clock import DAY_MS, wall_clock
from citybrain.rules.rule import Rule
from streams.conditions import threshold
from streams.conditions.threshold import BOUND_MS, LONGEST, SPARE, Threshold, rests
from streams.ruling.condition import ConditionKind, unit_of_kind
from streams.ruling.fold import Spell
from streams.ruling.intake.rows import EventRows, Floats, Ints, Truths
from streams.ruling.intake.selection import Slots
from streams.ruling.memory.bucket_windows import only_grows, windowed
from streams.ruling.memory.cells import MINUTE_MS, Cells
from streams.ruling.memory.time_axis import SteadyAxis

AGGREGATES = ("value", "count", "sum", "mean")
FORMS = ("difference", "ratio")
MOST_BUCKETS = 1_000
"""Buckets that a window and what it is compared with are cut into, if the window allows."""
MOST_WINDOWS = 2_016
"""How many windows there may be in the time that is looked back: five minutes in a week."""
CHANGED_MS = 2 * 3_600_000
"""How far clocks are put forward or back at most."""
NEVER = 2**62


@dataclass(frozen=True)
class Options:
    """What is compared with what.

    Attributes:
        of: value, count, sum or mean.
        per: how long ago the other side is; window and other side touch where `window` is not
            given.
        window: length of the window on both sides.
        against: the other side is as long ago: ``1d`` yesterday, ``7d`` last week.
        as_: difference or ratio.
        least: where neither side reaches it, nothing has changed.
    """

    of: str = "value"
    per: timedelta | None = None
    window: timedelta | None = None
    against: timedelta | None = None
    as_: str = "difference"
    least: float = 0.0


class ChangeState(Threshold):
    """The cells of one rule, long enough to look back."""

    def __init__(self, rule: Rule, slots: Slots, lateness_ms: int, zone: str) -> None:
        """Compare as `rule` says, of events that are at most `lateness_ms` late.

        The other day is that of the clocks of `zone`, an IANA name.
        """
        options: Options = rule.condition
        lag, window = _lag(options), _window(options)
        base = threshold.Options(options.of, timedelta(milliseconds=window))
        super().__init__(replace(rule, condition=base), slots, lateness_ms, zone)
        self._options, step = options, step_between(window, lag)
        self._wide, self._back, self._hop = window // step, lag // step, 1
        self._early = options.of == "count" and only_grows("count", self._levels.above)
        self._scans = True  # it may rise because its past sinks, without any event
        self._reach = self._back + (self._back if options.of == "value" else self._wide)
        clock = wall_clock(zone)
        days = options.against is not None and not lag % DAY_MS and not clock.steady
        self._clock = clock if days else None
        self._reach += CHANGED_MS // step if days else 0
        parts = ("count",) if options.of == "count" else ("sum", "count")
        span = self._reach + lateness_ms // step + SPARE
        self._cells = Cells(parts, SteadyAxis(step), span)
        self._since = NEVER
        self.delay_ms = step + BOUND_MS

    def take(self, rows: EventRows, index: Ints, slots: Ints) -> None:
        """Add events to their cells; remember since when events are counted."""
        first = self._cells.axis.bucket(int(rows.at_ms[index].min()))
        self._since = min(self._since, first)
        super().take(rows, index, slots)

    def witnesses(self, rows: EventRows, index: Ints) -> Truths:
        """Return all events: none reaches a level by itself."""
        return np.ones(len(index), np.bool_)

    def words(self, slot: int, spell: Spell) -> Text:
        """Return both sides of the comparison."""
        bucket = self._cells.axis.bucket(spell.at_ms)
        now, before = (float(side[0, 0]) for side in self._sides(np.array([slot]), bucket, bucket))
        ago_s = _lag(self._options) // 1000
        ago, ago_zh = words(ago_s), words_zh(ago_s)
        if not math.isfinite(now) or not math.isfinite(before):
            return Text(f"与{ago_zh}前相比", f"against {ago} before")
        return Text(f"现为{now:g}，{ago_zh}前为{before:g}", f"{now:g} now, {before:g} {ago} before")

    def pack(self) -> dict[str, Any]:
        """Return the cells and since when they are filled."""
        return super().pack() | {"since": self._since}

    def unpack(self, state: Mapping[str, Any]) -> None:
        """Take over cells."""
        super().unpack(state)
        self._since = state["since"]

    def _measures(self, slots: Ints, first: int, last: int) -> Floats:
        """Return how the windows that end with `first`…`last` differ from what was."""
        now, before = self._sides(slots, first, last)
        ratio = self._options.as_ == "ratio"
        with np.errstate(invalid="ignore", divide="ignore"):
            if not ratio:
                measure = now - before
            elif self._options.of == "count":
                measure = now / np.maximum(before, 1.0)
            else:
                measure = np.where(before > 0, now / before, np.nan)
            least = self._options.least
            little = np.maximum(np.abs(now), np.abs(before)) < least - slack(least)
        measure[little] = 1.0 if ratio else 0.0
        return np.asarray(measure, np.float64)

    def _sides(self, slots: Ints, first: int, last: int) -> tuple[Floats, Floats]:
        """Return what is now and what was then; NaN where it is not known."""
        back = self._back
        now = self._windows(slots, first, last)
        if self._options.of == "value":
            past = self._windows(slots, first - 2 * back, last - back)
            return now, _carried(past, back)[:, back:]
        other = self._other(np.arange(first, last + 1))
        oldest = int(other.min())
        before = self._windows(slots, oldest, int(other.max()))[:, other - oldest]
        return now, np.where(other - self._wide + 1 >= self._since, before, np.nan)

    def _other(self, buckets: Ints) -> Ints:
        """Return with which bucket each is compared: that of the same time on another day.

        Clocks may have been changed since; then it is not a multiple of 24 hours ago.
        """
        if self._clock is None:
            return buckets - self._back
        step = self._cells.axis.step_ms
        shown = self._clock.local(buckets * step)
        return np.asarray(self._clock.instant(shown - self._back * step) // step)

    def _windows(self, slots: Ints, first: int, last: int) -> Floats:
        """Return the aggregate of each slot in the windows that end with `first`…`last`."""
        wide = 1 if self._options.of == "value" else self._wide
        begin = first - wide + 1
        count = windowed("count", self._cells.part("count", slots, begin, last), wide)
        if self._options.of == "count":
            return count
        total = windowed("sum", self._cells.part("sum", slots, begin, last), wide)
        if self._options.of == "sum":
            return total
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(count > 0, total / count, np.nan), np.float64)


def step_between(window_ms: int, lag_ms: int) -> int:
    """Return the length of a bucket that divides both: the shortest of which few are needed."""
    shared = math.gcd(window_ms, lag_ms) // MINUTE_MS
    total = (window_ms + lag_ms) // MINUTE_MS
    fitting = (size for size in range(1, shared + 1) if shared % size == 0)
    step = next((size for size in fitting if total <= MOST_BUCKETS * size), shared)
    return max(step, 1) * MINUTE_MS


def _carried(cells: Floats, most: int) -> Floats:
    """Return `cells` with each gap filled from the last number before it, `most` buckets on."""
    place = np.arange(cells.shape[1])
    last = np.maximum.accumulate(np.where(np.isnan(cells), -1, place), axis=1)
    filled = np.take_along_axis(cells, np.maximum(last, 0), axis=1)
    return np.where((last >= 0) & (place - last <= most), filled, np.nan)


def _lag(options: Options) -> int:
    return _ms(options.against or options.per or timedelta())


def _window(options: Options) -> int:
    if options.of == "value":
        return MINUTE_MS
    return _ms(options.window or options.per or timedelta())


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def _check(rule: Rule) -> Iterator[RecordFault]:
    options: Options = rule.condition
    if options.of not in AGGREGATES:
        remedy = suggest(options.of, AGGREGATES)
        yield RecordFault("of", f"unknown aggregate {options.of!r}", remedy)
    if options.as_ not in FORMS:
        yield RecordFault("as", f"unknown form {options.as_!r}", suggest(options.as_, FORMS))
    if (options.per is None) is (options.against is None):
        problem = "compared with nothing" if options.per is None else "compared with two times"
        yield RecordFault("", problem, "give one of per, for example 10m, and against, as 1d or 7d")
        return
    spans = {"per": options.per, "window": options.window, "against": options.against}
    impossible = [
        RecordFault(
            name,
            f"{words(round(span.total_seconds()))} is impossible",
            f"give whole minutes, at most {words(round(LONGEST.total_seconds()))}",
        )
        for name, span in spans.items()
        if span is not None and (span > LONGEST or not span or _ms(span) % MINUTE_MS)
    ]
    yield from impossible or _check_window(options)


def _check_window(options: Options) -> Iterator[RecordFault]:
    if options.of == "value":
        if options.against is not None:
            yield RecordFault(
                "of", "one reading, against another day", "say of: mean, and a window"
            )
        elif options.window is not None:
            yield RecordFault("window", "a reading has none", "take it away, or say of: mean")
    elif options.against is not None and options.window is None:
        yield RecordFault("window", f"{options.of} of what time", "give a window, for example 1h")
    elif _lag(options) > MOST_WINDOWS * math.gcd(_window(options), _lag(options)):
        problem = f"too fine for {words(_lag(options) // 1000)}"
        yield RecordFault("window", problem, "give a longer one that divides it, for example 1h")


def _measure(rule: Rule) -> str:
    options: Options = rule.condition
    what = " + ".join(rule.kinds) if options.of == "value" else f"{options.of} of {rule.kinds[0]}"
    span = "" if options.of == "value" else f" in {words(_window(options) // 1000)}"
    return f"{options.as_} of {what}{span} to {words(_lag(options) // 1000)} before"


def _unit(rule: Rule, city: City) -> str:
    if rule.condition.as_ == "ratio" or rule.condition.of == "count":
        return ""
    return unit_of_kind(rule, city)


def _make(rule: Rule, slots: Slots, lateness_ms: int, city: City) -> ChangeState:
    return ChangeState(rule, slots, lateness_ms, city.time_zone)


def _extent(rule: Rule, _city: City) -> tuple[float, float]:
    options: Options = rule.condition
    shares = options.of == "count" and options.as_ == "ratio"
    return (0.0 if shares else -math.inf), math.inf


KIND = ConditionKind(Options, _make, _check, _measure, _unit, extent=_extent, rests=rests)
