"""Raw columns as text: one form for one value."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from connectors.mapping.texts import filled, quote, to_text


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        pytest.param(pa.array(["7", None, ""]), ["7", None, ""], id="text"),
        pytest.param(pa.array([7, None], pa.int32()), ["7", None], id="whole-numbers"),
        pytest.param(
            pa.array([7.0, 7.5, -0.25, None]), ["7", "7.5", "-0.25", None], id="numbers-with-points"
        ),
        pytest.param(
            pa.array([2.0**53, 2.0**53 - 1]),
            ["9.007199254740992e+15", "9007199254740991"],
            id="exact",
        ),
        pytest.param(pa.array([1.5], pa.float32()), ["1.5"], id="small-floats"),
        pytest.param(pa.array([True, False, None]), ["true", "false", None], id="truths"),
        pytest.param(pa.array([[1, 2], None, []]), ["[1,2]", None, "[]"], id="lists"),
        pytest.param(pa.array([{"a": "甲"}]), ['{"a":"甲"}'], id="records"),
        pytest.param(pa.array([None, None]), [None, None], id="nothing"),
        pytest.param(pa.array(["甲"], pa.large_utf8()), ["甲"], id="long-text"),
    ],
)
def test_to_text_when_typed_in_any_way_then_one_value_has_one_form(
    column: pa.Array, expected: list[Any]
) -> None:
    found = to_text(column)

    assert found.type == pa.utf8()
    assert found.to_pylist() == expected


def test_filled_when_there_is_nothing_then_it_is_empty_text() -> None:
    assert filled(pa.array([1.0, None])).to_pylist() == ["1", ""]
    assert filled(pa.array(["a", "b"])).to_pylist() == ["a", "b"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("甲 b", "'甲 b'", id="plain"),
        pytest.param("a\nb\x00", "'a\\nb\\x00'", id="control-characters"),
        pytest.param("x" * 80, repr("x" * 80), id="just-short-enough"),
        pytest.param("x" * 81, repr("x" * 80) + "…", id="too-long"),
    ],
)
def test_quote_when_shown_then_is_quoted_and_short(value: str, expected: str) -> None:
    assert quote(value) == expected
