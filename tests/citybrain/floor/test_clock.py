"""The clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.clock import ManualClock, SystemClock, from_millis, millis, monotonic


def test_system_clock_is_aware_and_utc() -> None:
    assert SystemClock().now().tzinfo is UTC


def test_manual_clock_moves_only_when_told() -> None:
    clock = ManualClock(datetime(2026, 3, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    clock.advance(timedelta(minutes=5))
    assert clock.now() == datetime(2026, 3, 1, 0, 5, tzinfo=UTC)


@given(st.integers(0, 4_000_000_000_000))
def test_millis_round_trip(value: int) -> None:
    assert millis(from_millis(value)) == value


def test_monotonic_never_goes_back() -> None:
    assert monotonic() <= monotonic()
