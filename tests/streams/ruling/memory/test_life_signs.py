from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.ruling.memory.life_signs import LifeSigns


def signs(batches: list[list[tuple[int, int]]]) -> LifeSigns:
    made = LifeSigns()
    made.grow([10, 25])
    for batch in batches:
        slots, at_ms = (np.array(column, np.int64) for column in zip(*batch, strict=True))
        made.add(slots, at_ms)
    return made


def test_signs_when_further_apart_than_the_limit_then_they_are_two_runs():
    made = signs([[(0, 100), (0, 110), (0, 121), (1, 100), (1, 121)]])

    assert made.runs(0) == [(100, 110), (121, 121)]
    assert made.runs(1) == [(100, 121)]


def test_signs_when_a_late_one_fills_the_gap_then_the_runs_are_joined():
    made = signs([[(0, 100), (0, 118)], [(0, 109)]])

    assert made.runs(0) == [(100, 118)]


def test_signs_when_settled_then_only_silences_that_can_still_be_seen_are_kept():
    made = signs([[(0, 100), (0, 200), (0, 300)]])
    made.settle(250)

    assert made.runs(0) == [(200, 200), (300, 300)]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 200)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
    st.integers(1, 7),
)
def test_signs_when_they_come_in_any_order_then_the_runs_are_the_same(
    heard: list[tuple[int, int]], chance: Any, size: int
):
    mixed = list(heard)
    chance.shuffle(mixed)
    pieces = signs([mixed[start : start + size] for start in range(0, len(mixed), size)])
    whole = signs([heard])

    for slot in (0, 1):
        assert pieces.runs(slot) == whole.runs(slot)
