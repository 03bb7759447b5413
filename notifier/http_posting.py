"""One POST and what came back: bounded in size, read as it comes, never followed elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from citybrain import __version__
from notifier.channel import ChannelError, RefusalKind

MOST_ANSWER = 64 * 1024
"""Bytes of an answer that are read; a service says what it has to say in a few hundred."""
_CHARSET = "utf-8"
_OK, _MULTIPLE, _CLIENT, _SERVER = 200, 300, 400, 500
_KINDS: Mapping[int, RefusalKind] = {
    401: RefusalKind.DENIED,
    403: RefusalKind.DENIED,
    404: RefusalKind.DENIED,
    405: RefusalKind.DENIED,
    407: RefusalKind.DENIED,
    408: RefusalKind.BUSY,
    410: RefusalKind.DENIED,
    413: RefusalKind.TOO_LONG,
    425: RefusalKind.BUSY,
    429: RefusalKind.LIMITED,
}


@dataclass(frozen=True)
class HttpAnswer:
    """What a server said.

    Attributes:
        status: of HTTP.
        headers: by name, in any case.
        body: its first 64 KiB, as it came; decoded by nobody.
        whole: whether that is all of it.
    """

    status: int
    headers: httpx.Headers
    body: bytes
    whole: bool

    @property
    def accepted(self) -> bool:
        """Whether HTTP itself says yes."""
        return _OK <= self.status < _MULTIPLE

    def json(self) -> dict[str, Any] | None:
        """Return the body as a JSON object, None where it is none or not all of it came."""
        if not self.whole or self.headers.get("Content-Encoding", "identity") != "identity":
            return None
        try:
            found = msgspec.json.decode(self._text())
        except (msgspec.DecodeError, RecursionError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _text(self) -> str:
        """Return the body by its charset, by UTF-8 where that is none: codes are digits anyway."""
        _, _, name = self.headers.get("Content-Type", "").lower().partition("charset=")
        try:
            text = self.body.decode(name.partition(";")[0].strip(" \"'") or _CHARSET, "replace")
        except (LookupError, ValueError):
            text = self.body.decode(_CHARSET, "replace")
        return text.removeprefix("\ufeff")


def kind_of_status(status: int) -> RefusalKind:
    """Return what kind of trouble an HTTP status that is no 2xx stands for."""
    if status >= _SERVER:
        return RefusalKind.BUSY
    if status < _CLIENT:
        return RefusalKind.DENIED
    return _KINDS.get(status, RefusalKind.REFUSED)


def http_client(transport: httpx.AsyncBaseTransport | None, *, proxies: bool) -> httpx.AsyncClient:
    """Return a client whose connections wait for nobody: each receiver has one at a time.

    Args:
        transport: what carries it; None: the network.
        proxies: whether the proxies of the environment are used.
    """
    return httpx.AsyncClient(
        transport=transport,
        timeout=None,  # noqa: S113  the caller cancels
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=20),
        follow_redirects=False,
        trust_env=proxies,
        headers={"User-Agent": f"citybrain/{__version__}", "Accept-Encoding": "identity"},
    )


async def post(
    client: httpx.AsyncClient,
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    scrub: Callable[[str], str],
) -> HttpAnswer:
    """POST `content` and return the answer.

    Args:
        client: of `http_client`.
        url: with its secret.
        content: the body.
        headers: beside the client's own.
        scrub: takes secrets out of a text.

    Raises:
        ChannelError: there is no answer, or it breaks off before its status is known.
    """
    try:
        async with client.stream("POST", url, content=content, headers=headers) as answer:
            body, whole = await _beginning(answer)
            return HttpAnswer(answer.status_code, answer.headers, body, whole)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        said = scrub(str(error)) or "no answer"
        raise ChannelError(f"{type(error).__name__}: {said}") from None


async def _beginning(answer: httpx.Response) -> tuple[bytes, bool]:
    """Return as much of the body as came, at most `MOST_ANSWER`, and whether it is all of it."""
    body = bytearray()
    try:
        async for chunk in answer.aiter_raw():
            body += chunk
            if len(body) > MOST_ANSWER:
                return bytes(body[:MOST_ANSWER]), False
    except httpx.HTTPError:
        return bytes(body), False
    return bytes(body), True
