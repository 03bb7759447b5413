"""Text of two or four bytes a character (UTF-16, UTF-32), read as UTF-8.

Excel saves "Unicode text" so, Windows' tools and some databases too. All readers cut bytes at
newlines and separators, which only holds where no character contains them: so such text is turned
into UTF-8 as it is read. What is no character there becomes bytes that are none in UTF-8 either, so
that the one row that holds them is refused, not its neighbours.
"""

from __future__ import annotations

import codecs
import io
from typing import BinaryIO, cast

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DECLARED = {"utf-16": "utf-16-le", "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be"}
"""What a sender may call it → how it is read where no byte order mark says more."""
LOOK = 64 * 1024
"""Bytes at the beginning by which it is found out."""
_BLOCK = 64 * 1024
_FEWEST, _SHARE, _STRAY = 3, 0.02, 0.5
_BROKEN = b"\xff"


def wide_encoding(head: bytes) -> str:
    """Return in which of these encodings a text is that begins with `head`; "": in none.

    A byte order mark decides. Without one, every character of ASCII (a separator, a digit, a
    newline) shows as a byte 0, most of those at even places, or most at odd ones.
    """
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    head = head[:LOOK]
    if b"\0" not in head:
        return ""
    even, odd = head[::2].count(0), head[1::2].count(0)
    most, least = max(even, odd), min(even, odd)
    if most < max(_FEWEST, _SHARE * len(head) / 2) or least > _STRAY * most:
        return ""
    name = "utf-16-le" if odd > even else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(name, "replace")
    return name if text[0] in "{[" or "\n" in text or "\r" in text else ""


def utf8_body(body: bytes) -> bytes:
    """Return `body` as UTF-8 where it is wide text; else as it is."""
    name = wide_encoding(body[:LOOK])
    if not name:
        return body
    return Utf8Stream(io.BytesIO(body), name).readall()


def utf8_stream(stream: BinaryIO, encoding: str) -> tuple[BinaryIO, str]:
    """Return `stream` from its beginning on, and its encoding; wide text comes as UTF-8.

    Args:
        stream: can be sought in.
        encoding: what is said of it, ``auto`` where nothing is.
    """
    stream.seek(0)
    name = wide_encoding(stream.read(LOOK)) or DECLARED.get(encoding, "")
    stream.seek(0)
    if not name:
        return stream, encoding
    return cast(BinaryIO, io.BufferedReader(Utf8Stream(stream, name), _BLOCK)), "utf-8"


class Utf8Stream(io.RawIOBase):
    """Wide text as a stream of UTF-8, without its byte order mark.

    It is sought in by reading again from the beginning, as in what is packed.
    """

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        """Read `stream`, which is in `encoding`, from its beginning."""
        self._stream, self._encoding = stream, encoding
        self._rewind()

    def _rewind(self) -> None:
        self._stream.seek(0)
        self._decoder = codecs.getincrementaldecoder(self._encoding)("surrogatepass")
        self._ready, self._at = b"", 0
        self._first, self._ended = True, False

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def seekable(self) -> bool:
        """Say that it can be sought in."""
        return True

    def tell(self) -> int:
        """Return how many bytes of UTF-8 were read."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to `offset`; only from the beginning, or from here."""
        if whence == io.SEEK_CUR:
            offset += self._at
        elif whence != io.SEEK_SET:
            raise io.UnsupportedOperation("wide text has no known end")
        if offset < self._at:
            self._rewind()
        while self._at < offset and self.read(min(_BLOCK, offset - self._at)):
            pass
        return self._at

    def readinto(self, buffer: object) -> int:
        """Fill `buffer` as far as there is text; return how many bytes."""
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        while not self._ready and not self._ended:
            self._ready = self._next()
        part = self._ready[: len(view)]
        view[: len(part)] = part
        self._ready = self._ready[len(part) :]
        self._at += len(part)
        return len(part)

    def _next(self) -> bytes:
        """Return the next block as UTF-8; b"" at the end, or where a block holds no character."""
        block = self._stream.read(_BLOCK)
        self._ended = not block
        try:
            data = self._decoder.decode(block, final=not block).encode("utf-8", "surrogatepass")
        except UnicodeDecodeError:  # half a character at the end, or a number that is none
            data = self._broken(block)
        if self._first and data:
            self._first = False
            data = data.removeprefix(codecs.BOM_UTF8)
        return data

    def _broken(self, block: bytes) -> bytes:
        """Return a block with what cannot be decoded marked, character by character."""
        pending = self._decoder.getstate()[0] + block
        self._decoder.reset()
        width = 4 if "32" in self._encoding else 2
        parts: list[bytes] = []
        for at in range(0, len(pending), width):
            try:
                text = self._decoder.decode(pending[at : at + width], final=not block)
            except UnicodeDecodeError:
                self._decoder.reset()
                parts.append(_BROKEN)
            else:
                parts.append(text.encode("utf-8", "surrogatepass"))
        return b"".join(parts)
