"""Raw columns as numbers, and which rows hold none."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest

from connectors.mapping.numbers import to_floats

NAN, INF = math.nan, math.inf


@pytest.mark.parametrize(
    ("column", "expected", "wrong"),
    [
        pytest.param(pa.array([1, None, -3]), [1.0, NAN, -3.0], [], id="whole-numbers"),
        pytest.param(pa.array([1.5, NAN, None]), [1.5, NAN, NAN], [], id="floats"),
        pytest.param(pa.array([1.0, INF, -INF]), [1.0, NAN, NAN], [1, 2], id="infinite-floats"),
        pytest.param(pa.array(["1", "2.5e3", None]), [1.0, 2500.0, NAN], [], id="text"),
        pytest.param(pa.array(["", " ", " 7 "]), [NAN, NAN, 7.0], [], id="spaces"),
        pytest.param(pa.array(["1", "x", "", "2"]), [1.0, NAN, NAN, 2.0], [1], id="words"),
        pytest.param(pa.array(["nan", "inf", "1e999"]), [NAN] * 3, [0, 1, 2], id="names-of-none"),
        pytest.param(pa.array(["nan", "?"]), [NAN, NAN], [0, 1], id="names-of-none-among-words"),
        pytest.param(pa.array([True, None, False]), [NAN] * 3, [0, 2], id="truths"),
        pytest.param(pa.array([[1], None]), [NAN, NAN], [0], id="lists"),
        pytest.param(pa.array([None, None]), [NAN, NAN], [], id="nothing"),
        pytest.param(pa.array([], pa.utf8()), [], [], id="no-rows"),
    ],
)
def test_to_floats_when_typed_in_any_way_then_gives_numbers_and_the_rows_at_fault(
    column: pa.Array, expected: list[float], wrong: list[int]
) -> None:
    values, rows = to_floats(column)

    assert values.tolist() == pytest.approx(expected, nan_ok=True)
    assert rows.tolist() == wrong


def test_to_floats_when_given_then_may_be_written_to() -> None:
    values, _ = to_floats(pa.array([1.0, 2.0]))

    values[0] = 5.0
    assert values.tolist() == [5.0, 2.0]
