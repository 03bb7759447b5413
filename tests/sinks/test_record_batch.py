from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord, pieces
from tests.sinks.sample import batch_of, event_rows

PLACES = st.sets(st.tuples(st.integers(0, 3), st.integers(0, 12)), min_size=1, max_size=12)
RANGES = st.lists(
    st.builds(lambda p, first, more: OffsetRange(p, first, first + more), *[st.integers(0, 5)] * 3),
    unique_by=lambda part: part.partition,
)


def record(partition: int, offset: int) -> TopicRecord:
    return TopicRecord(partition, offset, event_rows(partition, offset, rows=1 + offset % 3))


def places(batch: RecordBatch) -> list[tuple[int, int]]:
    return [(found.partition, found.offset) for found in batch.records]


def read(body: bytes) -> pa.Table:
    with pa.ipc.open_stream(body) as reader:
        return reader.read_all()


@given(PLACES.map(sorted).flatmap(lambda found: st.tuples(st.just(found), st.permutations(found))))
def test_batch_when_records_come_in_any_order_then_is_the_same(
    orders: tuple[list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    sorted_, shuffled = (RecordBatch(record(*place) for place in order) for order in orders)

    assert places(shuffled) == orders[0]
    assert shuffled.ranges == sorted_.ranges
    assert b"".join(pieces(shuffled.table())) == b"".join(pieces(sorted_.table()))


@given(PLACES)
def test_ranges_when_records_lie_anywhere_then_span_each_partition(
    found: set[tuple[int, int]],
) -> None:
    by_partition = {p: [o for q, o in found if q == p] for p, _ in sorted(found)}

    assert RecordBatch(TopicRecord(*place, None) for place in found).ranges == tuple(
        OffsetRange(p, min(offsets), max(offsets)) for p, offsets in by_partition.items()
    )


@given(PLACES, RANGES)
def test_within_when_given_ranges_then_keeps_what_lies_in_them(
    found: set[tuple[int, int]], ranges: list[OffsetRange]
) -> None:
    batch = RecordBatch(TopicRecord(*place, None) for place in found)

    assert places(batch.within(ranges)) == [
        (p, o)
        for p, o in sorted(found)
        if any(part.partition == p and part.first <= o <= part.last for part in ranges)
    ]


def test_batch_when_a_place_comes_twice_then_the_first_counts() -> None:
    first, again = TopicRecord(0, 1, None, "first"), TopicRecord(0, 1, None, "again")

    assert RecordBatch([first, again]).records == [first]


def test_batch_when_empty_then_has_neither_rows_nor_ranges() -> None:
    assert (RecordBatch([]).rows, RecordBatch([]).ranges) == (0, ())


def test_table_when_records_are_empty_or_unreadable_then_tells_where_each_row_comes_from() -> None:
    batch = RecordBatch(
        [
            TopicRecord(1, 5, event_rows(1, 5, rows=2)),
            TopicRecord(0, 8, None, "broken"),
            TopicRecord(0, 9, event_rows(0, 9, rows=0)),
            TopicRecord(0, 7, event_rows(0, 7, rows=1)),
        ]
    )

    found = batch.table().select(["subject", "kafka_partition", "kafka_offset", "kafka_row"])

    assert batch.rows == 3
    assert found.to_pylist() == [
        {"subject": "7-0", "kafka_partition": 0, "kafka_offset": 7, "kafka_row": 0},
        {"subject": "5-0", "kafka_partition": 1, "kafka_offset": 5, "kafka_row": 0},
        {"subject": "5-1", "kafka_partition": 1, "kafka_offset": 5, "kafka_row": 1},
    ]


def test_table_when_records_know_different_words_then_they_share_one_dictionary() -> None:
    feeds = batch_of(OffsetRange(0, 0, 0), OffsetRange(1, 0, 0)).table()["feed"]

    assert [chunk.dictionary.to_pylist() for chunk in feeds.chunks] == [["feed_0", "feed_1"]] * 2


def test_pieces_when_the_table_is_large_then_none_is_longer_than_a_mib_and_nothing_is_lost() -> (
    None
):
    table = batch_of(OffsetRange(0, 0, 3), rows=4_000).table()

    sent = list(pieces(table))

    assert len(sent) > 1
    assert {len(piece) for piece in sent[:-1]} == {1024 * 1024}
    assert read(b"".join(sent)).equals(table)
