"""Windows over cells: what the buckets of each key amount to, at the end of each window.

A window of fixed length covers as many buckets up to the one that it ends with. A session covers
the run of buckets that holds the last event: back to where nothing came for longer than the gap,
but never more than its greatest length.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from streams.ruling.intake.rows import Floats, Ints, Truths
from streams.ruling.memory import items
from streams.ruling.memory.cells import EXACT, Cells
from streams.ruling.memory.items import Found, Items

OF_ITEMS = ("quantile", "distinct")


@dataclass(frozen=True)
class BucketWindows:
    """The windows of one rule.

    Attributes:
        of: what they amount to: value, count, sum, mean, min, max, quantile or distinct.
        above: whether a level is reached above its threshold.
        wide: buckets in a window, or at most in a session.
        gap: buckets that may be empty between two of a session; 0: no sessions.
        quantile: which quantile.
    """

    of: str
    above: bool
    wide: int
    gap: int = 0
    quantile: float = 0.5

    @property
    def reach(self) -> int:
        """How many buckets count for a window, its last one included."""
        return self.wide + self.gap

    @property
    def parts(self) -> tuple[str, ...]:
        """Which parts of cells are needed."""
        found = parts_of(self.of, self.above)
        return found if not self.gap or "count" in found else (*found, "count")

    def measures(self, cells: Cells, known: Items, slots: Ints, first: int, last: int) -> Floats:
        """Return the measure of each slot in the windows that end with `first`…`last`.

        NaN is where nothing was measured.
        """
        begin = first - self.reach + 1
        starts, is_open = self._sessions(cells, slots, begin, last) if self.gap else (None, None)
        if self.of in OF_ITEMS:
            measure = self._of_items(known, slots, first, last, starts)
        else:
            measure = self._of_cells(cells, slots, begin, last, starts)
        if is_open is not None:
            measure[~is_open] = np.nan
        return measure

    def _sessions(self, cells: Cells, slots: Ints, begin: int, last: int) -> tuple[Ints, Truths]:
        counts = cells.part("count", slots, begin, last)
        starts, is_open = sessions(counts, self.gap)
        kept = slice(self.reach - 1, None)
        oldest = np.arange(counts.shape[1])[kept] - self.wide + 1
        return np.maximum(starts[:, kept], oldest), is_open[:, kept]

    def _of_cells(
        self, cells: Cells, slots: Ints, begin: int, last: int, starts: Ints | None
    ) -> Floats:
        found = {}
        for name in parts_of(self.of, self.above):
            part = cells.part(name, slots, begin, last)
            found[name] = (
                windowed(name, part, self.wide) if starts is None else spanned(name, part, starts)
            )
        if self.of == "mean":
            return mean(found["sum"], found["count"])
        measure = next(iter(found.values()))
        measure[~np.isfinite(measure)] = np.nan
        return measure

    def _of_items(
        self, known: Items, slots: Ints, first: int, last: int, starts: Ints | None
    ) -> Floats:
        begin = first - self.reach + 1
        found = known.of(slots, begin, last)
        ends = range(first, last + 1)
        columns = []
        for number, end in enumerate(ends):
            inside = [(at, part) for at, part in found if end - self.wide < at <= end]
            if starts is not None:
                since = starts[:, number] + begin
                inside = [(at, _since(part, since, at)) for at, part in inside]
            columns.append(self._amount([part for _, part in inside], len(slots)))
        return np.stack(columns, axis=1)

    def _amount(self, parts: list[Found], size: int) -> Floats:
        if self.of == "distinct":
            return items.distinct(parts, size)
        whole = Found.merged(parts) if parts else items.NOTHING
        return items.quantiles(whole, self.quantile, size)


def windowed(name: str, cells: Floats, wide: int) -> Floats:
    """Return a part of the cells, summed up over every `wide` buckets in a row."""
    if wide == 1:
        return cells
    if name in ("count", "sum"):
        total = _totals(name, cells)
        return (total[:, wide:] - total[:, :-wide]) / _scale(name)
    views = np.lib.stride_tricks.sliding_window_view(cells, wide, axis=1)
    extreme = views.min(axis=2) if name == "min" else views.max(axis=2)
    return np.asarray(extreme, np.float64)


def spanned(name: str, cells: Floats, starts: Ints) -> Floats:
    """Return a part of the cells, summed up from `starts` to each of the last buckets."""
    count = starts.shape[1]
    ends = np.arange(cells.shape[1] - count, cells.shape[1])
    if name in ("count", "sum"):
        total = _totals(name, cells)
        before = np.take_along_axis(total, starts, axis=1)
        return (total[:, ends + 1] - before) / _scale(name)
    extreme = np.minimum if name == "min" else np.maximum
    found = np.full(starts.shape, np.nan)
    level, size = cells, 1
    lengths = ends - starts + 1
    while size <= lengths.max():
        fits = (lengths >= size) & (lengths < 2 * size)
        low = np.take_along_axis(level, np.minimum(starts, level.shape[1] - 1), axis=1)
        high = level[:, np.clip(ends - size + 1, 0, level.shape[1] - 1)]
        found = np.where(fits, extreme(low, high), found)
        width = max(level.shape[1] - size, 0)
        level, size = extreme(level[:, :width], level[:, size:]), 2 * size
    return np.asarray(found, np.float64)


def sessions(counts: Floats, gap: int) -> tuple[npt.NDArray[np.int32], Truths]:
    """Return where the session of each bucket began, and whether it is still going on.

    Args:
        counts: events in each bucket.
        gap: how many buckets after an event its session goes on.
    """
    place = np.arange(counts.shape[1], dtype=np.int32)
    busy, never = counts > 0, np.int32(-gap - 1)
    last = np.maximum.accumulate(np.where(busy, place, never), axis=1)
    begins = busy.copy()
    begins[:, 1:] &= place[1:] - last[:, :-1] > gap
    starts = np.maximum.accumulate(np.where(begins, place, np.int32(0)), axis=1)
    return starts, place - last <= gap


def mean(total: Floats, count: Floats) -> Floats:
    """Return `total` by `count`, NaN where there is none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(count > 0, total / count, np.nan), np.float64)


def parts_of(of: str, above: bool) -> tuple[str, ...]:
    """Return which parts of cells an aggregate is made of."""
    if of == "value":
        return ("max",) if above else ("min",)
    if of in OF_ITEMS:
        return ("count",)
    return ("sum", "count") if of == "mean" else (of,)


def only_grows(of: str, above: bool) -> bool:
    """Return whether a level that an open window reached is kept, whatever else comes."""
    return of in ("count", "sum", "max", "distinct") if above else of == "min"


def _totals(name: str, cells: Floats) -> Floats:
    whole = cells if name == "count" else np.rint(cells * EXACT)
    zero = np.zeros((len(cells), 1))
    return np.asarray(np.concatenate([zero, np.cumsum(whole, axis=1)], axis=1), np.float64)


def _scale(name: str) -> float:
    return 1.0 if name == "count" else EXACT


def _since(part: Found, since: Ints, bucket: int) -> Found:
    """Return the items of those keys whose window began at or before `bucket`."""
    return part.at(since[part.codes >> items.BITS] <= bucket)
