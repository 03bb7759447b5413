"""Real connections to a real server: slow, large, many; a good one is answered all the while."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from citybrain.floor import http_server
from citybrain.floor.http_server import MOST_HEAD, BoundedHttp

GOOD = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def app(scope: Any, receive: Any, send: Any) -> None:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    told = str(len(body)).encode()
    headers = [(b"content-length", str(len(told)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": told})


@pytest.fixture
async def port(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[int]:
    monkeypatch.setattr(http_server, "HEAD_S", 0.4)
    monkeypatch.setattr(http_server, "BODY_S", 0.6)
    monkeypatch.setattr(http_server, "LOOK_S", 0.05)
    monkeypatch.setattr(http_server, "MOST_OPEN", 20)
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, http=BoundedHttp, lifespan="off", log_config=None
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await task


async def said(port: int, *pieces: bytes) -> bytes:
    """Return all that is answered to `pieces` until the server closes, or a whole answer came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(65_536), 10)
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_good_request_is_answered(port: int) -> None:
    assert (await said(port, GOOD)).startswith(b"HTTP/1.1 200 OK")
    body = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\n"
    assert (await said(port, body, b"a", b"bc")).endswith(b"3")


@pytest.mark.parametrize(
    "pieces",
    [(), (b"GET",), (b"GET / HTTP/1.1\r\n",), (b"GET / HTTP/1.1\r\nhost: x\r\nx: ",)],
    ids=["nothing", "method", "line", "headers"],
)
async def test_head_that_does_not_come_is_given_up(port: int, pieces: tuple[bytes, ...]) -> None:
    assert (await said(port, *pieces)).startswith(b"HTTP/1.1 408 Request Timeout")


async def test_body_that_does_not_come_is_given_up(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n"

    assert (await said(port, head, b"abc")).startswith(b"HTTP/1.1 408 Request Timeout")


async def test_head_that_trickles_in_is_given_up_all_the_same(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = asyncio.create_task(reader.read(1_000))
    writer.write(b"GET / HTTP/1.1\r\n")
    while not answer.done():
        writer.write(b"x: y\r\n")
        await asyncio.sleep(0.02)

    assert answer.result().startswith(b"HTTP/1.1 408")
    writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"a" * MOST_HEAD + b" HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nx: " + b"a" * MOST_HEAD + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * MOST_HEAD + b"\r\n",
    ],
    ids=["address", "header", "headers"],
)
async def test_head_that_is_too_large_is_refused(port: int, head: bytes) -> None:
    assert (await said(port, head)).startswith(b"HTTP/1.1 431 Request Header Fields Too Large")


async def test_many_that_say_nothing_shut_nobody_out(port: int) -> None:
    idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(100)]

    assert (await said(port, GOOD)).startswith(b"HTTP/1.1 200 OK")
    for _, writer in idle:
        writer.close()


async def test_connection_that_is_kept_is_good_for_more(port: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(3):
        writer.write(GOOD)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 OK")
        assert await reader.readexactly(1) == b"0"
    writer.close()


@pytest.mark.parametrize(
    "noise",
    [
        b"\x00\xff\xfe\r\n\r\n",
        b"GET \xff HTTP/1.1\r\n\r\n",
        b"GET http:// HTTP/9\r\n\r\n",
        b"\r\n" * 9,
    ],
    ids=["bytes", "address", "version", "lines"],
)
async def test_noise_is_answered_by_a_refusal(port: int, noise: bytes) -> None:
    answer = await said(port, noise)

    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 408"))
