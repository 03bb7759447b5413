"""Window results and feed health as they travel."""

from __future__ import annotations

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from citybrain.floor.results import HEALTH_SCHEMA, WINDOW_SCHEMA, decode_table, encode_table

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
WINDOW = {
    "size_s": 60,
    "starts_at": NOON,
    "department": "police",
    "theme": "traffic",
    "kind": "accident",
    "area": "150302001",
    "events": 3,
    "values": 0,
    "sum": 0.0,
    "squares": 0.0,
    "min": None,
    "max": None,
    "state": "open",
    "revision": 1,
    "watermark": NOON,
    "updated_at": NOON,
}
HEALTH = {
    "at": NOON,
    "feed": "radar",
    "department": "police",
    "state": "never",
    "watermark": None,
    "last_seen_at": None,
    "rate": 0.0,
    "accepted": 0,
    "rejected": 0,
    "late": 0,
    "event_lag_ms": None,
    "backlog": 0,
    "origin": "live",
    "clock_shift_ms": None,
}


@pytest.mark.parametrize(
    ("row", "schema"),
    [(WINDOW, WINDOW_SCHEMA), (HEALTH, HEALTH_SCHEMA)],
    ids=["window", "health"],
)
def test_decode_table_when_encoded_then_the_same(row: dict[str, object], schema: pa.Schema) -> None:
    table = pa.Table.from_pylist([row], schema=schema)

    got = decode_table(encode_table(table))

    assert got.schema.equals(schema)
    assert got.to_pylist() == [row]


def test_encode_table_when_in_chunks_then_read_as_one() -> None:
    one = pa.Table.from_pylist([WINDOW], schema=WINDOW_SCHEMA)

    got = decode_table(encode_table(pa.concat_tables([one, one])))

    assert got.to_pylist() == [WINDOW, WINDOW]


def test_decode_table_when_no_arrow_then_refuses() -> None:
    with pytest.raises(pa.ArrowInvalid):
        decode_table(b"not arrow at all")
