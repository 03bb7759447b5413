"""The dead letter keeps the refused row whole."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from citybrain.floor.bus import MOST_VALUE
from citybrain.floor.dead_letters import (
    MOST_RAW,
    DeadLetter,
    decode_letter,
    encode_letter,
    letter_of_record,
)

LETTER = DeadLetter(
    letter_id="0b2f7d0e-0000-8000-8000-000000000001",
    feed="radar",
    department="police",
    place="push b-1:7",
    field="occurred_at",
    reason="'soon' is not a time",
    raw=b'{"time": "soon", "x": "\xff"}',
    received_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
)

GOLDEN = (
    b'{"letter_id":"0b2f7d0e-0000-8000-8000-000000000001","feed":"radar","department":"police",'
    b'"place":"push b-1:7","field":"occurred_at","reason":"\'soon\' is not a time",'
    b'"raw":"eyJ0aW1lIjogInNvb24iLCAieCI6ICL/In0=","received_at":"2026-11-23T08:00:00Z",'
    b'"media_type":"application/json","header":"","batch":"","version":1}'
)


def test_encode_letter_when_written_then_these_bytes_for_ever() -> None:
    assert encode_letter(LETTER) == GOLDEN


def test_decode_letter_when_written_by_version_1_then_the_raw_bytes_are_back() -> None:
    assert decode_letter(GOLDEN) == LETTER


def test_decode_letter_when_a_newer_writer_added_a_field_then_it_is_ignored() -> None:
    newer = GOLDEN[:-1] + b',"severity":3}'

    assert decode_letter(newer) == LETTER


def test_decode_letter_when_an_older_writer_lacked_a_field_then_it_has_its_default() -> None:
    older = GOLDEN.replace(b',"media_type":"application/json","header":"","batch":""', b"")

    assert decode_letter(older) == LETTER


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b"\xff", b'{"letter_id": 7}'])
def test_decode_letter_when_it_is_none_then_refuses(value: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_letter(value)


def test_encode_letter_when_the_row_is_huge_then_it_fits_into_a_record_and_says_so() -> None:
    huge = msgspec.structs.replace(LETTER, raw=b"x" * (MOST_RAW + 1), reason="y" * 1_000_000)

    value = encode_letter(huge)

    assert len(value) < MOST_VALUE
    assert decode_letter(value).raw == b"x" * MOST_RAW
    assert decode_letter(value).reason.endswith(f"(the first {MOST_RAW} of {MOST_RAW + 1} bytes)")


def test_letter_of_record_when_made_again_then_is_the_same_letter_and_elsewhere_another() -> None:
    now = LETTER.received_at
    ids = [
        letter_of_record(place, b"ra\xff", b"", "broken", now).letter_id
        for place in ("city.events[2]@17", "city.events[2]@17", "city.windows[2]@17")
    ]

    assert ids[0] == ids[1] != ids[2]
    assert letter_of_record("p", b"ra\xff", b"", "broken", now).feed == "ra\ufffd"
