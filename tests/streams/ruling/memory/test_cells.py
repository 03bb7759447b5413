"""Rings of buckets."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ruling.memory.cells import MINUTE_MS, Cells, session_step_of, step_of
from streams.ruling.memory.time_axis import SteadyAxis


def cells(span: int = 4) -> Cells:
    return Cells(("count", "sum", "min", "max"), SteadyAxis(MINUTE_MS), span)


def add(to: Cells, *events: tuple[int, int, float]) -> None:
    """Add events of (slot, minute, value)."""
    slots, minutes, values = (np.array(column) for column in zip(*events, strict=True))
    to.add(slots, minutes * MINUTE_MS, values.astype(np.float64), 2)


def part(of: Cells, name: str, first: int, last: int, slot: int = 0) -> list[float]:
    return [float(one) for one in of.part(name, np.array([slot]), first, last)[0]]


def test_cells_when_events_are_added_then_each_bucket_counts_and_measures() -> None:
    tested = cells()
    add(tested, (0, 1, 5.0), (0, 1, 2.5), (0, 3, 7.0), (1, 3, 9.0))

    assert part(tested, "count", 1, 3) == [2.0, 0.0, 1.0]
    assert part(tested, "sum", 1, 3) == [7.5, 0.0, 7.0]
    assert part(tested, "min", 1, 1) == [2.5]
    assert part(tested, "max", 1, 3) == [5.0, -np.inf, 7.0]
    assert part(tested, "sum", 3, 3, slot=1) == [9.0]


def test_cells_when_a_value_is_missing_then_it_counts_but_measures_nothing() -> None:
    tested = cells()
    add(tested, (0, 1, np.nan), (0, 1, 4.0))

    assert part(tested, "count", 1, 1) == [2.0]
    assert part(tested, "sum", 1, 1) == [4.0]


def test_cells_when_time_goes_on_then_the_oldest_buckets_are_forgotten() -> None:
    tested = cells(span=4)
    add(tested, (0, 1, 5.0), (0, 3, 7.0))
    tested.reach(6)

    assert tested.tail == 3
    assert part(tested, "count", 1, 6) == [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]


def test_cells_when_an_event_is_too_old_for_the_ring_then_it_is_counted_as_late() -> None:
    tested = cells(span=4)
    add(tested, (0, 10, 1.0))
    add(tested, (0, 6, 1.0), (0, 7, 1.0))

    assert tested.late == 1
    assert part(tested, "count", 6, 10) == [0.0, 1.0, 0.0, 0.0, 1.0]


def test_cells_when_packed_then_another_holds_the_same() -> None:
    tested, other = cells(), cells()
    add(tested, (0, 1, 5.0), (1, 3, 7.0))
    other.unpack(msgspec.msgpack.decode(msgspec.msgpack.encode(tested.pack())))

    assert other.head == 3
    assert part(other, "sum", 1, 3) == [5.0, 0.0, 0.0]
    assert part(other, "sum", 1, 3, slot=1) == [0.0, 0.0, 7.0]


def test_cells_when_the_layout_is_another_then_nothing_is_taken_over() -> None:
    tested, other = cells(span=4), cells(span=5)
    add(tested, (0, 1, 5.0))
    other.unpack(tested.pack())

    assert other.head is None


def test_step_of_when_windows_are_long_then_buckets_are_and_divide_them() -> None:
    hour, day, week = (minutes * MINUTE_MS for minutes in (60, 1440, 10080))

    assert [step_of(one) // MINUTE_MS for one in (MINUTE_MS, hour, day, week)] == [1, 1, 6, 42]


numbers = st.floats(-1e6, 1e6).map(lambda value: round(value, 3))
events_ = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 3), numbers), min_size=1)


@given(events_, st.randoms(use_true_random=False), st.integers(1, 40))
def test_cells_when_in_any_order_and_split_then_the_same_to_the_last_bit(
    events: list[tuple[int, int, float]], chance: object, at: int
) -> None:
    straight, mixed, order = cells(), cells(), list(events)
    chance.shuffle(order)  # type: ignore[attr-defined]
    add(straight, *events)
    for part_ in (order[:at], order[at:]):
        if part_:
            add(mixed, *part_)

    for tested in (straight, mixed):
        tested.reach(3)
    for name in ("count", "sum", "min", "max"):
        assert part(mixed, name, 0, 3) == part(straight, name, 0, 3)


@pytest.mark.parametrize(
    ("window", "gap", "step"),
    [(240, 5, 1), (1440, 60, 5), (1440, 61, 1), (2880, 240, 20), (100, 60, 5)],
)
def test_session_step_of_when_pauses_are_long_then_buckets_divide_pause_and_window(
    window: int, gap: int, step: int
) -> None:
    assert session_step_of(window * MINUTE_MS, gap * MINUTE_MS) == step * MINUTE_MS
