"""A request's body, read piece by piece, and the question of whether it comes from this machine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from citybrain.roof.local.inflate import Inflate

_PIECE = 512 * 1024
_LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")


class Gone(Exception):
    """The client went away before its body was whole."""


def is_local(headers: Mapping[str, str]) -> bool:
    """Whether a program on this machine sent the request, not a page in a browser."""
    host = headers.get("host", "")
    name = host if host.endswith("]") else host.rpartition(":")[0] or host
    from_page = "origin" in headers or headers.get("sec-fetch-site", "none") != "none"
    return name in _LOCAL_HOSTS and not from_page


class StoreBody:
    """The decoded content of a request, which is read once, in pieces of about half a MiB."""

    def __init__(self, receive: Callable[[], Awaitable[dict[str, Any]]], inflate: Inflate) -> None:
        """Read from the ASGI server's `receive` through `inflate`."""
        self._receive = receive
        self._inflate = inflate
        self._more = True

    async def next(self) -> bytes:
        """Return the next piece, b"" at the end.

        Raises:
            Gone: the client went away.
            ValueError: the content is not what Content-Encoding says.
        """
        return await self._at_least(_PIECE)

    async def first(self, size: int) -> bytes:
        """Return a first piece of `size` bytes or more, less only where the body is shorter.

        Raises:
            Gone: the client went away.
            ValueError: as `next`.
        """
        return await self._at_least(size)

    async def rest(self, limit: int) -> bytes:
        """Return all that is left.

        Raises:
            Gone: the client went away.
            ValueError: as `next`, or there is more than `limit` bytes.
        """
        pieces, size = [], 0
        while piece := await self.next():
            size += len(piece)
            if size > limit:
                raise ValueError(f"a statement of more than {limit} bytes; send rows as INSERT")
            pieces.append(piece)
        return b"".join(pieces)

    async def _at_least(self, size: int) -> bytes:
        pieces: list[bytes] = []
        have = 0
        while self._more and have < size:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise Gone
            self._more = message.get("more_body", False)
            piece = self._decode(message.get("body", b""))
            have += len(piece)
            pieces.append(piece)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _decode(self, data: bytes) -> bytes:
        try:
            return self._inflate.decompress(data)
        except Exception as error:
            raise ValueError(f"the body is not of its Content-Encoding: {error}") from error
