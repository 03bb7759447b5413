"""Bodies in pieces, and who may ask."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Awaitable, Callable
from typing import Any

import lz4.frame
import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from citybrain.roof.local.inflate import inflate
from citybrain.roof.local.store_request import Gone, StoreBody, is_local

DATA = b"row\n" * 50_000
ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstd.compress,
}


def receiving(
    pieces: list[bytes], *, gone: bool = False
) -> Callable[[], Awaitable[dict[str, Any]]]:
    left = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
    end = {"type": "http.disconnect"} if gone else {"type": "http.request", "body": b""}

    async def receive() -> dict[str, Any]:
        return left.pop(0) if left else end

    return receive


@pytest.mark.parametrize("encoding", ENCODERS)
async def test_body_is_decoded_piece_by_piece(encoding: str) -> None:
    sent = ENCODERS[encoding](DATA)
    pieces = [sent[at : at + 1000] for at in range(0, len(sent), 1000)]
    body = StoreBody(receiving(pieces), inflate(encoding))
    first = await body.first(10)
    assert first + await body.rest(len(DATA)) == DATA


@pytest.mark.parametrize("encoding", ["lz4", "zstd"])
@given(cut=st.integers(1, 200))
def test_frames_one_after_the_other_are_one_content(encoding: str, cut: int) -> None:
    sent = b"".join(ENCODERS[encoding](block) for block in (b"one", b"two", b"three"))
    decoder = inflate(encoding)
    found = [decoder.decompress(sent[at : at + cut]) for at in range(0, len(sent), cut)]
    assert b"".join(found) == b"onetwothree"


def test_unknown_encoding_is_told_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="known") as caught:
        inflate("br")
    assert str(caught.value) == (
        "Content-Encoding 'br' is not known; send one of identity, gzip, deflate, lz4, zstd"
    )


async def test_garbage_is_told() -> None:
    body = StoreBody(receiving([b"garbage" * 100]), inflate("lz4"))
    with pytest.raises(ValueError, match=r"^the body is not of its Content-Encoding: "):
        await body.next()


async def test_statement_beyond_the_limit_is_refused() -> None:
    body = StoreBody(receiving([b"x" * 600_000] * 3), inflate(""))
    with pytest.raises(ValueError, match=r"^a statement of more than 1000000 bytes; send rows"):
        await body.rest(1_000_000)


async def test_client_that_went_away_is_noticed() -> None:
    body = StoreBody(receiving([b"half"], gone=True), inflate(""))
    with pytest.raises(Gone):
        await body.first(10)


@pytest.mark.parametrize(
    ("headers", "local"),
    [
        ({"host": "127.0.0.1:18123"}, True),
        ({"host": "localhost"}, True),
        ({"host": "[::1]:18123"}, True),
        ({"host": "evil.example:18123"}, False),
        ({"host": "127.0.0.1.evil.example"}, False),
        ({}, False),
        ({"host": "127.0.0.1:18123", "origin": "https://evil.example"}, False),
        ({"host": "127.0.0.1:18123", "sec-fetch-site": "cross-site"}, False),
        ({"host": "127.0.0.1:18123", "sec-fetch-site": "none"}, True),
    ],
)
def test_only_programs_of_this_machine_get_in(headers: dict[str, str], local: bool) -> None:
    assert is_local(headers) is local
