"""Columns of deadlines are what one after the other gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.cases.deadline_columns import deadlines
from citybrain.cases.time_units import TIME_UNITS, UnitName
from citybrain.cases.working_time import BeyondCountingError, WorkingTime, instant
from tests.citybrain.cases.rig import WEEKS, local

UNITS = tuple(TIME_UNITS)
BEGIN, END = (int(local(text).timestamp()) for text in ("2004-01-01", "2029-12-31"))
TIMES = tuple(time for time, _begin, _end in WEEKS)


@given(
    time=st.sampled_from(TIMES),
    unit=st.sampled_from(UNITS),
    rows=st.lists(st.tuples(st.integers(BEGIN, END), st.integers(-1, 400)), max_size=20),
)
def test_deadlines_are_what_one_after_the_other_gives(
    time: WorkingTime, unit: UnitName, rows: list[tuple[int, int]]
) -> None:
    starts, amounts = (np.array([row[place] for row in rows], np.int64) for place in (0, 1))

    found = deadlines(time, starts, amounts, unit)

    expected = [time.due(instant(start), amount, unit) for start, amount in rows]
    assert found.at.tolist() == [int(one.at.timestamp()) for one in expected]
    assert found.provisional.tolist() == [one.provisional for one in expected]


@pytest.mark.parametrize("unit", UNITS)
def test_deadlines_when_a_start_is_absurd_then_refuses(unit: UnitName) -> None:
    starts = np.array([BEGIN, 2**40], np.int64)
    with pytest.raises(BeyondCountingError):
        deadlines(TIMES[0], starts, np.ones(2, np.int64), unit)
