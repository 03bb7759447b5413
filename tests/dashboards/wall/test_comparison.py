"""Today against the days before: only like is compared with like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboards.wall.comparison import Comparison, compare

MIDNIGHT = datetime(2026, 11, 23, 16, tzinfo=UTC)
OLD = MIDNIGHT - timedelta(days=100)


def same_time(*rows: tuple[int, str, int]) -> pl.DataFrame:
    """Return the frame of (day, feed, events)."""
    return pl.DataFrame(
        {
            "day": [day for day, _, _ in rows],
            "starts_at": [MIDNIGHT - timedelta(days=day - 1) for day, _, _ in rows],
            "feed": [feed for _, feed, _ in rows],
            "events": [events for _, _, events in rows],
        }
    )


def test_compare_when_nothing_is_known_then_nothing_is_said() -> None:
    assert compare(pl.DataFrame(), {}) == Comparison()


def test_compare_when_all_feeds_are_old_then_all_counts() -> None:
    found = compare(
        same_time((1, "a", 30), (2, "a", 20), (2, "b", 4), (3, "a", 36)), {"a": OLD, "b": OLD}
    )
    assert found == Comparison(
        yesterday=pytest.approx(0.25),
        week=pytest.approx(0.0),
        before=24,
        mean=30,
        days=2,
        newcomers=0,
        counts=[30, 24, 36, 0, 0, 0, 0, 0],
    )


def test_compare_when_a_feed_is_new_then_it_makes_no_rise() -> None:
    yesterday_noon = MIDNIGHT - timedelta(hours=12)
    found = compare(
        same_time((1, "a", 10), (1, "new", 90), (2, "a", 10), (2, "new", 5)),
        {"a": OLD, "new": yesterday_noon},
    )
    assert (found.yesterday, found.week, found.before, found.newcomers) == (0.0, 0.0, 10, 1)
    assert found.counts[:2] == [100, 15]


def test_compare_when_a_feed_fell_silent_then_that_is_a_fall() -> None:
    found = compare(same_time((1, "a", 5), (2, "a", 5), (2, "b", 5)), {"a": OLD, "b": OLD})
    assert found.yesterday == -0.5


def test_compare_when_every_feed_is_new_then_the_days_before_are_unknown() -> None:
    found = compare(same_time((1, "a", 5), (2, "a", 1)), {"a": MIDNIGHT - timedelta(hours=1)})
    assert (found.yesterday, found.week, found.days, found.newcomers) == (None, None, 0, 1)
