"""Today against the days before: only like is compared with like."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.wall.comparison import Comparison, Pair, compare

MIDNIGHT = datetime(2026, 11, 23, 16, tzinfo=UTC)
OLD = MIDNIGHT - timedelta(days=100)

Row = tuple[int, str, int]


def same_time(*rows: Row) -> pl.DataFrame:
    """Return the frame of (day, feed, events)."""
    return pl.DataFrame(rows, ["day", "feed", "events"], orient="row")


def delivered(*rows: tuple[int, str]) -> pl.DataFrame:
    """Return the frame of (day, feed)."""
    return pl.DataFrame(
        [(day, MIDNIGHT - timedelta(days=day - 1), feed) for day, feed in rows],
        {"day": pl.Int64, "starts_at": pl.Datetime("us", "UTC"), "feed": pl.String},
        orient="row",
    )


def compared(*rows: Row, began: dict[str, datetime] | None = None) -> Comparison:
    """Compare where each feed delivered on the days on which it has events."""
    frame = delivered(*((day, feed) for day, feed, _ in rows))
    return compare(same_time(*rows), frame, began or dict.fromkeys("abc", OLD))


def test_compare_when_nothing_is_known_then_nothing_is_said() -> None:
    assert compare(pl.DataFrame(), pl.DataFrame(), {}) == Comparison()


def test_compare_when_all_feeds_are_old_then_all_counts() -> None:
    found = compared((1, "a", 30), (1, "b", 0), (2, "a", 20), (2, "b", 4), (3, "a", 36))
    assert found == Comparison(
        yesterday=Pair(30, 24),
        week=Pair(30.0, 30.0),
        days=2,
        alike=frozenset("ab"),
        compared=2,
        feeds=2,
        counts=[(30, 30), (24, 24), (36, 36), (0, 0), (0, 0), (0, 0), (0, 0), (0, 0)],
    )
    assert found.yesterday
    assert found.yesterday.change == pytest.approx(0.25)


def test_compare_when_most_of_today_is_of_new_feeds_then_the_base_is_told() -> None:
    """Issue 10: 218,782 today, 33,430 yesterday, and 0 % without a word of what was compared."""
    noon = MIDNIGHT - timedelta(hours=12)
    found = compared(
        *((1, "a", 33_430), (1, "new", 185_352), (2, "a", 33_430), (2, "new", 5)),
        began={"a": OLD, "new": noon},
    )
    assert (found.yesterday, found.compared, found.feeds) == (Pair(33_430, 33_430), 1, 2)
    assert found.counts[:2] == [(218_782, 33_430), (33_435, 33_430)]
    assert found.alike == {"a"}


def test_compare_when_a_feed_fell_silent_then_that_is_no_fall_of_what_the_others_say() -> None:
    found = compared((1, "a", 5), (2, "a", 5), (2, "b", 5))
    assert (found.yesterday, found.compared, found.feeds) == (Pair(5, 5), 1, 2)


def test_compare_when_a_feed_delivered_something_else_then_its_nothing_is_a_count() -> None:
    found = compare(
        same_time((1, "a", 5), (2, "a", 5), (2, "b", 5)),
        delivered((1, "a"), (2, "a"), (1, "b"), (2, "b")),
        dict.fromkeys("ab", OLD),
    )
    assert (found.yesterday, found.compared) == (Pair(5, 10), 2)


def test_compare_when_every_feed_is_new_then_the_days_before_are_unknown() -> None:
    found = compared((1, "a", 5), (2, "a", 1), began={"a": MIDNIGHT - timedelta(hours=1)})
    assert (found.yesterday, found.week, found.days) == (None, None, 0)
    assert (found.compared, found.feeds) == (0, 1)


def test_compare_when_nothing_was_before_then_there_is_no_change_but_a_base() -> None:
    found = compare(same_time((1, "a", 5)), delivered((1, "a"), (2, "a")), dict.fromkeys("ab", OLD))
    assert found.yesterday == Pair(5, 0)
    assert found.yesterday.change is None


ROWS = st.lists(
    st.tuples(st.integers(1, 8), st.sampled_from("abcd"), st.integers(1, 1000)), max_size=40
)


@given(rows=ROWS, news=st.lists(st.tuples(st.integers(1, 8), st.integers(1, 9)), max_size=5))
def test_compare_when_a_newcomer_or_a_dead_feed_is_added_then_no_change_of_the_others(
    rows: list[Row], news: list[tuple[int, int]]
) -> None:
    began = dict.fromkeys("abcd", OLD) | {"new": MIDNIGHT + timedelta(hours=1)}
    rows = [*rows, (1, "a", 1)]
    before = compared(*rows, began=began)
    after = compared(*rows, *((day, "new", count) for day, count in news), began=began)
    dead = compared(*rows, *((day + 1, "dead", 7) for day in range(1, 8)), began=began)
    for found in (after, dead):
        assert (found.yesterday, found.week, found.alike) == (
            before.yesterday,
            before.week,
            before.alike,
        )
    total = [sum(count for day, _, count in rows if day == back) for back in range(1, 9)]
    assert [every for every, _ in before.counts] == total
    assert all(alike <= every for every, alike in after.counts)
