"""The desk's doors on the screens' server: JSON under /desk/api/, the live list at /desk/live."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket

from citybrain.workflow.scope import Scope
from dashboards.desk.desk_service import DeskService
from dashboards.desk.rights import ACTIONS
from dashboards.desk.silence_forms import SilenceForm
from dashboards.desks.desk_requests import answer, follow_list, own_post, ready, signed_in
from dashboards.desks.desk_session import DeskGate
from dashboards.desks.forms import IdsForm, read, read_commands

API = "/desk/api/"
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
        return await answer(lambda: ready(service.me(signed_in(request, gate))))

    @server.get(API + "alerts/{alert_id}")
    async def alert(request: Request, alert_id: str) -> Response:
        return await answer(lambda: service.alert(signed_in(request, gate), alert_id))

    @server.get(API + "closed")
    async def closed(request: Request) -> Response:
        return await answer(lambda: service.closed(signed_in(request, gate)))

    @server.get(API + "silences")
    async def silences(request: Request) -> Response:
        return await answer(lambda: service.silences(signed_in(request, gate)))

    @server.get(API + "shift")
    async def shift(request: Request, hours: int = 8) -> Response:
        return await answer(lambda: service.shift(signed_in(request, gate), hours))


def _add_commands(server: FastAPI, service: DeskService, gate: DeskGate) -> None:
    @server.post(API + "commands")
    async def commands(request: Request) -> Response:
        async def send() -> Any:
            session, body = await own_post(request, gate)
            return await service.command(session, read_commands(body, COMMANDS))

        return await answer(send, done=202)

    @server.post(API + "outcomes")
    async def outcomes(request: Request) -> Response:
        async def ask() -> Any:
            session, body = await own_post(request, gate)
            return await service.outcomes(session, read(body, IdsForm).ids)

        return await answer(ask)


def _add_silences(server: FastAPI, service: DeskService, gate: DeskGate) -> None:
    @server.post(API + "silences")
    async def silence(request: Request) -> Response:
        async def send() -> Any:
            session, body = await own_post(request, gate)
            return await service.silence(session, read(body, SilenceForm))

        return await answer(send, done=202)

    @server.post(API + "silences/preview")
    async def preview(request: Request) -> Response:
        async def count() -> Any:
            session, body = await own_post(request, gate)
            return await service.preview(session, read(body, SilenceForm))

        return await answer(count)


def _add_live(server: FastAPI, service: DeskService, gate: DeskGate) -> None:
    @server.websocket("/desk/live")
    async def follow(socket: WebSocket) -> None:
        await follow_list(socket, gate, service.live.alerts, Scope.of)
