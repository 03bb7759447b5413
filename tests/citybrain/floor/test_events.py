"""The envelope: what is written is read, by this version, by older ones and by newer ones."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import (
    MAX_EVENTS,
    SCHEMA,
    SCHEMA_VERSION,
    Envelope,
    conform,
    decode,
    empty,
    encode,
    event_ids,
    label,
)

GOLDEN = Path(__file__).parent / "golden" / "envelope_v1.arrow"
"""Written by version 1 and never again: every later version must read it."""

IDS = ["86bbb0a3-0000-8000-8000-000000000000", "86bbb0a3-0000-8000-8000-000000000001"]

ROWS: list[dict[str, Any]] = [
    {
        "feed": "street_matters",
        "department": "city_management",
        "theme": "city_management",
        "kind": "manhole_cover_missing",
        "occurred_at": datetime(2026, 11, 23, 0, 0, 0, 123_000, tzinfo=UTC),
        "received_at": datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC),
        "area": "150302001",
        "lon": 106.812,
        "lat": 39.655,
        "severity": 3,
        "value": None,
        "subject": "",
        "text": "新华大街井盖缺失",
        "attrs": [("source", "巡查"), ("round", "2")],
        "origin": "live",
    },
    {
        "feed": "street_matters",
        "department": "city_management",
        "theme": "city_management",
        "kind": "pm25",
        "occurred_at": datetime(2026, 11, 23, 0, 0, 2, tzinfo=UTC),
        "received_at": datetime(2026, 11, 23, 0, 0, 3, tzinfo=UTC),
        "area": "",
        "lon": None,
        "lat": None,
        "severity": 0,
        "value": 35.5,
        "subject": "station-1",
        "text": "",
        "attrs": [],
        "origin": "simulated",
    },
]

LATER = {"status": "", "version": None, "updated_at": None, "sign": 1}
"""What a reader fills in of columns that came later."""


def events() -> pa.Table:
    rows = [{"event_id": uuid.UUID(one).bytes, **row} for one, row in zip(IDS, ROWS, strict=True)]
    given = pa.schema([field for field in SCHEMA if field.name in rows[0]])
    return conform(pa.Table.from_pylist(rows, schema=given))


def ids_of(feed: str, *sources: str) -> list[str]:
    made = event_ids(feed, pl.Series(list(sources), dtype=pl.String))
    return [str(uuid.UUID(bytes=one)) for one in made.to_pylist()]


def test_decode_when_encoded_then_the_same_events() -> None:
    sent = Envelope("street_matters", "city_management", events(), rejected=2, batch="b-1")

    got = decode(encode(sent))

    assert (got.feed, got.department) == ("street_matters", "city_management")
    assert (got.rejected, got.batch, got.version) == (2, "b-1", SCHEMA_VERSION)
    assert got.table.schema.equals(SCHEMA)
    assert got.table.to_pylist() == events().to_pylist()


def test_decode_when_no_events_then_rejects_are_told() -> None:
    got = decode(encode(Envelope("radar", "police", empty(), rejected=7)))

    assert (got.table.num_rows, got.rejected) == (0, 7)


def test_decode_when_written_by_version_1_then_is_read_for_ever() -> None:
    got = decode(GOLDEN.read_bytes())

    assert (got.feed, got.department, got.batch) == ("street_matters", "city_management", "golden")
    assert (got.rejected, got.version) == (1, 1)
    assert got.table.schema.equals(SCHEMA)
    assert [
        {"event_id": str(uuid.UUID(bytes=row.pop("event_id"))), **row}
        for row in got.table.to_pylist()
    ] == [{"event_id": one, **row, **LATER} for one, row in zip(IDS, ROWS, strict=True)]


def rewritten(change: Any) -> bytes:
    """Return the envelope as a version with other columns would write it."""
    with pa.ipc.open_stream(encode(Envelope("radar", "police", events()))) as reader:
        table = reader.read_all()
    changed = change(table).replace_schema_metadata(table.schema.metadata)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, changed.schema) as writer:
        writer.write_table(changed)
    return bytes(sink.getvalue())


def test_decode_when_a_newer_writer_added_a_column_then_it_is_dropped() -> None:
    value = rewritten(lambda table: table.append_column("mood", pa.array(["good", "bad"])))

    got = decode(value)

    assert got.table.schema.equals(SCHEMA)
    assert got.table.to_pylist() == events().to_pylist()


@pytest.mark.parametrize(
    ("column", "filled"),
    [
        ("lon", [None, None]),
        ("value", [None, None]),
        ("severity", [0, 0]),
        ("subject", ["", ""]),
        ("text", ["", ""]),
        ("attrs", [[], []]),
        ("area", ["", ""]),
        ("origin", ["", ""]),
        ("status", ["", ""]),
        ("version", [None, None]),
        ("updated_at", [None, None]),
        ("sign", [1, 1]),
    ],
)
def test_decode_when_an_older_writer_lacked_a_column_then_it_is_filled(
    column: str, filled: list[Any]
) -> None:
    got = decode(rewritten(lambda table: table.drop_columns([column])))

    assert got.table.schema.equals(SCHEMA)
    assert got.table.column(column).to_pylist() == filled
    others = [name for name in SCHEMA.names if name != column]
    assert got.table.select(others).to_pylist() == events().select(others).to_pylist()


@pytest.mark.parametrize("column", ["event_id", "occurred_at", "received_at"])
def test_decode_when_a_column_without_default_is_missing_then_refuses(column: str) -> None:
    value = rewritten(lambda table: table.drop_columns([column]))

    with pytest.raises(EnvelopeError, match="is required"):
        decode(value)


def test_decode_when_words_were_written_plain_then_they_are_read() -> None:
    def plain(table: pa.Table) -> pa.Table:
        index = table.schema.get_field_index("kind")
        return table.set_column(index, "kind", table.column("kind").cast(pa.utf8()))

    assert decode(rewritten(plain)).table.to_pylist() == events().to_pylist()


@given(st.binary(max_size=300))
def test_decode_when_any_bytes_then_envelope_error_or_nothing_else(value: bytes) -> None:
    with pytest.raises(EnvelopeError):
        decode(value)


def test_decode_when_cut_short_then_refuses() -> None:
    value = encode(Envelope("radar", "police", events()))

    with pytest.raises(EnvelopeError):
        decode(value[: len(value) // 2])


def test_decode_when_arrow_without_metadata_then_says_what_is_missing() -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA) as writer:
        writer.write_table(events())

    with pytest.raises(EnvelopeError, match="not an envelope: missing or bad metadata 'feed'"):
        decode(bytes(sink.getvalue()))


def test_encode_when_too_many_events_then_says_so() -> None:
    table = pa.concat_tables([events()] * (MAX_EVENTS // 2 + 1))

    with pytest.raises(EnvelopeError, match="radar: 10002 events; split at 10000"):
        encode(Envelope("radar", "police", table))


def test_encode_when_a_required_column_is_missing_then_says_so() -> None:
    problem = r"radar: not an event table: column of type fixed_size_binary\[16\] is required"

    with pytest.raises(EnvelopeError, match=problem):
        encode(Envelope("radar", "police", events().drop_columns(["event_id"])))


def test_encode_when_columns_are_in_another_order_then_they_are_put_right() -> None:
    shuffled = events().select(list(reversed(SCHEMA.names)))

    assert decode(encode(Envelope("radar", "police", shuffled))).table.schema.equals(SCHEMA)


def test_event_ids_are_these_values_for_ever() -> None:
    assert ids_of("street_matters", "a-1", "a-2", "", "井盖-1") == [
        "68283d93-dccf-85b5-b4bc-d019cf0a78c5",
        "b6b86cad-2131-86d1-9396-9e2bb9eeaee7",
        "837a7534-b282-83f9-a826-a0d2f8d4792e",
        "cacc8c4a-8596-85f0-969c-19aaf5d8d712",
    ]


def test_event_ids_when_other_feed_then_other_ids() -> None:
    assert ids_of("radar", "a-1") != ids_of("radar_2", "a-1")


def test_event_ids_are_uuids_of_version_8() -> None:
    made = [uuid.UUID(one) for one in ids_of("radar", *map(str, range(100)))]

    assert {one.version for one in made} == {8}
    assert {one.variant for one in made} == {uuid.RFC_4122}
    assert len(set(made)) == 100


def test_event_ids_when_no_rows_then_none() -> None:
    assert ids_of("radar") == []


def test_label_of_what_is_no_envelope_is_empty() -> None:
    assert [label(value) for value in (None, b"", b"nonsense")] == [("", "")] * 3
