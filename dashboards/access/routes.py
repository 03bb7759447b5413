"""The doors of sign-in: /login, /logout, /me, and the way over an identity provider."""

from __future__ import annotations

import hashlib
import hmac
import math
import secrets
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import parse_qs

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.requests import ClientDisconnect

from citybrain.accounts.records import Account, folded
from citybrain.accounts.roles import ROLES, WALL, title
from citybrain.config import City
from citybrain.errors import CityBrainError
from dashboards.access import cookies, words
from dashboards.access.audit import Auditor, entry
from dashboards.access.checker import BusyError, Checker
from dashboards.access.gate import Gate
from dashboards.access.lockout import Lockout
from dashboards.access.login_page import HEADERS, Shown, onward, outline, page
from dashboards.access.oidc import PATIENCE, Oidc, OidcAwayError, OidcNoRoleError
from dashboards.access.origin import from_elsewhere, next_page
from dashboards.access.peer import group
from dashboards.access.provision import NoAccountError, account_of
from dashboards.access.sessions import Sealed

LONGEST_BODY = 8 * 1024
_FILES = Path(__file__).parent / "files"
_KINDS = {"login.css": "text/css; charset=utf-8", "login.js": "text/javascript; charset=utf-8"}
_BUSY_S = 3
_JSON = "application/json"


class LoginRoutes:
    """Sign-in by name and password."""

    def __init__(  # noqa: PLR0913, PLR0917  # the parts that it is made of
        self,
        city: City,
        gate: Gate,
        checker: Checker,
        auditor: Auditor,
        pages: frozenset[str],
        oidc: Oidc | None,
        key: bytes,
    ) -> None:
        """Serve sign-in for `city`; `pages` are where one may go afterwards."""
        self._city, self._gate, self._checker, self._auditor = city, gate, checker, auditor
        self._pages, self._oidc = pages, oidc
        self._key = key
        self._kept = Sealed(key, "oidc")
        self._lockout = Lockout()
        self._outline = outline(city)

    def add_to(self, server: FastAPI) -> None:
        """Add the routes to `server`."""
        add = server.add_api_route
        add("/login", self.show, methods=["GET"])
        add("/login", self.sign_in, methods=["POST"])
        add("/login/{name}", self.file, methods=["GET"])
        add("/logout", self.sign_out, methods=["POST"])
        add("/me", self.me, methods=["GET"])

    async def show(self, request: Request) -> Response:
        """Show the page, or go on where somebody is signed in already."""
        where = self._next(request)
        if self._gate.current(request) is not None:
            return _go(where)
        error = words.BAD_TOKEN if request.query_params.get("why") == "wall" else None
        return self._page(request, Shown(where, "", error=error))

    async def sign_in(self, request: Request) -> Response:
        """Try a name and a password."""
        where = self._next(request)
        shown = Shown(where, "")
        try:
            body = await _body(request)
        except ValueError:
            return self._page(request, replace(shown, error=words.TOO_LONG), 413)
        fields = {name: values[-1] for name, values in parse_qs(body, max_num_fields=16).items()}
        name = folded(fields.get("name", ""))
        shown = replace(shown, name=fields.get("name", "")[:64])
        if from_elsewhere(request.headers):
            return self._refuse(request, replace(shown, error=words.FOREIGN), name, "foreign page")
        if not self._is_ours(request, fields.get("form", "")):
            return self._refuse(request, replace(shown, error=words.STALE), name, "stale form")
        return await self._try(request, shown, name, fields.get("password", ""))

    async def _try(self, request: Request, shown: Shown, name: str, password: str) -> Response:
        now, address = self._gate.clock.now(), group(self._gate.peers.address(request))
        verdict = self._lockout.attempt(name, address, now)
        if verdict.wait:
            seconds = math.ceil(verdict.wait.total_seconds())
            if verdict.first:
                self._note(request, "sign_in", "too many attempts", name)
            return self._page(
                request, replace(shown, error=words.wait(seconds), wait_s=seconds), 429
            )
        try:
            account = await self._checker.account(name, password)
        except BusyError:
            self._lockout.taken_back(name, address)
            return self._page(request, replace(shown, error=words.BUSY, wait_s=_BUSY_S), 503)
        if account is None:
            return self._refuse(
                request, replace(shown, error=words.WRONG), name, "wrong name or password", 401
            )
        self._lockout.succeeded(name, address)
        return self._welcome(request, account, _go(shown.next), "password")

    def _welcome(self, request: Request, account: Account, answer: Response, how: str) -> Response:
        """Begin a session; whatever session the browser had before ends."""
        now = self._gate.clock.now()
        if (before := self._gate.current(request)) is not None:
            self._gate.sessions.end(before, now)
        secure = self._gate.secure(request)
        cookie = self._gate.sessions.begin(account, now)
        _set(answer, cookies.set_cookie(cookies.SESSION, cookie, secure=secure))
        _set(answer, cookies.set_cookie(cookies.FORM, "", secure=secure, max_age_s=0))
        self._auditor.note(
            entry(
                now,
                "sign_in",
                "accepted",
                user=account.name,
                role=account.role,
                address=self._gate.peers.address(request),
                details={"by": how},
            )
        )
        return answer

    async def sign_out(self, request: Request) -> Response:
        """End the session; the guard has seen to it that the request is the person's own."""
        session = self._gate.current(request)
        answer = Response(status_code=HTTPStatus.NO_CONTENT)
        if session is not None:
            now = self._gate.clock.now()
            self._gate.sessions.end(session, now)
            self._auditor.note(
                entry(
                    now,
                    "sign_out",
                    "accepted",
                    user=session.user,
                    role=session.role,
                    address=self._gate.peers.address(request),
                )
            )
        secure = self._gate.secure(request)
        _set(answer, cookies.set_cookie(cookies.SESSION, "", secure=secure, max_age_s=0))
        return answer

    async def me(self, request: Request) -> Response:
        """Tell who is signed in, and the token that goes with it."""
        session = self._gate.anybody(request)
        headers = {"cache-control": "no-store"}
        if session is None:
            told = {"error": "sign in first", "words": ("请先登录", "sign in first")}
            return Response(msgspec.json.encode(told), 401, headers, _JSON)
        role = WALL if session.is_wall else ROLES.get(session.role)
        told_of = {
            "user": session.user,
            "title": session.title,
            "role": session.role,
            "role_title": title(session.role),
            "departments": session.departments,
            "areas": session.areas,
            "csrf": session.csrf,
            "actions": sorted(role.actions) if role else [],
        }
        return Response(msgspec.json.encode(told_of), 200, headers, _JSON)

    async def file(self, request: Request, name: str) -> Response:
        """Serve what belongs to the page, or take part in the way over an identity provider."""
        if self._oidc is not None and name == "oidc":
            return await self._go_out(request, self._oidc)
        if self._oidc is not None and name == "callback":
            return await self._come_back(request, self._oidc)
        if name == "known":  # asked by the page itself, for which 401 would be an error to log
            known = self._gate.current(request) is not None
            return Response("true" if known else "false", 200, {"cache-control": "no-store"}, _JSON)
        if name == "city.svg":
            return Response(self._outline, media_type="image/svg+xml")
        if name not in _KINDS:
            return Response("no such page; try /login\n", 404, media_type="text/plain")
        headers = {"cache-control": "no-cache"}
        return Response((_FILES / name).read_bytes(), 200, headers, _KINDS[name])

    async def _go_out(self, request: Request, oidc: Oidc) -> Response:
        where = self._next(request)
        try:
            address, kept = await oidc.begin(where, self._gate.clock.now())
        except OidcAwayError as error:
            return self._failed(request, where, words.OIDC_AWAY, error, 503)
        answer = _go(address)
        seconds, secure = int(PATIENCE.total_seconds()), self._gate.secure(request)
        # Lax: the browser comes back from another site.
        _set(
            answer,
            cookies.set_cookie(
                cookies.OIDC,
                self._kept.seal(kept),
                secure=secure,
                same_site="Lax",
                max_age_s=seconds,
            ),
        )
        return answer

    async def _come_back(self, request: Request, oidc: Oidc) -> Response:
        now = self._gate.clock.now()
        kept = self._kept.opened(self._gate.cookie(request, cookies.OIDC))
        try:
            identity, where = await oidc.finish(request.query_params, kept, now)
            account = account_of(self._gate.shelf.path, identity, now)
        except OidcAwayError as error:
            return self._failed(request, "/", words.OIDC_AWAY, error, 503)
        except (OidcNoRoleError, NoAccountError) as error:
            return self._failed(request, "/", words.OIDC_NO_ROLE, error, 403)
        except CityBrainError as error:
            return self._failed(request, "/", words.OIDC_REFUSED, error, 403)
        self._gate.shelf.forget()
        answer = HTMLResponse(onward(next_page(where, self._pages)), headers=HEADERS)
        secure = self._gate.secure(request)
        _set(answer, cookies.set_cookie(cookies.OIDC, "", secure=secure, max_age_s=0))
        return self._welcome(request, account, answer, "oidc")

    def _failed(
        self, request: Request, where: str, said: words.Words, error: Exception, status: int
    ) -> Response:
        self._note(request, "sign_in", str(error), "", by="oidc")
        return self._page(request, Shown(where, "", error=said), status)

    def _refuse(
        self, request: Request, shown: Shown, name: str, reason: str, status: int = 403
    ) -> Response:
        self._note(request, "sign_in", reason, name)
        return self._page(request, shown, status)

    def _note(self, request: Request, action: str, reason: str, name: str, by: str = "") -> None:
        told = {"name": name} if name else {"by": by}
        address = self._gate.peers.address(request)
        now = self._gate.clock.now()
        self._auditor.note(
            entry(now, action, "refused", reason=reason, address=address, details=told)
        )

    def _page(self, request: Request, shown: Shown, status: int = 200) -> Response:
        """Show the page with a form whose token goes with a cookie of this browser."""
        mark = self._gate.cookie(request, cookies.FORM) or secrets.token_urlsafe(24)
        english = request.query_params.get("lang") == "en"
        full = replace(shown, form=self._form(mark), oidc=self._oidc is not None, english=english)
        answer = HTMLResponse(page(self._city, full), status, HEADERS)
        secure = self._gate.secure(request)
        _set(answer, cookies.set_cookie(cookies.FORM, mark, secure=secure))
        if shown.wait_s:
            answer.headers["retry-after"] = str(shown.wait_s)
        return answer

    def _is_ours(self, request: Request, form: str) -> bool:
        mark = self._gate.cookie(request, cookies.FORM)
        return bool(mark) and hmac.compare_digest(form.encode(), self._form(mark).encode())

    def _form(self, mark: str) -> str:
        return hmac.new(self._key, f"form:{mark}".encode(), hashlib.sha256).hexdigest()

    def _next(self, request: Request) -> str:
        return next_page(request.query_params.get("next", "/"), self._pages)


async def _body(request: Request) -> str:
    """Return the request's body as text.

    Raises:
        ValueError: it is longer than any sign-in, or no text.
    """
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LONGEST_BODY:
                raise ValueError("too long")
    except ClientDisconnect as error:
        raise ValueError("the browser has gone") from error
    return body.decode("ascii")


def _go(where: str) -> Response:
    return RedirectResponse(where, HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})


def _set(answer: Response, cookie: str) -> None:
    answer.headers.append("set-cookie", cookie)
