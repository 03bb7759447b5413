from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest

from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import Envelope, empty
from streams.windows.partials import CELL_SCHEMA, decode_partial, encode_partial, reduce_envelopes
from tests.streams.flow import NOON, envelope, source


def cells(table: pa.Table) -> list[tuple[object, ...]]:
    rows = table.to_pylist()
    return sorted(
        (row["kind"], row["minute"].minute, *[row[name] for name in CELL_SCHEMA.names[4:]])
        for row in rows
    )


def test_reduce_when_values_are_given_then_cells_carry_their_moments():
    made = envelope(
        "levels",
        [
            (0, "level", 1.0),
            (59_999, "level", 3.0),
            (60_000, "level", 5.0),
            (1, "flow", None),
        ],
    )

    (partial,) = reduce_envelopes([source(made, 7)])

    assert cells(partial.cells) == [
        ("flow", 0, 1, 0, 0.0, 0.0, None, None),
        ("level", 0, 2, 2, 4.0, 10.0, 1.0, 3.0),
        ("level", 1, 1, 1, 5.0, 25.0, 5.0, 5.0),
    ]


def test_reduce_when_rows_take_others_back_then_they_are_taken_off():
    made = envelope("levels", [(0, "level", 4.0), (0, "level", 2.0), (1, "flow", None)])
    signs = pa.array([-1, 1, -1], pa.int8())
    place = made.table.schema.get_field_index("sign")
    table = made.table.set_column(place, made.table.schema.field(place), signs)

    (partial,) = reduce_envelopes([source(replace(made, table=table), 7)])

    assert cells(partial.cells) == [
        ("flow", 0, -1, 0, 0.0, 0.0, None, None),
        ("level", 0, 0, 0, -2.0, -12.0, 2.0, 2.0),
    ]
    assert partial.header.accepted == 1
    assert decode_partial(encode_partial(partial)).cells.equals(partial.cells)


def test_reduce_when_a_value_is_nan_then_it_counts_as_missing():
    made = envelope("levels", [(0, "level", float("nan")), (0, "level", 2.0)])

    (partial,) = reduce_envelopes([source(made, 7)])

    assert cells(partial.cells) == [("level", 0, 2, 1, 2.0, 4.0, 2.0, 2.0)]


def test_reduce_when_there_are_several_envelopes_then_each_has_its_own_partial():
    first = envelope("levels", [(0, "level", 1.0)], rejected=2)
    none = Envelope("flows", "water", empty(), rejected=3)
    second = envelope("flows", [(5, "level", 1.0), (2, "level", 1.0)], department="energy")

    partials = reduce_envelopes(
        [source(first, 7, behind=2), source(none, 8), source(second, 9, partition=3)]
    )

    heads = [
        (
            part.header.partition,
            part.header.offset,
            part.header.feed,
            part.header.department,
            part.header.accepted,
            part.header.rejected,
            part.header.behind,
            part.cells.num_rows,
        )
        for part in partials
    ]
    assert heads == [
        (0, 7, "levels", "water", 1, 2, 2, 1),
        (0, 8, "flows", "water", 0, 3, 0, 0),
        (3, 9, "flows", "energy", 2, 0, 0, 1),
    ]


def test_reduce_when_a_clock_runs_ahead_then_the_newest_is_when_it_was_received():
    made = envelope("levels", [(-3, "level", 1.0), (900, "level", 1.0)], received=500)

    (partial,) = reduce_envelopes([source(made, 7)])

    header = partial.header
    assert (header.newest_ms, header.oldest_ms, header.received_ms, header.origin) == (
        NOON + 500,
        NOON - 3,
        NOON + 500,
        "live",
    )


def test_reduce_when_an_envelope_is_empty_then_the_time_of_the_record_is_when_it_was_received():
    (partial,) = reduce_envelopes([source(Envelope("levels", "water", empty()), 7)])

    header = partial.header
    assert (header.newest_ms, header.oldest_ms, header.received_ms, header.origin) == (
        None,
        None,
        NOON,
        "",
    )


def test_reduce_when_there_is_nothing_then_nothing_comes():
    assert reduce_envelopes([]) == []


def test_partial_when_encoded_then_decoded_is_the_same():
    (partial,) = reduce_envelopes([source(envelope("levels", [(0, "level", 1.0)]), 7)])

    again = decode_partial(encode_partial(partial))

    assert again.header == partial.header
    assert again.cells.equals(partial.cells)


@pytest.mark.parametrize("value", [b"", b"\x00" * 64, b"{}"], ids=["empty", "zeros", "json"])
def test_decode_when_it_is_no_partial_then_it_says_so(value: bytes):
    with pytest.raises(EnvelopeError, match=r"^not a partial: "):
        decode_partial(value)


def test_decode_when_it_is_another_arrow_stream_then_it_says_so():
    sink = pa.BufferOutputStream()
    table = pa.table({"a": [1]})
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)

    with pytest.raises(EnvelopeError, match=r"^not a partial: "):
        decode_partial(bytes(sink.getvalue()))
