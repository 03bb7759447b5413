"""What other programs read: CAP 1.2 under /open/, and Alertmanager's API v2 under /api/v2/.

Who signed in reads what the account may see, a program what its token is for (`Reader`). A wall's
token is not enough: walls hang where many pass by, and never say whom an alert is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

import msgspec
from fastapi import FastAPI, Request, Response
from starlette.requests import HTTPConnection

from citybrain.alerts.matchers import MatcherError, parse
from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Matcher
from citybrain.alerts.standing import gravity, is_open
from citybrain.city import City
from citybrain.floor.clock import Clock
from citybrain.floor.errors import StoreError
from citybrain.workflow.scope import NOTHING_SEEN, WHOLE_CITY, Holder, Scope
from dashboards import alert_queries
from dashboards.desk.desk_setup import DutyDesk
from dashboards.open import alertmanager, cap

FEED = "/open/cap.atom"
MESSAGES = "/open/cap/"
API = "/api/v2"
HEARD_AGAIN = timedelta(minutes=1)
_ID = re.compile(r"[0-9a-f-]{36}")
_TRUE = frozenset({"", "true", "1", "t", "TRUE", "True"})


class KnowsWho(Protocol):
    """Knows whose request it is."""

    def anybody(self, connection: HTTPConnection) -> Holder | None:
        """Return the person, wall or program; None: nobody."""
        ...


def add_open_routes(
    server: FastAPI, city: City, desk: DutyDesk, who: KnowsWho, clock: Clock
) -> OpenMessages:
    """Add the routes to `server`, whose guard lets in who may read alerts.

    Returns:
        What answers with CAP.
    """
    messages = OpenMessages(city, desk, who, clock)
    server.get(FEED)(messages.feed)
    server.get(MESSAGES + "{name}")(messages.message)
    api = AlertmanagerApi(desk, who, clock)
    server.get(f"{API}/status")(api.status)
    server.get(f"{API}/alerts")(api.alerts)
    server.get(f"{API}/alerts/groups")(api.groups)
    server.get(f"{API}/silences")(api.silences)
    server.get(f"{API}/silence/{{name}}")(api.silence)
    server.get(f"{API}/receivers")(api.receivers)
    for path in ("/-/healthy", "/-/ready"):
        server.get(path)(api.well)
    return messages


class OpenMessages:
    """Answers with CAP.

    Attributes:
        city: whose alerts they are.
    """

    def __init__(self, city: City, desk: DutyDesk, who: KnowsWho, clock: Clock) -> None:
        """Tell of the alerts that `desk` knows."""
        self.city, self._desk, self._who, self._clock = city, desk, who, clock

    async def feed(self, request: Request) -> Response:
        """List the open alerts."""
        live = self._desk.live
        if not live.heard:
            return _away("alerts are not heard of")
        seen = live.alerts.records.seen_by(_scope(self._who, request))
        listed = sorted(filter(is_open, seen), key=gravity)
        body = cap.feed(listed, self.city, self._clock.now(), MESSAGES)
        return Response(body, media_type="application/atom+xml")

    async def message(self, request: Request, name: str) -> Response:
        """Tell one alert whole, also a closed one."""
        alert_id = name.removesuffix(".xml")
        try:
            found = await self._found(alert_id, _scope(self._who, request))
        except StoreError:
            return _away("the store is away")
        if found is None:
            return Response("no such alert\n", 404, media_type="text/plain")
        return Response(cap.message(found, self.city), media_type="application/cap+xml")

    async def _found(self, alert_id: str, scope: Scope) -> Alert | None:
        if not _ID.fullmatch(alert_id):
            return None
        seen = self._desk.live.alerts.records.seen_by(scope)
        found = next((one for one in seen if one.id == alert_id), None)
        if found is not None:
            return found
        archive = self._desk.service.archive
        return await archive.answer(lambda c: alert_queries.alert(c, alert_id, scope))


class AlertmanagerApi:
    """Answers as Alertmanager's API v2 does, to be read only."""

    def __init__(self, desk: DutyDesk, who: KnowsWho, clock: Clock) -> None:
        """Tell of the alerts and silences that `desk` knows."""
        self._desk, self._who, self._clock = desk, who, clock
        self._started_at = clock.now()
        self._heard_by: dict[str, tuple[int, datetime, list[str]]] = {}

    async def status(self) -> Response:
        """Return versions and uptime."""
        return _json(alertmanager.status(self._started_at))

    async def well(self) -> Response:
        """Say that the process answers; 503 while it does not hear of alerts."""
        return Response("OK", 200) if self._desk.live.heard else _away("alerts are not heard of")

    async def alerts(self, request: Request) -> Response:
        """Return the open alerts."""
        return self._answer(request, self._rows)

    async def groups(self, request: Request) -> Response:
        """Return the open alerts by receiver."""
        return self._answer(request, lambda one: alertmanager.groups(self._rows(one)))

    async def silences(self, request: Request) -> Response:
        """Return the silences, those that are over of late among them."""

        def read(asked: Request) -> Any:
            seen = self._desk.live.silences.seen_by(_scope(self._who, asked))
            return alertmanager.silences(seen, _filter(asked), self._clock.now())

        return self._answer(request, read)

    async def silence(self, request: Request, name: str) -> Response:
        """Return one silence."""
        seen = self._desk.live.silences.seen_by(_scope(self._who, request))
        found = next((one for one in seen if one.id == name), None)
        if found is None:
            return _json("silence not found", 404)
        return _json(alertmanager.silence(found, self._clock.now()))

    async def receivers(self, request: Request) -> Response:
        """Return the names of receivers; for a part of the city, of those who hear of it now."""
        if _scope(self._who, request) == WHOLE_CITY:
            return _json(alertmanager.receivers(self._desk.service.guide.receivers()))

        def read(asked: Request) -> Any:
            names = {one["name"] for row in self._rows(asked) for one in row["receivers"]}
            return alertmanager.receivers(names)

        return self._answer(request, read)

    def _rows(self, request: Request) -> list[alertmanager.Json]:
        query = request.query_params
        ask = alertmanager.AlertQuestion(
            filter=_filter(request),
            receiver=query.get("receiver", ""),
            **{name: _is_true(query, name) for name in ("active", "silenced", "inhibited")},
        )
        seen = list(self._desk.live.alerts.records.seen_by(_scope(self._who, request)))
        now = self._clock.now()
        return alertmanager.alerts(seen, self._heard(seen, now), ask, now)

    def _heard(self, alerts: Iterable[Alert], now: datetime) -> dict[str, list[str]]:
        """Return who hears of each of `alerts`; asked anew when one changes, and once a minute."""
        guide, known = self._desk.service.guide, self._heard_by
        self._heard_by = {}
        for one in alerts:
            version, at, names = known.get(one.id, (-1, now, []))
            if version != one.version or now - at > HEARD_AGAIN:
                at, names = now, guide.hear(one, now)
            self._heard_by[one.id] = (one.version, at, names)
        return {name: names for name, (_, _, names) in self._heard_by.items()}

    def _answer(self, request: Request, read: Callable[[Request], Any]) -> Response:
        if not self._desk.live.heard:
            return _away("alerts are not heard of")
        try:
            return _json(read(request))
        except MatcherError as error:
            return _json(f"bad filter: {error}", 400)


def _filter(request: Request) -> tuple[Matcher, ...]:
    return tuple(parse(text) for text in request.query_params.getlist("filter"))


def _is_true(query: Any, name: str) -> bool:
    return query.get(name, "true") in _TRUE


def _scope(who: KnowsWho, request: Request) -> Scope:
    """Return what may be read by whose request it is; of nobody's: nothing."""
    holder = who.anybody(request)
    return NOTHING_SEEN if holder is None else Scope.of(holder)


def _json(content: Any, status: int = 200) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(msgspec.json.encode(content), status, headers, "application/json")


def _away(what: str) -> Response:
    return Response(f"{what}; ask again\n", 503, media_type="text/plain")
