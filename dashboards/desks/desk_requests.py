"""Requests to a desk: whose they are, and how they are answered; whatever goes wrong, in words."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from fastapi import Request, Response, WebSocket, WebSocketDisconnect

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError, StoreError
from citybrain.floor.text import Text
from citybrain.workflow.scope import Scope
from dashboards.desks.desk_session import DeskGate, DeskSession
from dashboards.desks.forms import FormRefusal
from dashboards.lists.live_list import LiveList
from dashboards.security import foreign

SIGNED_OUT = 4401
REFUSED = 4403
LOOK_AGAIN_S = 10.0
LONGEST_BODY = 512 * 1024
ScopeOf = Callable[[DeskSession], Scope]


class Answered(NamedTuple):
    """An answer that is no JSON: a file.

    Attributes:
        content: its bytes.
        media_type: what they are.
        headers: what goes with them.
    """

    content: bytes
    media_type: str
    headers: dict[str, str]


async def answer(act: Callable[[], Awaitable[Any]], *, done: int = 200) -> Response:
    """Return what `act` does, as JSON or as a file, or why it could not, in words."""
    try:
        made = await act()
        if isinstance(made, Answered):
            return Response(made.content, done, made.headers, media_type=made.media_type)
        return json_answer(made, done)
    except FormRefusal as refusal:
        return json_answer({"error": str(refusal), "words": refusal.said.both()}, refusal.status)
    except StoreError as error:
        return json_answer(
            {"error": str(error), "words": ["数据库无应答", "the store does not answer"]}, 503
        )
    except BusError as error:
        words = (
            "消息总线无应答，操作没有被确认",
            "Kafka did not confirm it; it was perhaps not done",
        )
        return json_answer({"error": str(error), "words": words}, 503)


def signed_in(request: Request, gate: DeskGate) -> DeskSession:
    """Return whose request it is.

    Raises:
        FormRefusal: nobody's who signed in.
    """
    session = gate.current(request)
    if session is None:
        raise FormRefusal(401, Text("请先登录", "sign in first"))
    return session


async def own_post(
    request: Request, gate: DeskGate, *, longest: int = LONGEST_BODY
) -> tuple[DeskSession, bytes]:
    """Return whose request it is and its body, of `longest` bytes at most.

    Raises:
        FormRefusal: nobody's who signed in, from a foreign page, without the session's token, too
            long.
    """
    session = signed_in(request, gate)
    token = request.headers.get("x-csrf-token", "")
    if foreign(request.headers) or not _same(token, session.csrf):
        words = "the request carries no valid X-CSRF-Token; reload the page"
        raise FormRefusal(403, Text("页面令牌失效，请刷新页面", words))
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > longest:
            words = f"request: more than {longest} bytes; send less"
            raise FormRefusal(413, Text("请求过大", words))
    return session, bytes(body)


async def follow_list(
    socket: WebSocket, gate: DeskGate, records: LiveList[Any], scope_of: ScopeOf
) -> None:
    """Serve the live list `records` on `socket`, as far as whoever asks may see it."""
    if foreign(socket.headers):
        await socket.close(REFUSED, "foreign origin")
        return
    session = gate.current(socket)
    # Accepted before it is refused: a browser does not tell its page why a handshake failed.
    await socket.accept()
    if session is None:
        await socket.close(SIGNED_OUT, "signed out")
        return
    scope = scope_of(session)
    channel, looked_at = records.enter(scope), monotonic()
    try:
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            async for text in channel.follow():
                if monotonic() - looked_at > LOOK_AGAIN_S:
                    # Who was signed out, or may see less by now, must not go on looking.
                    session_now, looked_at = gate.current(socket), monotonic()
                    if session_now is None or scope_of(session_now) != scope:
                        await socket.close(SIGNED_OUT, "signed out")
                        return
                await socket.send_text(text)
    finally:
        records.leave(scope)


def json_answer(body: Any, status: int) -> Response:
    """Return `body` as JSON that nobody keeps."""
    headers = {"cache-control": "no-store"}
    content = msgspec.json.encode(body)
    return Response(content, status, headers, media_type="application/json")


async def ready(value: Any) -> Any:
    """Return `value`, which is known already, to who waits."""
    return value


def _same(token: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())
