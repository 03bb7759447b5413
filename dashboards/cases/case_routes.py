"""The case desk's doors: JSON under /cases/api/, the live list at /cases/live."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket

from citybrain.workflow.scope import NOTHING_SEEN, Scope
from dashboards.cases.case_forms import OpeningForm
from dashboards.cases.case_pages import QueueAsked
from dashboards.cases.case_service import CaseService
from dashboards.desks.desk_requests import answer, follow_list, own_post, ready, signed_in
from dashboards.desks.desk_session import DeskGate, DeskSession
from dashboards.desks.forms import FormRefusal, IdsForm, read, read_commands

API = "/cases/api/"


def add_case_routes(server: FastAPI, service: CaseService, gate: DeskGate) -> None:
    """Add the case desk's routes to `server`; all but signed-in people are refused."""
    _add_reading(server, service, gate)
    _add_commands(server, service, gate)
    _add_pages(server, service, gate)
    _add_live(server, service, gate)


def _add_reading(server: FastAPI, service: CaseService, gate: DeskGate) -> None:
    @server.get(API + "me")
    async def me(request: Request) -> Response:
        async def ask() -> Any:
            return service.me(signed_in(request, gate))

        return await answer(ask)

    @server.get(API + "cases/{name}")
    async def case(request: Request, name: str) -> Response:
        return await answer(lambda: service.case(signed_in(request, gate), name))

    @server.get(API + "cases/{name}/destination")
    async def destination(request: Request, name: str) -> Response:
        return await answer(lambda: ready(service.destination(signed_in(request, gate), name)))

    @server.get(API + "closed")
    async def closed(request: Request, words: str = "") -> Response:
        return await answer(lambda: service.closed(signed_in(request, gate), words))

    @server.get(API + "people")
    async def people(request: Request, unit: str = "") -> Response:
        return await answer(lambda: ready(service.colleagues(signed_in(request, gate), unit)))


def _add_commands(server: FastAPI, service: CaseService, gate: DeskGate) -> None:
    @server.post(API + "commands")
    async def commands(request: Request) -> Response:
        async def send() -> Any:
            session, body = await own_post(request, gate)
            return await service.command(session, read_commands(body, service.known_actions))

        return await answer(send, done=202)

    @server.post(API + "open")
    async def opening(request: Request) -> Response:
        async def send() -> Any:
            session, body = await own_post(request, gate)
            return await service.open(session, read(body, OpeningForm))

        return await answer(send, done=202)

    @server.post(API + "outcomes")
    async def outcomes(request: Request) -> Response:
        async def ask() -> Any:
            session, body = await own_post(request, gate)
            return await service.outcomes(session, read(body, IdsForm).ids)

        return await answer(ask)


def _add_pages(server: FastAPI, service: CaseService, gate: DeskGate) -> None:
    @server.post(API + "choices")
    async def choices(request: Request) -> Response:
        async def ask() -> Any:
            session, body = await own_post(request, gate)
            return await service.choices(session, read(body, IdsForm).ids)

        return await answer(ask)

    @server.post(API + "queue")
    async def queue(request: Request) -> Response:
        async def ask() -> Any:
            session, body = await own_post(request, gate)
            return await service.queue(session, read(body, QueueAsked))

        return await answer(ask)


def _add_live(server: FastAPI, service: CaseService, gate: DeskGate) -> None:
    def scope_of(session: DeskSession) -> Scope:
        try:
            return service.scope(session)
        except FormRefusal:
            return NOTHING_SEEN

    @server.websocket("/cases/live")
    async def follow(socket: WebSocket) -> None:
        await follow_list(socket, gate, service.live.cases, scope_of)
