"""Rules that read each other in a circle."""

from __future__ import annotations

import pytest

from streams.ruling.rulebook import circles


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        pytest.param({"a": ["b"], "b": ["c"]}, [], id="none"),
        pytest.param({"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []}, [], id="diamond"),
        pytest.param({"a": ["a"]}, [], id="itself-is-told-elsewhere"),
        pytest.param({"a": ["b"], "b": ["a"]}, [("a", "b")], id="two"),
        pytest.param({"x": ["b"], "a": ["b"], "b": ["a"]}, [("b", "a")], id="reached-from-outside"),
        pytest.param(
            {"a": ["b", "c"], "b": ["a"], "c": ["a"]}, [("a", "b"), ("a", "c")], id="two-circles"
        ),
    ],
)
def test_circles_when_rules_read_rules_then_each_circle_is_told_once(
    reads: dict[str, list[str]], expected: list[tuple[str, ...]]
) -> None:
    assert list(circles(reads)) == expected
