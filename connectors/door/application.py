"""The gateway's ASGI application: the push door and what operators ask of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import msgspec
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from citybrain.city.records import City
from connectors.door.alertmanager_door import AlertDoor
from connectors.door.answers import Answer, DoorRefusal
from connectors.door.door_parts import IntakeGate
from connectors.door.metrics import CONTENT_TYPE, GatewayMetrics
from connectors.door.openapi import DOCUMENT, PAGE
from connectors.door.push_door import PushDoor

log = structlog.get_logger(__name__)
_SAFE = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_PAGE_POLICY = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}


async def _nothing(_city: City) -> None:
    """Go by the city as it was."""


@dataclass(frozen=True)
class GatewayService:
    """What the application serves, and what to do when it starts, ends, and the city changed."""

    door: PushDoor
    gate: IntakeGate
    metrics: GatewayMetrics
    alerts: AlertDoor
    start: Callable[[], None] = lambda: None
    stop: Callable[[], None] = lambda: None
    reload: Callable[[City], Awaitable[None]] = _nothing


def make_application(
    service: GatewayService, beside: Callable[[], Awaitable[None]] | None = None
) -> Starlette:
    """Return the application; `beside` runs on its loop for as long as it serves."""

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        service.start()
        running = asyncio.ensure_future(beside()) if beside else None
        try:
            yield
        finally:
            if running:
                running.cancel()
            service.stop()

    pages = _Pages(service)
    return Starlette(
        routes=[
            Route("/v1/feeds/{feed}/events", pages.push, methods=["POST"]),
            Route("/api/v2/alerts", pages.alerts, methods=["POST"]),
            Route("/healthz", pages.healthz),
            Route("/readyz", pages.readyz),
            Route("/metrics", pages.metrics),
            Route("/openapi.json", pages.openapi),
            Route("/docs", pages.docs),
        ],
        lifespan=lifespan,
        exception_handlers={HTTPException: _http_error, Exception: _broken},
    )


class _Pages:
    def __init__(self, service: GatewayService) -> None:
        self._service = service

    async def push(self, request: Request) -> Response:
        try:
            return _response(await self._service.door.push(request))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it

    async def alerts(self, request: Request) -> Response:
        try:
            return _response(await self._service.alerts.push(request))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it

    async def healthz(self, _: Request) -> Response:
        reason = self._service.gate.reason()
        return _json(200, {"live": True, "ready": not reason, "reason": reason})

    async def readyz(self, _: Request) -> Response:
        reason = self._service.gate.reason()
        return _json(503 if reason else 200, {"ready": not reason, "reason": reason})

    async def metrics(self, _: Request) -> Response:
        return Response(self._service.metrics.text(), media_type=CONTENT_TYPE)

    async def openapi(self, _: Request) -> Response:
        return _json(200, DOCUMENT)

    async def docs(self, _: Request) -> Response:
        return Response(PAGE, media_type="text/html; charset=utf-8", headers=_PAGE_POLICY)


async def _http_error(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    if status == 405:  # noqa: PLR2004
        refusal = DoorRefusal(405, "wrong_method", "this path takes another method", "see /docs")
    else:
        refusal = DoorRefusal(404, "unknown_path", "there is nothing at this path", "see /docs")
    return _response(refusal.answer())


async def _broken(_: Request, error: Exception) -> Response:
    log.error("request_failed", exc_info=error)
    remedy = "send it again later; the operator finds the cause in the gateway's log"
    return _response(DoorRefusal(500, "internal", "the gateway failed", remedy).answer())


def _response(answer: Answer) -> Response:
    return Response(
        answer.body,
        answer.status,
        headers={**_SAFE, **answer.headers},
        media_type="application/json",
    )


def _json(status: int, content: object) -> Response:
    return _response(Answer(status, msgspec.json.encode(content)))
