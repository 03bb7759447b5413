"""What other systems read: the CAP feed of open alerts and each alert's message, under /open/.

A wall's token is enough, as cookie or ``Authorization: Bearer``: alerts hold no person's data.
"""

from __future__ import annotations

import re

from fastapi import FastAPI, Request, Response

from citybrain.alerts.records import Alert
from citybrain.alerts.standing import gravity, is_open
from citybrain.city import City
from citybrain.floor.clock import Clock
from citybrain.floor.errors import StoreError
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards import alert_queries
from dashboards.desk.desk_setup import DutyDesk
from dashboards.open import cap

FEED = "/open/cap.atom"
MESSAGES = "/open/cap/"
_ID = re.compile(r"[0-9a-f-]{36}")


def add_open_routes(server: FastAPI, city: City, desk: DutyDesk, clock: Clock) -> None:
    """Add the routes to `server`: who signed in gets what the account may see, a wall the city."""
    messages = OpenMessages(city, desk, clock)
    server.get(FEED)(messages.feed)
    server.get(MESSAGES + "{name}")(messages.message)


class OpenMessages:
    """Answers with CAP."""

    def __init__(self, city: City, desk: DutyDesk, clock: Clock) -> None:
        """Tell of the alerts that `desk` knows."""
        self._city, self._desk, self._clock = city, desk, clock

    async def feed(self, request: Request) -> Response:
        """List the open alerts."""
        live = self._desk.live
        if not live.heard:
            return _away("alerts are not heard of")
        seen = live.alerts.records.seen_by(self._scope(request))
        listed = sorted(filter(is_open, seen), key=gravity)
        body = cap.feed(listed, self._city, self._clock.now(), MESSAGES)
        return Response(body, media_type="application/atom+xml")

    async def message(self, request: Request, name: str) -> Response:
        """Tell one alert whole, also a closed one."""
        alert_id = name.removesuffix(".xml")
        try:
            found = await self._found(alert_id, self._scope(request))
        except StoreError:
            return _away("the store is away")
        if found is None:
            return Response("no such alert\n", 404, media_type="text/plain")
        return Response(cap.message(found, self._city), media_type="application/cap+xml")

    async def _found(self, alert_id: str, scope: Scope) -> Alert | None:
        if not _ID.fullmatch(alert_id):
            return None
        seen = self._desk.live.alerts.records.seen_by(scope)
        found = next((one for one in seen if one.id == alert_id), None)
        if found is not None:
            return found
        archive = self._desk.service.archive
        return await archive.answer(lambda c: alert_queries.alert(c, alert_id, scope))

    def _scope(self, request: Request) -> Scope:
        session = self._desk.gate.current(request)
        return WHOLE_CITY if session is None else Scope.of(session)


def _away(what: str) -> Response:
    return Response(f"{what}; ask again\n", 503, media_type="text/plain")
