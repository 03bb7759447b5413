"""The dead letter keeps the refused row whole."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.floor.bus import MOST_VALUE
from citybrain.floor.dead_letters import (
    MOST_RAW,
    TOGETHER_BYTES,
    DeadLetter,
    decode_letters,
    encode_letter,
    encode_letters,
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


def test_decode_letters_when_written_by_version_1_then_the_raw_bytes_are_back() -> None:
    assert decode_letters(GOLDEN) == [LETTER]


def test_decode_letters_when_a_newer_writer_added_a_field_then_it_is_ignored() -> None:
    newer = GOLDEN[:-1] + b',"severity":3}'

    assert decode_letters(newer) == [LETTER]


def test_decode_letters_when_an_older_writer_lacked_a_field_then_it_has_its_default() -> None:
    older = GOLDEN.replace(b',"media_type":"application/json","header":"","batch":""', b"")

    assert decode_letters(older) == [LETTER]


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b"\xff", b'{"letter_id": 7}', b"[{}]"])
def test_decode_letters_when_it_is_none_then_refuses(value: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_letters(value)


def test_encode_letter_when_the_row_is_huge_then_it_fits_into_a_record_and_says_so() -> None:
    huge = msgspec.structs.replace(LETTER, raw=b"x" * (MOST_RAW + 1), reason="y" * 1_000_000)

    value = encode_letter(huge)

    assert len(value) < MOST_VALUE
    (kept,) = decode_letters(value)
    assert kept.raw == b"x" * MOST_RAW
    assert kept.reason.endswith(f"(the first {MOST_RAW} of {MOST_RAW + 1} bytes)")


@given(
    st.lists(
        st.tuples(st.sampled_from(("radar", "lamps")), st.integers(0, 2 * TOGETHER_BYTES)),
        max_size=12,
    )
)
@settings(max_examples=50)
def test_encode_letters_when_many_then_few_records_hold_them_in_order(
    sizes: list[tuple[str, int]],
) -> None:
    letters = [
        msgspec.structs.replace(LETTER, feed=feed, place=str(at), raw=b"x" * size)
        for at, (feed, size) in enumerate(sizes)
    ]

    records = list(encode_letters(letters))

    assert [one for _, value in records for one in decode_letters(value)] == letters
    for feed, value in records:
        held = decode_letters(value)
        assert {one.feed for one in held} == {feed}
        assert len(held) == 1 or len(value) < TOGETHER_BYTES + 2 * len(held)


def test_encode_letters_when_of_one_feed_and_short_then_one_record_holds_them() -> None:
    ((feed, value),) = encode_letters([LETTER] * 300)

    assert (feed, decode_letters(value)) == ("radar", [LETTER] * 300)


def test_letter_of_record_when_made_again_then_is_the_same_letter_and_elsewhere_another() -> None:
    now = LETTER.received_at
    ids = [
        letter_of_record(place, b"ra\xff", b"", "broken", now).letter_id
        for place in ("city.events[2]@17", "city.events[2]@17", "city.windows[2]@17")
    ]

    assert ids[0] == ids[1] != ids[2]
    assert letter_of_record("p", b"ra\xff", b"", "broken", now).feed == "ra\ufffd"
