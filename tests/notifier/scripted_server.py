"""A server on 127.0.0.1 that says exactly the bytes that a test gives it, or nothing at all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from citybrain.floor.wire_text import wire_json

REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden"}


@dataclass
class ScriptedServer:
    """What is said, and what came.

    Attributes:
        answer: the bytes; None: nothing is said until the other side goes away.
        port: where it listens.
        requests: head and body of each request, in order.
    """

    answer: bytes | None
    port: int = 0
    requests: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def host(self) -> str:
        """Where it is reached."""
        return f"127.0.0.1:{self.port}"


def answered(
    status: int = 200,
    body: object = b"",
    *,
    headers: dict[str, str] | None = None,
    length: int | None = None,
) -> bytes:
    """Return an HTTP answer; `length` is what it claims to be long."""
    content = body if isinstance(body, bytes) else wire_json(body)
    lines = {"Content-Type": "application/json", **(headers or {})}
    lines |= {"Content-Length": str(len(content) if length is None else length)}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"HTTP/1.1 {status} {REASONS.get(status, 'So')}\r\n{head}\r\n".encode() + content


@asynccontextmanager
async def scripted(answer: bytes | None) -> AsyncIterator[ScriptedServer]:
    """Serve `answer` to every request while the block runs; connections are closed after it."""
    found = ScriptedServer(answer)

    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.add(task)
        try:
            await _serve(found, reader, writer)
        finally:
            writer.transport.abort()
            serving.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)
        await asyncio.sleep(0)  # the loop takes the sockets away


async def _serve(
    found: ScriptedServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lines = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(lines.get("content-length", "0")))
        found.requests.append((head, body))
        if found.answer is None:
            await reader.read()
        else:
            writer.write(found.answer)
            await writer.drain()
            writer.close()
            await writer.wait_closed()
