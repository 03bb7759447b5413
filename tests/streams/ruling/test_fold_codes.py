from __future__ import annotations

import math

import numpy as np

from citybrain.rules.rule import Thresholds, amount
from streams.ruling.fold import code, codes

ABOVE = Thresholds(above=True, ranks=(2, 4), values=(10.0, 30.0), clear=5.0)
BELOW = Thresholds(above=False, ranks=(2, 4), values=(10.0, 0.0), clear=20.0)
YELLOW, RED, CLEAR, HOLD = 2, 4, 0, -1


def test_code_when_above_then_a_level_is_reached_at_its_threshold() -> None:
    found = [code(value, ABOVE) for value in (4.0, 5.0, 5.1, 9.9, 10.0, 29.9, 30.0, 99.0)]

    assert found == [CLEAR, CLEAR, HOLD, HOLD, YELLOW, YELLOW, RED, RED]


def test_code_when_below_then_a_level_is_reached_at_its_threshold() -> None:
    found = [code(value, BELOW) for value in (21.0, 20.0, 19.9, 10.1, 10.0, 0.1, 0.0, -5.0)]

    assert found == [CLEAR, CLEAR, HOLD, HOLD, YELLOW, YELLOW, RED, RED]


def test_code_when_nothing_was_measured_then_it_is_clear() -> None:
    assert code(math.nan, ABOVE) == CLEAR
    assert code(math.nan, BELOW) == CLEAR


def test_code_when_there_is_no_clear_then_what_reaches_no_level_is_clear() -> None:
    plain = Thresholds(above=True, ranks=(2,), values=(10.0,), clear=None)

    assert [code(value, plain) for value in (9.9, 10.0)] == [CLEAR, YELLOW]


def test_codes_when_of_no_measures_then_there_are_none() -> None:
    assert codes(np.zeros((2, 0)), ABOVE).shape == (2, 0)


def test_amount_when_a_duration_then_it_is_seconds_also_before_zero() -> None:
    assert [amount(text) for text in ("75", "-2.5", "10m", "-2h")] == [75.0, -2.5, 600.0, -7200.0]
