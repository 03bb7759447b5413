"""Claims are bounded in rows, bytes and weeks, and history does not share one with the present."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks import claim_bounds
from sinks.claim_bounds import cut, is_history, week_of, weeks_apart, weeks_of
from sinks.record_batch import RecordBatch, TopicRecord

WEEK = 2_900


def record(partition: int, offset: int, rows: int = 1, *weeks: int) -> TopicRecord:
    table = pa.table({"n": pa.array([0] * rows, pa.int64())})
    return TopicRecord(partition, offset, table, weeks=frozenset(weeks or (WEEK,)))


@pytest.mark.parametrize(
    ("at", "same"),
    [
        (datetime(2026, 3, 2, tzinfo=UTC), True),
        (datetime(2026, 3, 8, 23, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 9, tzinfo=UTC), False),
    ],
)
def test_week_of_begins_on_monday_as_partitions_of_the_store_do(at: datetime, same: bool) -> None:
    middle = datetime(2026, 3, 5, tzinfo=UTC)

    assert (week_of(at) == week_of(middle)) is same
    times = pa.chunked_array([pa.array([at, None], pa.timestamp("ms", "UTC"))])
    assert weeks_of(times) == {week_of(at)}


@pytest.mark.parametrize(("week", "history"), [(-5, True), (-4, False), (1, False), (2, True)])
def test_is_history_by_the_weeks_around_the_present(week: int, history: bool) -> None:
    assert is_history(record(0, 0, 1, WEEK, WEEK + week), WEEK) is history


RECORDS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(1, 60),
        st.lists(st.integers(WEEK - 90, WEEK + 3), min_size=1, max_size=40),
    ),
    max_size=40,
)


@given(RECORDS)
def test_cut_then_every_record_once_in_order_within_the_bounds(
    given_records: list[tuple[int, int, list[int]]],
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claim_bounds, "MOST_ROWS", 100)
        patch.setattr(claim_bounds, "MOST_BYTES", 600)
        batch = RecordBatch(
            record(partition, offset, rows, *weeks)
            for offset, (partition, rows, weeks) in enumerate(given_records)
        )

        pieces = list(cut(batch, WEEK))

    found = [one for piece, _ in pieces for one in piece.records]
    for partition in range(3):
        offsets = [one.offset for one in found if one.partition == partition]
        assert offsets == [one.offset for one in batch.records if one.partition == partition]
    assert len(found) == len(batch.records)
    for piece, beside in pieces:
        assert {is_history(one, WEEK) for one in piece.records} == {beside}
        weeks = frozenset[int]().union(*(one.weeks for one in piece.records))
        if len(piece.records) > 1:
            assert piece.rows <= 100
            assert piece.size <= 600
            assert len(weeks) <= claim_bounds.MOST_WEEKS


def test_weeks_apart_are_groups_that_follow_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim_bounds, "MOST_WEEKS", 2)

    assert weeks_apart(frozenset({9, 1, 5, 3, 7})) == [{1, 3}, {5, 7}, {9}]
