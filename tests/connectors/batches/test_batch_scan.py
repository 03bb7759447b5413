"""What the log says of batches: which there are, and what of one still counts."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from citybrain.floor.events import Envelope
from connectors.batches.batch_labels import (
    batches_of,
    parts_landed,
    with_more_to_come,
    withdrawal_of,
    withdrawn_by,
)
from connectors.batches.batch_scan import BatchScan, CountedRows, withdrawal
from tests.connectors.resends.records import Record, table_of

NOW = datetime(2026, 11, 29, 8, tzinfo=UTC)


def envelope(*numbers: int, batch: str = "", signs: list[int] | None = None) -> Envelope:
    table = table_of([Record(number) for number in numbers])
    if signs:
        place = table.schema.get_field_index("sign")
        table = table.set_column(place, "sign", pa.array(signs, pa.int8()))
    return Envelope("reports", "works", table, 0, batch)


@pytest.mark.parametrize(
    ("label", "batches"),
    [
        ("", []),
        ("b-1#0", ["b-1"]),
        ("b-1#0,b-2#0,b-1#1", ["b-1", "b-2"]),
        ("file:a.csv#1f:0-900", ["file:a.csv#1f"]),
        ("departments.works[2]@7-9", ["departments.works[2]@7-9"]),
        ("letters:aa#3", ["letters:aa"]),
        ("b-1#0,b-2#0+", ["b-1", "b-2"]),
        ("file:a,b.csv#1f:0-900", ["file:a,b.csv#1f"]),
        ("file:a.csv#1f:0-900+", ["file:a.csv#1f"]),
        ("file:x#0,y#0", ["file:x", "y"]),
    ],
)
def test_label_when_read_then_names_the_batches(label: str, batches: list[str]) -> None:
    assert batches_of(label) == batches


@pytest.mark.parametrize("label", ["b-1#0,b-2#3", "file:a.csv#1f:0-900"])
def test_label_with_more_to_come_is_of_the_same_batches_and_nothing_has_landed(label: str) -> None:
    more = with_more_to_come(label)
    assert batches_of(more) == batches_of(label)
    assert (parts_landed(label), parts_landed(more)) == (label.split(","), [])
    assert with_more_to_come("") == ""


def test_label_of_a_withdrawal_says_which_envelope() -> None:
    assert withdrawn_by(withdrawal_of((3, 41))) == (3, 41)
    assert withdrawn_by("b-1#0") is None


def test_scan_when_batches_are_whole_shared_and_withdrawn_then_says_so() -> None:
    scan = BatchScan()
    scan.add((0, 0), envelope(1, 2, batch="a#0"), NOW)
    scan.add((0, 1), envelope(3, batch="a#1"), NOW)
    scan.add((0, 2), envelope(4, 5, batch="b#0,c#0"), NOW)
    scan.add((0, 3), envelope(1, 2, batch="withdrawn:0@0", signs=[-1, -1]), NOW)

    found = {one.name: (one.rows, one.withdrawn, one.state) for one in scan.batches.values()}
    assert found == {
        "a": (3, 2, "partly withdrawn"),
        "b": (2, 0, "published"),
        "c": (2, 0, "published"),
    }
    assert [bool(one.shared) for one in scan.batches.values()] == [False, True, True]


def test_counted_when_an_envelope_was_withdrawn_then_only_the_others_count() -> None:
    counted = CountedRows([(0, 0), (0, 1)], versions=False)
    counted.add((0, 0), envelope(1, 2, batch="a#0"))
    counted.add((0, 1), envelope(3, batch="a#1"))
    counted.add((0, 2), envelope(1, 2, batch="withdrawn:0@0", signs=[-1, -1]))

    assert [(spot, table.num_rows) for spot, table in counted.left()] == [((0, 1), 1)]


def test_counted_when_records_change_then_what_a_newer_version_took_back_is_left_out() -> None:
    counted = CountedRows([(0, 0)], versions=True)
    counted.add((0, 0), envelope(1, 2, 2, 2, batch="a#0", signs=[1, 1, -1, 1]))
    counted.add((0, 1), envelope(1, 1, signs=[-1, 1]))

    ((spot, table),) = counted.left()
    assert (spot, table.num_rows) == ((0, 0), 1)
    assert table["event_id"].to_pylist() == envelope(2).table["event_id"].to_pylist()


def test_withdrawal_when_made_then_says_the_same_with_the_other_sign() -> None:
    table = envelope(1, 2).table

    made = withdrawal((0, 7), "reports", table, NOW)

    assert made.batch == "withdrawn:0@7"
    assert made.table["sign"].to_pylist() == [-1, -1]
    assert made.table["event_id"].to_pylist() == table["event_id"].to_pylist()
    assert set(made.table["received_at"].to_pylist()) == {NOW}
