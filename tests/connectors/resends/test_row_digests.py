"""The digest of a record follows from all that it says, and from nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.event_columns import COLUMNS as EVENT_COLUMNS
from citybrain.floor.events import Envelope, decode, encode
from connectors.resends.row_digests import COLUMNS, digests, rows_of
from tests.connectors.resends.records import AT, Record, ids_of, table_of

LEFT_OUT = {"event_id", "feed", "department", "theme", "received_at", "origin"}
"""The id, and what the door or the city's folder says rather than the record."""
OF_VERSIONS = {"status", "version", "updated_at", "sign"}
"""Of records without versions, which alone are looked up by digest, they are empty."""


def test_columns_then_each_of_an_event_is_in_the_digest_or_left_out_on_purpose() -> None:
    assert {one.name for one in EVENT_COLUMNS} == {*COLUMNS, *LEFT_OUT, *OF_VERSIONS}


def test_digest_when_it_was_received_at_another_time_then_it_is_the_same() -> None:
    first, second = Record(1), Record(1, received=AT + timedelta(days=3))
    assert digests(table_of([first])) == digests(table_of([second]))


CHANGES = {
    "kind": pa.array(["water"]).dictionary_encode(),
    "occurred_at": pa.array([AT + timedelta(milliseconds=1)], pa.timestamp("ms", "UTC")),
    "area": pa.array(["150302002"]).dictionary_encode(),
    "lon": pa.array([106.80000001]),
    "lat": pa.array([39.6]),
    "severity": pa.array([2], pa.uint8()),
    "value": pa.array([None], pa.float64()),
    "subject": pa.array(["s-2"]),
    "text": pa.array(["b"]),
    "attrs": pa.array([[("street", "黄河东路")]], pa.map_(pa.utf8(), pa.utf8())),
}


@pytest.mark.parametrize("column", COLUMNS)
def test_digest_when_one_column_differs_then_it_is_another(column: str) -> None:
    table = table_of([Record(1)])
    changed = table.set_column(table.column_names.index(column), column, CHANGES[column])
    assert digests(table)[0] != digests(changed)[0]


@pytest.mark.parametrize(
    ("some", "others"),
    [
        ((("a", "1"), ("b", "2")), (("a", "2"), ("b", "1"))),
        ((("a", "1"),), (("1", "a"),)),
        ((), (("", ""),)),
        ((("a", ""),), (("", "a"),)),
    ],
)
def test_digest_when_attributes_differ_then_it_is_another(
    some: tuple[tuple[str, str], ...], others: tuple[tuple[str, str], ...]
) -> None:
    found = digests(table_of([Record(1, attrs=some), Record(1, attrs=others)]))
    assert found[0] != found[1]


def test_digest_when_attributes_come_in_another_order_then_it_is_the_same() -> None:
    pairs = (("a", "1"), ("b", "2"), ("c", "3"))
    found = digests(table_of([Record(1, attrs=pairs), Record(1, attrs=pairs[::-1])]))
    assert found[0] == found[1]


RECORDS = st.builds(
    Record,
    number=st.integers(0, 5),
    text=st.text(max_size=20),
    value=st.none() | st.floats(allow_nan=False),
    attrs=st.lists(st.tuples(st.text(max_size=3), st.text(max_size=3)), max_size=3).map(tuple),
)


@given(records=st.lists(RECORDS, min_size=1, max_size=20), cut=st.integers(0, 20))
def test_rows_then_they_are_the_same_alone_in_slices_and_after_the_way_through_kafka(
    records: list[Record], cut: int
) -> None:
    table = table_of(records)
    whole = rows_of(table)
    alone = [rows_of(table_of([one])) for one in records]
    assert whole.digest.tolist() == [one.digest[0] for one in alone]
    parts = pa.concat_tables([table.slice(0, cut), table.slice(cut)])
    travelled = decode(encode(Envelope("reports", "works", table))).table
    for other in (rows_of(table.slice(cut)), rows_of(parts), rows_of(travelled)):
        assert whole.words[len(whole) - len(other) :].tolist() == other.words.tolist()


def test_ids_then_they_are_the_two_halves_of_the_events_id() -> None:
    rows = rows_of(table_of([Record(3), Record(4)]))
    joined = np.stack([rows.high, rows.low], axis=1).astype(">u8").tobytes()
    assert [joined[:16], joined[16:]] == ids_of([3, 4]).to_pylist()


def test_digest_then_it_is_what_it_was_in_the_first_version() -> None:
    """The table is kept for months: what a library changes must not make all records new."""
    record = replace(Record(1), text="井盖缺失", attrs=(("street", "黄河路"), ("no", "7")))
    assert digests(table_of([record]))[0] == np.uint64(845121468966495967)
