"""The desk's doors on the screens' server: JSON under /desk/api/, the live list at /desk/live."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response, WebSocket, WebSocketDisconnect

from citybrain.floor.clock import monotonic
from citybrain.floor.errors import BusError, StoreError
from citybrain.floor.text import Text
from citybrain.workflow.scope import Scope
from dashboards.desk.desk_service import DeskService
from dashboards.desk.desk_session import DeskGate, DeskSession
from dashboards.desk.forms import FormRefusal, OutcomesForm, read, read_commands
from dashboards.desk.rights import ACTIONS
from dashboards.desk.silence_forms import SilenceForm
from dashboards.security import foreign

API = "/desk/api/"
SIGNED_OUT = 4401
REFUSED = 4403
LOOK_AGAIN_S = 10.0
LONGEST_BODY = 512 * 1024
COMMANDS = ACTIONS - {"silence"}
"""What may be sent as it is; a silence is made by the server, which counts what it hides."""


def add_routes(server: FastAPI, service: DeskService, gate: DeskGate) -> None:
    """Add the desk's routes to `server`; all but signed-in people are refused."""
    _add_reading(server, service, gate)
    _add_commands(server, service, gate)
    _add_silences(server, service, gate)
    _add_live(server, service, gate)


def _add_reading(server: FastAPI, service: DeskService, gate: DeskGate) -> None:
    @server.get(API + "me")
    async def me(request: Request) -> Response:
        return await _answer(lambda: _ready(service.me(_session(request, gate))))

    @server.get(API + "alerts/{alert_id}")
    async def alert(request: Request, alert_id: str) -> Response:
        return await _answer(lambda: service.alert(_session(request, gate), alert_id))

    @server.get(API + "closed")
    async def closed(request: Request) -> Response:
        return await _answer(lambda: service.closed(_session(request, gate)))

    @server.get(API + "silences")
    async def silences(request: Request) -> Response:
        return await _answer(lambda: service.silences(_session(request, gate)))

    @server.get(API + "shift")
    async def shift(request: Request, hours: int = 8) -> Response:
        return await _answer(lambda: service.shift(_session(request, gate), hours))


def _add_commands(server: FastAPI, service: DeskService, gate: DeskGate) -> None:
    @server.post(API + "commands")
    async def commands(request: Request) -> Response:
        async def send() -> Any:
            session, body = await _own_post(request, gate)
            return await service.command(session, read_commands(body, COMMANDS))

        return await _answer(send, done=202)

    @server.post(API + "outcomes")
    async def outcomes(request: Request) -> Response:
        async def ask() -> Any:
            session, body = await _own_post(request, gate)
            return await service.outcomes(session, read(body, OutcomesForm).ids)

        return await _answer(ask)


def _add_silences(server: FastAPI, service: DeskService, gate: DeskGate) -> None:
    @server.post(API + "silences")
    async def silence(request: Request) -> Response:
        async def send() -> Any:
            session, body = await _own_post(request, gate)
            return await service.silence(session, read(body, SilenceForm))

        return await _answer(send, done=202)

    @server.post(API + "silences/preview")
    async def preview(request: Request) -> Response:
        async def count() -> Any:
            session, body = await _own_post(request, gate)
            return await service.preview(session, read(body, SilenceForm))

        return await _answer(count)


def _add_live(server: FastAPI, service: DeskService, gate: DeskGate) -> None:
    @server.websocket("/desk/live")
    async def follow(socket: WebSocket) -> None:
        if foreign(socket.headers):
            await socket.close(REFUSED, "foreign origin")
            return
        session = gate.current(socket)
        # Accepted before it is refused: a browser does not tell its page why a handshake failed.
        await socket.accept()
        if session is None:
            await socket.close(SIGNED_OUT, "signed out")
        else:
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await _follow(socket, session, service, gate)


async def _follow(
    socket: WebSocket, session: DeskSession, service: DeskService, gate: DeskGate
) -> None:
    scope, looked_at = Scope.of(session), monotonic()
    channel = service.live.alerts.enter(scope)
    try:
        async for text in channel.follow():
            if monotonic() - looked_at > LOOK_AGAIN_S:
                # Who was signed out, or may see less by now, must not go on looking.
                session_now, looked_at = gate.current(socket), monotonic()
                if session_now is None or Scope.of(session_now) != scope:
                    await socket.close(SIGNED_OUT, "signed out")
                    return
            await socket.send_text(text)
    finally:
        service.live.alerts.leave(scope)


async def _answer(act: Callable[[], Awaitable[Any]], *, done: int = 200) -> Response:
    try:
        return _json(await act(), done)
    except FormRefusal as refusal:
        return _json({"error": str(refusal), "words": refusal.said.both()}, refusal.status)
    except StoreError as error:
        return _json(
            {"error": str(error), "words": ["数据库无应答", "the store does not answer"]}, 503
        )
    except BusError as error:
        words = (
            "消息总线无应答，操作没有被确认",
            "Kafka did not confirm it; it was perhaps not done",
        )
        return _json({"error": str(error), "words": words}, 503)


def _session(request: Request, gate: DeskGate) -> DeskSession:
    session = gate.current(request)
    if session is None:
        raise FormRefusal(401, Text("请先登录", "sign in first"))
    return session


async def _own_post(request: Request, gate: DeskGate) -> tuple[DeskSession, bytes]:
    """Return whose request it is and its body.

    Raises:
        Refusal: nobody's who signed in, from a foreign page, without the session's token, too long.
    """
    session = _session(request, gate)
    token = request.headers.get("x-csrf-token", "")
    if foreign(request.headers) or not _same(token, session.csrf):
        words = "the request carries no valid X-CSRF-Token; reload the page"
        raise FormRefusal(403, Text("页面令牌失效，请刷新页面", words))
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            raise FormRefusal(
                413, Text("请求过大", f"request: more than {LONGEST_BODY} bytes; send less")
            )
    return session, body


def _same(token: str, expected: str) -> bool:
    return bool(expected) and hmac.compare_digest(token.encode(), expected.encode())


def _json(body: Any, status: int) -> Response:
    headers = {"cache-control": "no-store"}
    content = msgspec.json.encode(body)
    return Response(content, status, headers, media_type="application/json")


async def _ready(value: Any) -> Any:
    return value
