"""Records of `city.rule-inputs`."""

from __future__ import annotations

import pytest

from citybrain.floor.errors import EnvelopeError
from streams.ruling.intake.inputs import COLUMNS, Excerpt, Pulse, decode, encode
from tests.streams.ruling.rig import Seen, excerpt, pulse


def test_decode_when_an_excerpt_was_encoded_then_it_is_the_same() -> None:
    sent = excerpt([Seen(0, value=1.5, attrs={"lane": "2"}), Seen(1)], offset=7)

    got = decode(encode(sent))

    assert isinstance(got, Excerpt)
    assert got.header == sent.header
    assert got.table.equals(sent.table)


def test_decode_when_an_excerpt_holds_no_event_then_its_header_is_there() -> None:
    sent = Excerpt(excerpt([Seen(0)], offset=7).header, COLUMNS.empty_table())

    got = decode(encode(sent))

    assert isinstance(got, Excerpt)
    assert got.table.num_rows == 0
    assert got.header.offset == 7


def test_decode_when_a_pulse_was_encoded_then_it_is_the_same() -> None:
    assert decode(encode(pulse(5))) == pulse(5)


@pytest.mark.parametrize(
    "value", [b"", b"{", b'{"at_ms": 1}', b"noise", encode(excerpt([Seen(0)], offset=1))[:200]]
)
def test_decode_when_it_is_neither_then_says_so(value: bytes) -> None:
    with pytest.raises(EnvelopeError, match=r"^not an excerpt: "):
        decode(value)


def test_pulse_when_it_names_partitions_then_as_text() -> None:
    assert encode(Pulse(5, {"0": 4})) == b'{"at_ms":5,"reached":{"0":4}}'
