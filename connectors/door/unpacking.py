"""Unpack a request's body, in bounded memory and in time that grows with its size alone."""

from __future__ import annotations

import zlib

from connectors.door.answers import DoorRefusal

MAX_BODY = 32 * 1024 * 1024
"""Bytes of a body as it comes."""
MAX_UNPACKED = 64 * 1024 * 1024
"""Bytes of an unpacked body."""
GUNZIP_BYTES = 16 * 1024
"""Bytes that are unpacked at once: what a member leaves over of them is copied."""


def unpack(body: bytes, encoding: str, *, most: int = MAX_UNPACKED) -> bytes:
    """Return `body` without its Content-Encoding; never more than `most` bytes.

    Raises:
        Refusal: the encoding is not gzip, the body is not what it says, or too much.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        message = f"Content-Encoding {encoding[:40]!r} is not read here"
        raise DoorRefusal(415, "unsupported_encoding", message, "send gzip or nothing")
    try:
        return _gunzip(memoryview(body), most)
    except zlib.error as error:
        message = f"the body is not gzip: {error}"
        remedy = "send it again whole, or without Content-Encoding"
        raise DoorRefusal(400, "bad_gzip", message, remedy) from error


def _gunzip(body: memoryview, most: int) -> bytes:
    """Return what the members of `body` unpack to; in time that grows with its size alone."""
    parts = bytearray()
    at = 0
    while at < len(body):
        member = zlib.decompressobj(wbits=31)
        while not member.eof:
            step = body[at : at + GUNZIP_BYTES]
            if not step:
                raise zlib.error("it ends too early")
            parts += member.decompress(step, most + 1 - len(parts))
            if len(parts) > most:
                raise too_large(f"the body unpacks to more than {most} bytes")
            at += len(step) - len(member.unused_data)
    return bytes(parts)


def too_large(message: str) -> DoorRefusal:
    """Return the refusal of too large a body."""
    return DoorRefusal(413, "too_large", message, "send it in several smaller bodies")
