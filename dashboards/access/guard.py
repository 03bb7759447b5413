"""The guard: stands before every page, route and socket, and lets in who may.

What is not named here needs what the duty desk needs, so that a new route is not open by mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from urllib.parse import quote, urlencode

import msgspec
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from citybrain.accounts.roles import (
    READ_ALERTS,
    READER,
    SEE_CASES,
    SEE_DESK,
    SEE_METRICS,
    SEE_WALLS,
)
from citybrain.floor.audit_entry import entry
from citybrain.floor.clock import monotonic
from citybrain.floor.text import Text
from dashboards.access import cookies
from dashboards.access.audit_sender import AuditSender
from dashboards.access.origin import SAFE, carries_token, from_elsewhere
from dashboards.access.request_identity import RequestIdentity
from dashboards.access.session import AccessSession

LOOK_S = 5.0
"""An open socket is looked at again this often."""
SIGNED_OUT = 4401
LOGIN = "/login"
_FORMS = frozenset({LOGIN, f"{LOGIN}/link"})
"""Pages that carry a form of their own, whose token goes with a cookie."""
OPEN = "open"
_OPEN = frozenset({"/healthz", "/-/healthy", "/-/ready", LOGIN, "/me", "/_favicon.ico"})
_WALLS_UNDER = ("/live/", "/_dash-")
_ALERTS_UNDER = ("/open/", "/api/v2/")
_EVERY_PAGE = ("/_dash-", "/logout")
"""What all pages have: who may see cases alone needs it too."""
CASES = "/cases"
_TOLD = {
    HTTPStatus.UNAUTHORIZED: Text("请先登录", "sign in first"),
    HTTPStatus.FORBIDDEN: Text("您的角色无权这样做", "your role may not"),
}
_NO_TOKEN = Text(
    "页面令牌失效，请刷新页面",
    "the request carries no valid X-CSRF-Token; reload the page",
)


def needed(path: str, walls: frozenset[str]) -> str:
    """Return the action that `path` needs; `walls` are the pages of walls."""
    if path in _OPEN or path.startswith("/assets/") or _is_of_login(path):
        return OPEN
    if path in walls or path.startswith(_WALLS_UNDER):
        return SEE_WALLS
    if path.startswith(_ALERTS_UNDER):
        return READ_ALERTS
    if path == CASES or path.startswith(f"{CASES}/"):
        return SEE_CASES
    return SEE_METRICS if path == "/metrics" else SEE_DESK


def _is_of_login(path: str) -> bool:
    """Whether `path` is a part of the page of sign-in: nothing lies deeper."""
    return path.startswith(f"{LOGIN}/") and "/" not in path.removeprefix(f"{LOGIN}/")


class Guard:
    """Lets requests through to `app`, or answers them itself."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        gate: RequestIdentity,
        auditor: AuditSender,
        walls: frozenset[str],
        walls_open: bool = False,
    ) -> None:
        """Guard `app`; `walls` are the pages of walls, which all may read if `walls_open`."""
        self._app, self._gate, self._auditor = app, gate, auditor
        self._walls, self._walls_open = walls, walls_open

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        path, method = scope["path"], scope["method"]
        if method == "GET" and path in self._walls and "token" in connection.query_params:
            await self._open_wall(connection)(scope, receive, send)
            return
        session = self._gate.anybody(connection)
        action = needed(path, self._walls)
        answer = None
        if not self._lets_in(connection, session, action):
            answer = self._refusal(connection, session, action)
        elif method not in SAFE and path not in _FORMS:
            answer = self._unsafe(connection, session)
        if answer is not None:
            await answer(scope, receive, send)
            return
        await self._app(scope, receive, self._renewing(connection, session, send))

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        action = needed(scope["path"], self._walls)

        def lets_in() -> bool:
            return self._lets_in(connection, self._gate.anybody(connection), action)

        if lets_in():
            await self._app(scope, receive, watched(send, lets_in))
            return
        # Accepted before it is closed: a browser does not tell its page why a handshake failed.
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": SIGNED_OUT, "reason": "signed out"})

    def _lets_in(
        self, connection: HTTPConnection, session: AccessSession | None, action: str
    ) -> bool:
        if action == OPEN or (action == SEE_WALLS and self._walls_open):
            return True
        if action == SEE_METRICS and self._gate.addresses.local(connection):
            return True
        if session is None:
            return False
        shared = connection.scope["path"].startswith(_EVERY_PAGE) and session.may(SEE_CASES)
        return shared or session.may(action)

    def _unsafe(self, connection: HTTPConnection, session: AccessSession | None) -> Response | None:
        if session is None:
            return _told(HTTPStatus.UNAUTHORIZED, _TOLD[HTTPStatus.UNAUTHORIZED])
        if from_elsewhere(connection.headers) or not carries_token(connection.headers, session):
            self._note(connection, session, "request", "no valid X-CSRF-Token")
            return _told(HTTPStatus.FORBIDDEN, _NO_TOKEN)
        return None

    def _refusal(
        self, connection: HTTPConnection, session: AccessSession | None, action: str
    ) -> Response:
        path = connection.scope["path"]
        if session is not None and path == "/" and session.may(SEE_CASES):
            return _go(CASES)  # who may see no wall begins there
        if session is not None and not session.is_token:
            self._note(connection, session, action, f"the role {session.role} may not")
            return _told(HTTPStatus.FORBIDDEN, _TOLD[HTTPStatus.FORBIDDEN])
        asks = connection.headers.get("accept", "")
        if connection.scope["method"] == "GET" and "text/html" in asks:
            wanted = f"{path}?{connection.url.query}" if connection.url.query else path
            return _go(f"{LOGIN}?{urlencode({'next': wanted})}")
        return _told(HTTPStatus.UNAUTHORIZED, _TOLD[HTTPStatus.UNAUTHORIZED])

    def _open_wall(self, connection: HTTPConnection) -> Response:
        """Put the token of the address into a cookie, so that it is seen no longer."""
        query = connection.query_params
        token = query.getlist("token")[-1]
        rest = [(name, value) for name, value in query.multi_items() if name != "token"]
        wall = self._gate.accounts.wall(token)
        now, address = self._gate.clock.now(), self._gate.addresses.address(connection)
        if wall is None:
            self._auditor.note(
                entry(now, "open_wall", "refused", reason="no such token", address=address)
            )
            return _go(f"{LOGIN}?{urlencode({'why': 'wall'})}")
        self._auditor.note(
            entry(now, "open_wall", "accepted", user=f"wall:{wall.name}", role="wall",
                  target=wall.id, address=address)
        )  # fmt: skip
        path = quote(connection.scope["path"])
        answer = _go(f"{path}?{urlencode(rest)}" if rest else path)
        answer.headers.append("set-cookie", self._wall_cookie(connection, token))
        return answer

    def _wall_cookie(self, connection: HTTPConnection, token: str) -> str:
        secure = self._gate.secure(connection)
        return cookies.set_cookie(
            cookies.WALL, token, secure=secure, same_site="Lax", max_age_s=cookies.YEAR_S
        )

    def _renewing(
        self, connection: HTTPConnection, session: AccessSession | None, send: Send
    ) -> Send:
        """Return `send` with the cookie made anew where it is time to."""
        renewed = self._renewed(connection, session)
        if renewed is None:
            return send

        async def send_renewed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if "set-cookie" not in headers:
                    headers.append("set-cookie", renewed)
            await send(message)

        return send_renewed

    def _renewed(self, connection: HTTPConnection, session: AccessSession | None) -> str | None:
        if session is None:
            return None
        if session.role == READER.id:
            return None
        if session.is_wall:
            token = self._gate.cookie(connection, cookies.WALL)
            opens = token and connection.scope["path"] in self._walls
            return self._wall_cookie(connection, token) if opens else None
        cookie = self._gate.cookie(connection, cookies.SESSION)
        fresh = self._gate.sessions.renewed(cookie, self._gate.clock.now())
        secure = self._gate.secure(connection)
        return cookies.set_cookie(cookies.SESSION, fresh, secure=secure) if fresh else None

    def _note(
        self, connection: HTTPConnection, session: AccessSession, action: str, reason: str
    ) -> None:
        told = entry(
            self._gate.clock.now(),
            action,
            "refused",
            user=session.user,
            role=session.role,
            target=connection.scope["path"],
            reason=reason,
            address=self._gate.addresses.address(connection),
        )
        self._auditor.note(told)


def watched(send: Send, lets_in: Callable[[], bool], look_s: float = LOOK_S) -> Send:
    """Return `send` that closes the socket once it would not be let in any more."""
    looked_at = monotonic()

    async def send_watched(message: Message) -> None:
        nonlocal looked_at
        if monotonic() - looked_at >= look_s and message["type"] == "websocket.send":
            looked_at = monotonic()
            if not lets_in():
                await send({"type": "websocket.close", "code": SIGNED_OUT, "reason": "signed out"})
                # For the application it is as if the browser had gone.
                raise WebSocketDisconnect(SIGNED_OUT)
        await send(message)

    return send_watched


def _go(where: str) -> Response:
    return RedirectResponse(where, HTTPStatus.SEE_OTHER, headers={"cache-control": "no-store"})


def _told(status: HTTPStatus, said: Text) -> Response:
    content = msgspec.json.encode({"error": said.en, "words": said.both()})
    return Response(content, status, {"cache-control": "no-store"}, "application/json")
