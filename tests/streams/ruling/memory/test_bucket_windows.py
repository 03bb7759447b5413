"""Windows over cells, against the same written plainly."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ruling.memory.bucket_windows import (
    BucketWindows,
    only_grows,
    parts_of,
    sessions,
    windowed,
)
from streams.ruling.memory.cells import MINUTE_MS, Cells
from streams.ruling.memory.items import Items, bins
from streams.ruling.memory.time_axis import SteadyAxis

AGGREGATES = ["count", "sum", "mean", "min", "max", "quantile", "distinct"]
Seen = tuple[int, float]
"""Minute and value."""
SPAN = 40
NOTHING = np.nan


def measures(windows: BucketWindows, events: list[Seen], first: int, last: int) -> list[float]:
    minutes, values = (np.array(column) for column in zip(*events, strict=True))
    cells, known = Cells(windows.parts, SteadyAxis(MINUTE_MS), 3 * SPAN), Items()
    slots = np.zeros(len(minutes), np.int64)
    cells.add(slots, minutes * MINUTE_MS, values.astype(np.float64), 1)
    cells.reach(2 * SPAN)
    known.add(slots, minutes.astype(np.int64), bins(values), values.astype(np.float64))
    found: list[float] = windows.measures(cells, known, np.array([0]), first, last)[0].tolist()
    return found


def plain(of: str, values: list[float]) -> float:
    """Return the aggregate of the values of one window."""
    amounts = {"count": len(values), "sum": sum(values), "distinct": len(set(values))}
    if of in amounts:
        return float(amounts[of])
    if not values:
        return NOTHING
    median = sorted(values)[(len(values) + 1) // 2 - 1]
    mean = sum(values) / len(values)
    return {"mean": mean, "quantile": median, "min": min(values), "max": max(values)}[of]


def plain_session(events: list[Seen], end: int, gap: int) -> int | None:
    """Return the minute in which the session that goes on at `end` began."""
    begun: int | None = None
    last: int | None = None
    for minute in sorted({minute for minute, _ in events if minute <= end}):
        begun = minute if last is None or minute - last > gap else begun
        last = minute
    return begun if last is not None and end - last <= gap else None


numbers = st.integers(-9, 9).map(float)
events_ = st.lists(st.tuples(st.integers(0, SPAN), numbers), min_size=1, max_size=30)


@pytest.mark.parametrize("of", AGGREGATES)
@given(events=events_, wide=st.integers(1, 12), first=st.integers(SPAN // 2, SPAN))
def test_windows_when_they_slide_then_each_covers_as_many_buckets(
    of: str, events: list[Seen], wide: int, first: int
) -> None:
    expected = [
        plain(of, [value for minute, value in events if end - wide < minute <= end])
        for end in range(first, first + 4)
    ]

    found = measures(BucketWindows(of, above=True, wide=wide), events, first, first + 3)

    assert found == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("of", AGGREGATES)
@given(
    events=events_,
    wide=st.integers(6, 25),
    gap=st.integers(1, 5),
    first=st.integers(SPAN // 2, SPAN),
)
def test_windows_when_they_are_sessions_then_each_reaches_back_to_the_pause(
    of: str, events: list[Seen], wide: int, gap: int, first: int
) -> None:
    expected = []
    for end in range(first, first + 6):
        begun = plain_session(events, end, gap)
        since = end + 1 if begun is None else max(begun, end - wide + 1)
        values = [value for minute, value in events if since <= minute <= end]
        expected.append(NOTHING if begun is None else plain(of, values))

    found = measures(BucketWindows(of, True, wide, gap=gap), events, first, first + 5)

    assert found == pytest.approx(expected, nan_ok=True)


@given(events=events_, gap=st.integers(0, 5), cut=st.integers(1, 6))
def test_windows_when_fewer_are_asked_for_then_they_are_the_same_to_the_last_bit(
    events: list[Seen], gap: int, cut: int
) -> None:
    windows = BucketWindows("sum", True, 7, gap=gap)
    tenths = [(minute, value / 10) for minute, value in events]

    every = measures(windows, tenths, SPAN - 8, SPAN)

    assert repr(every[cut:]) == repr(measures(windows, tenths, SPAN - 8 + cut, SPAN))


def test_windowed_when_a_great_number_left_the_window_then_nothing_of_it_stays() -> None:
    found = windowed("sum", np.array([[1e9, 0.1, 0.2, 0.3]]), 3)

    assert found.tolist() == [[1000000000.3, 0.6]]


def test_sessions_when_pauses_are_long_then_they_begin_anew() -> None:
    starts, going_on = sessions(np.array([[1, 0, 1, 0, 0, 0, 1, 0]]), 2)

    assert starts.tolist() == [[0, 0, 0, 0, 0, 0, 6, 6]]
    assert going_on.tolist() == [[True, True, True, True, True, False, True, True]]


def test_only_grows_when_a_level_can_be_lost_then_not() -> None:
    above = {of for of in AGGREGATES if only_grows(of, above=True)}
    below = {of for of in AGGREGATES if only_grows(of, above=False)}

    assert (above, below) == ({"count", "sum", "max", "distinct"}, {"min"})


@pytest.mark.parametrize(
    ("of", "above", "parts"),
    [
        ("value", True, ("max",)),
        ("value", False, ("min",)),
        ("mean", True, ("sum", "count")),
        ("quantile", True, ("count",)),
        ("distinct", True, ("count",)),
        ("sum", False, ("sum",)),
    ],
)
def test_parts_of_when_asked_then_as_few_as_it_needs(
    of: str, above: bool, parts: tuple[str, ...]
) -> None:
    assert parts_of(of, above) == parts
