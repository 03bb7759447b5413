"""What other systems read: the CAP feed of open alerts and each alert's message, under /open/.

A wall's token is enough, as cookie or ``Authorization: Bearer``: alerts hold no person's data.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol, TypeVar

from clickhouse_connect.driver.client import Client
from fastapi import FastAPI, Response

from citybrain.city import City
from citybrain.floor.clock import Clock
from citybrain.floor.errors import StoreError
from citybrain.workflow.scope import WHOLE_CITY
from dashboards import alert_queries
from dashboards.open import cap

T = TypeVar("T")
FEED = "/open/cap.atom"
MESSAGES = "/open/cap/"
_ID = re.compile(r"[0-9a-f-]{36}")


class AlertArchive(Protocol):
    """The store, as the desk asks it."""

    async def answer(self, question: Callable[[Client], T]) -> T:
        """Return what `question` returns; raises StoreError."""
        ...


def add_open_routes(server: FastAPI, city: City, archive: AlertArchive, clock: Clock) -> None:
    """Add the routes to `server`."""

    @server.get(FEED)
    async def feed() -> Response:
        try:
            found, _ = await archive.answer(alert_queries.open_alerts)
        except StoreError:
            return _away()
        listed = [one for one in found if one.state != "pending"]
        body = cap.feed(listed, city, clock.now(), MESSAGES)
        return Response(body, media_type="application/atom+xml")

    @server.get(MESSAGES + "{name}")
    async def message(name: str) -> Response:
        alert_id = name.removesuffix(".xml")
        if not _ID.fullmatch(alert_id):
            return Response("no such alert\n", 404, media_type="text/plain")
        try:
            found = await archive.answer(
                lambda client: alert_queries.alert(client, alert_id, WHOLE_CITY)
            )
        except StoreError:
            return _away()
        if found is None:
            return Response("no such alert\n", 404, media_type="text/plain")
        return Response(cap.message(found, city), media_type="application/cap+xml")


def _away() -> Response:
    return Response("the store is away; ask again\n", 503, media_type="text/plain")
