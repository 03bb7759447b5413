"""Undo a request body's Content-Encoding piece by piece, so that it is never held as a whole."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Protocol

import lz4.frame
from backports import zstd


class Inflate(Protocol):
    """Turns the next piece of the body into the next piece of the content."""

    def decompress(self, data: bytes, /) -> bytes:
        """Return what `data` adds to the content.

        Raises:
            Exception: `data` is not of the encoding; each library raises its own.
        """
        ...


class Plain:
    """No encoding."""

    def decompress(self, data: bytes, /) -> bytes:
        """Return `data` itself."""
        return data


_AUTO_HEADER = 32 + zlib.MAX_WBITS
_KNOWN: dict[str, Callable[[], Any]] = {
    "": Plain,
    "identity": Plain,
    "gzip": lambda: zlib.decompressobj(_AUTO_HEADER),
    "deflate": lambda: zlib.decompressobj(_AUTO_HEADER),
    "lz4": lambda: _Frames(lz4.frame.LZ4FrameDecompressor),
    "zstd": lambda: _Frames(zstd.ZstdDecompressor),
}


def inflate(encoding: str) -> Inflate:
    """Return the decoder of one body.

    Raises:
        ValueError: the encoding is none that we know; the message names those.
    """
    if encoding not in _KNOWN:
        known = ", ".join(name for name in _KNOWN if name)
        raise ValueError(f"Content-Encoding {encoding!r} is not known; send one of {known}")
    decoder: Inflate = _KNOWN[encoding]()
    return decoder


class _Frames:
    """A body may be many frames one after the other: clickhouse-connect sends one a block."""

    def __init__(self, frame: Callable[[], Any]) -> None:
        self._make = frame
        self._frame = frame()

    def decompress(self, data: bytes, /) -> bytes:
        pieces = []
        while data:
            if self._frame.eof:
                self._frame = self._make()
            pieces.append(self._frame.decompress(data))
            data = (self._frame.unused_data or b"") if self._frame.eof else b""
        return b"".join(pieces)
