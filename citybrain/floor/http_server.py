"""HTTP within bounds, for every port that we listen on: how many, how large, how slow.

uvicorn leaves connections, heads and bodies to come as slowly and as large as they like. Here a
head has `HEAD_S` seconds and `MOST_HEAD` bytes, a body `BODY_S` seconds, and of `MOST_OPEN`
connections the longest idle makes room for a new one; so who opens many and says nothing shuts
nobody out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from citybrain.floor.clock import monotonic

MOST_HEAD = 32 * 1024
MOST_OPEN = 1_000
MOST_SOCKETS = 2_000
HEAD_S, BODY_S = 10.0, 65.0
"""Seconds; a door that has a time of its own for bodies answers sooner."""
LOOK_S = 1.0


class HeadTooLargeError(Exception):
    """The head of a request is larger than `MOST_HEAD`."""


class OpenConnections:
    """The connections of one server, and who looks after those that are late."""

    def __init__(self, later: Callable[[float, Callable[[], None]], object]) -> None:
        """Look by `later`, which calls something after so many seconds."""
        self._later, self._looking = later, False
        self.held: dict[BoundedHttp, None] = {}

    def add(self, connection: BoundedHttp) -> None:
        """Hold one more; where there are too many, the longest idle is closed."""
        self.held[connection] = None
        if not self._looking:
            self._looking = True
            self._later(LOOK_S, self._look)
        if len(self.held) > MOST_OPEN:
            others = (one for one in self.held if one.is_idle and one is not connection)
            next(others, connection).give_up(HTTPStatus.SERVICE_UNAVAILABLE)

    def drop(self, connection: BoundedHttp) -> None:
        """Hold one no longer."""
        self.held.pop(connection, None)

    def _look(self) -> None:
        now = monotonic()
        for one in [each for each in self.held if each.is_late(now)]:
            one.give_up(HTTPStatus.REQUEST_TIMEOUT)
        self._looking = bool(self.held)
        if self._looking:
            self._later(LOOK_S, self._look)


_SERVERS: WeakKeyDictionary[object, OpenConnections] = WeakKeyDictionary()


class BoundedHttp(HttpToolsProtocol):
    """A connection, with a deadline for what is to come."""

    def __init__(self, *given: Any, **more: Any) -> None:
        """Wait for a connection."""
        super().__init__(*given, **more)
        self._deadline: float | None = None
        self._head_bytes = 0
        self._refusal: HTTPStatus | None = None
        if self.server_state not in _SERVERS:
            _SERVERS[self.server_state] = OpenConnections(self.loop.call_later)
        self._others = _SERVERS[self.server_state]

    @property
    def is_idle(self) -> bool:
        """Whether no request is being worked on."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def is_late(self, now: float) -> bool:
        """Whether what it waits for should have come by `now`."""
        return self._deadline is not None and self._deadline <= now

    def give_up(self, status: HTTPStatus) -> None:
        """Close the connection, with a word on why where none was begun."""
        if self.transport.is_closing():
            return
        if self.is_idle or not self.cycle.response_started:
            body = f"{status.phrase}\n".encode()
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\ncontent-length: {len(body)}\r\n"
            self.transport.write(head.encode() + b"connection: close\r\n\r\n" + body)
        self.transport.close()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head."""
        super().connection_made(transport)
        self._deadline = monotonic() + HEAD_S
        self._others.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._others.drop(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; from its first byte on a head has its time."""
        if self._deadline is None and self.is_idle:
            self._deadline = monotonic() + HEAD_S
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to read a head."""
        self._head_bytes = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        """Take a piece of the address."""
        self._count(url)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header."""
        self._count(name + value)
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Begin to read a body."""
        self._deadline = monotonic() + BODY_S
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Wait for nothing more: the application is at work."""
        self._deadline = None
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection on; where there are too many sockets, refuse it."""
        if len(self.connections) >= MOST_SOCKETS:
            self.give_up(HTTPStatus.SERVICE_UNAVAILABLE)
            return
        self._others.drop(self)
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Say that a request is none, or why it is refused."""
        if self._refusal is None:
            super().send_400_response(msg)
        else:
            self.give_up(self._refusal)

    def _count(self, piece: bytes) -> None:
        self._head_bytes += len(piece)
        if self._head_bytes > MOST_HEAD:
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            raise HeadTooLargeError
