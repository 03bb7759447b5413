"""Durations as people write them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from citybrain.floor.duration import TooLongError, any_seconds, duration, seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("90s", timedelta(seconds=90), id="seconds"),
        pytest.param("1h30m", timedelta(minutes=90), id="several"),
        pytest.param("400d", timedelta(days=400), id="the-longest"),
        pytest.param("000000000001d", timedelta(days=1), id="zeros"),
    ],
)
def test_duration_when_it_is_one_then_returns_it(text: str, expected: timedelta) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("400d1s", id="a-second-more"),
        pytest.param("99999999999999999d", id="beyond-timedelta"),
        pytest.param("9" * 400 + "d", id="beyond-float"),
        pytest.param("9" * 5000 + "s", id="beyond-int"),
    ],
)
def test_seconds_when_they_are_too_many_then_says_how_many_there_may_be(text: str) -> None:
    with pytest.raises(TooLongError, match="is longer than any duration can be") as raised:
        seconds(text)

    assert raised.value.remedy == "give at most 400d"
    assert len(str(raised.value)) < 120


def test_any_seconds_when_beyond_the_longest_then_returns_them() -> None:
    assert any_seconds("500d") == 500 * 86_400
    assert any_seconds("9" * 5000 + "s") == float("inf")


def test_seconds_when_it_is_no_duration_then_says_so() -> None:
    with pytest.raises(ValueError, match="'-2h' is not a duration"):
        seconds("-2h")
