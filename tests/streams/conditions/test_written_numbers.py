"""A level is reached at the number that is written, whatever floats lose on the way to it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.rules.rule import RuleEvent, Thresholds
from streams.ruling.fold import CLEAR, HOLD, code, codes
from streams.ruling.intake.where import passes
from tests.streams.conditions.rig import rule, told

HOUR, TEN = timedelta(hours=1), timedelta(minutes=10)
YELLOW = 2
DECIMALS = st.decimals(-1000, 1000, places=3, allow_nan=False).map(lambda one: float(str(one)))


def readings(*values: float) -> list[RuleEvent]:
    return [
        RuleEvent(at=f"08:{minute:02}", value=value, subject="s1")
        for minute, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("kind", "options", "values", "written"),
    [
        ("threshold", {"of": "sum", "window": TEN}, (0.1, 0.2), "0.3"),
        ("threshold", {"of": "mean", "window": TEN}, (0.7, 0.7, 0.7), "0.7"),
        ("threshold", {"of": "mean", "window": TEN}, (1.1, 1.1, 1.1), "1.1"),
        ("threshold", {}, (0.1 + 0.2 - 1e-16,), "0.3"),
        ("threshold", {}, (0.07 * 100,), "7"),
        ("threshold", {"of": "min", "window": TEN}, (4.35 * 100,), "435"),
        ("threshold", {"of": "quantile", "quantile": 0.5, "window": TEN}, (0.7, 0.7, 0.7), "0.7"),
        ("change", {"of": "value", "per": timedelta(minutes=1)}, (20.0, 20.3), "0.3"),
        ("change", {"of": "value", "per": timedelta(minutes=1), "as_": "ratio"}, (3.0, 3.3), "1.1"),
    ],
)
@pytest.mark.parametrize("side", ["above", "below"])
def test_level_when_floats_lost_something_then_it_is_reached_at_its_threshold(
    kind: str, options: dict[str, Any], values: tuple[float, ...], written: str, side: str
) -> None:
    given: dict[str, Any] = {"kinds": ("river_level",), "by": ("subject",), "clears_after": 99}
    tested = rule(kind, options, **given, **{side: {"yellow": written}})

    assert [one[2] for one in told(tested, readings(*values), "08:30")] == ["firing"]


@given(DECIMALS, st.integers(1, 500), st.booleans())
def test_code_when_it_is_a_mean_of_the_threshold_then_it_reaches_it(
    value: float, count: int, above: bool
) -> None:
    mean = float(np.cumsum(np.full(count, value))[-1]) / count
    levels = Thresholds(above=above, ranks=(YELLOW,), values=(value,), clear=None)

    assert code(mean, levels) == YELLOW


@given(DECIMALS, st.booleans())
def test_code_when_a_thousandth_is_missing_then_it_is_not_reached(
    value: float, above: bool
) -> None:
    short, sign = value - (0.001 if above else -0.001), 1 if above else -1
    levels = Thresholds(above=above, ranks=(YELLOW,), values=(value,), clear=value - sign * 0.001)

    assert code(short, levels) == CLEAR
    assert code(value - sign * 0.0005, levels) == HOLD


def test_codes_when_it_is_not_quite_ten_then_it_is_not_ten() -> None:
    levels = Thresholds(above=True, ranks=(YELLOW,), values=(10.0,), clear=None)

    assert codes(np.array([9.99, 9.999_999, 10.0]), levels).tolist() == [CLEAR, CLEAR, YELLOW]


@pytest.mark.parametrize(
    ("comparison", "number", "passing"),
    [
        (">=0.3", 0.1 + 0.2, True),
        (">0.3", 0.1 + 0.2, False),
        ("=0.3", 0.1 + 0.2, True),
        ("!=0.3", 0.1 + 0.2, False),
        ("<=0.3", 0.1 + 0.2, True),
        (">=0.3", 20.3 - 20.0, True),
        ("<0.7", 3 * 0.7 / 3, False),
        ("<435", 4.35 * 100, False),
        (">=10", 9.99, False),
        ("<10", 9.999_999, True),
        ("=10", 9.999_999, False),
    ],
)
def test_where_when_a_number_is_compared_then_what_floats_lose_does_not_count(
    comparison: str, number: float, passing: bool
) -> None:
    assert passes(comparison, [number]) is passing
