"""What floats lose is no difference; anything else is."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.nearness import exceeds, reaches, slack

LOSSES = [
    (0.1 + 0.2, 0.3),
    (3 * 0.7 / 3, 0.7),
    (0.7 + 0.7 + 0.7, 2.1),
    (1.1 * 3, 3.3),
    (0.07 * 100, 7.0),
    (4.35 * 100, 435.0),
    (19 / 20 * 100, 95.0),
    (20.3 - 20.0, 0.3),
    (1000.1 - 1000.0, 0.1),
    (1_000_000.3 - 1_000_000, 0.3),
    (0.3 - 0.1 - 0.2, 0.0),
]


@pytest.mark.parametrize(("computed", "written"), LOSSES)
def test_nearness_when_floats_lost_something_then_it_is_the_same_both_ways(
    computed: float, written: float
) -> None:
    assert reaches(computed, written)
    assert not exceeds(computed, written)
    assert reaches(-computed, -written)
    assert not exceeds(-computed, -written)


@given(st.integers(-(10**15), 10**15))
def test_nearness_when_counts_differ_by_one_then_they_are_not_the_same(count: int) -> None:
    assert not reaches(count - 1, count)
    assert exceeds(count + 1, count)


@given(st.decimals(-10_000, 10_000, places=6, allow_nan=False))
def test_nearness_when_the_sixth_decimal_differs_then_it_is_another_number(number: object) -> None:
    written = float(str(number))

    assert slack(written) <= 1e-6 * (1 + 1e-9)
    assert not reaches(written - 2e-6, written)


@pytest.mark.parametrize("written", [math.inf, -math.inf, math.nan])
def test_nearness_when_it_is_no_number_then_there_is_no_slack(written: float) -> None:
    assert slack(written) == 0
