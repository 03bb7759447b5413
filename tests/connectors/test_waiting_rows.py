"""What waits is counted in rows and bytes, whoever put it on Kafka."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from connectors.waiting_rows import UNKNOWN, RecordSize, WaitingRows


def noted(*sizes: RecordSize, first: int = 0) -> WaitingRows:
    waiting = WaitingRows()
    for offset, size in enumerate(sizes, first):
        waiting.note(0, offset, size)
    return waiting


def test_count_when_all_are_ours_then_it_is_exact() -> None:
    waiting = noted(RecordSize(1, 10), RecordSize(10_000, 900_000), RecordSize(3, 30))

    assert waiting.count({0: 0}, {0: 3}) == RecordSize(10_004, 900_040)
    assert waiting.count({0: 1}, {0: 3}) == RecordSize(10_003, 900_030)
    assert waiting.count({0: 3}, {0: 3}) == RecordSize(0, 0)


def test_count_when_some_are_of_others_then_they_count_as_the_mean_of_ours() -> None:
    waiting = noted(RecordSize(10, 100), RecordSize(30, 500), first=8)

    assert waiting.count({0: 0, 1: 5}, {0: 10, 1: 7}) == RecordSize(40 + 10 * 20, 600 + 10 * 300)


def test_count_when_none_of_ours_is_known_then_each_counts_as_a_large_one() -> None:
    assert WaitingRows().count({0: 4}, {0: 6}) == RecordSize(2 * UNKNOWN.rows, 2 * UNKNOWN.size)


def test_count_when_the_sink_never_was_on_a_partition_then_nothing_is_said_of_it() -> None:
    assert WaitingRows().count({}, {0: 6}) == RecordSize(0, 0)


@given(st.lists(st.integers(1, 10_000), max_size=20), st.integers(0, 20))
def test_count_is_what_lies_behind_the_commit(rows: list[int], done: int) -> None:
    waiting = noted(*(RecordSize(count, count * 90) for count in rows))
    done = min(done, len(rows))

    left = sum(rows[done:])
    assert waiting.count({0: done}, {0: len(rows)}) == RecordSize(left, 90 * left)
