"""The doors of sign-in by password: /login, /logout, and /me, which tells who is signed in."""

from __future__ import annotations

import math
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from citybrain.accounts.records import folded
from citybrain.accounts.roles import ROLES, WALL, title
from dashboards.access import cookies, login_words
from dashboards.access.client_address import group
from dashboards.access.form_fields import form_fields
from dashboards.access.lockout import Lockout
from dashboards.access.login_page import Shown, outline
from dashboards.access.origin import from_elsewhere
from dashboards.access.password_checker import BusyError, PasswordChecker
from dashboards.access.sign_in import SignIn

_FILES = Path(__file__).parent / "files"
_KINDS = {"login.css": "text/css; charset=utf-8", "login.js": "text/javascript; charset=utf-8"}
_JSON = "application/json"
_FRESH = {"cache-control": "no-store"}
_BUSY_S = 3
_SHOWN_NAME = 64


class LoginRoutes:
    """Sign-in by name and password."""

    def __init__(self, sign_in: SignIn, checker: PasswordChecker) -> None:
        """Try passwords by `checker`."""
        self._sign_in, self._gate, self._checker = sign_in, sign_in.gate, checker
        self._lockout = Lockout()
        self._outline = outline(sign_in.city)

    def add_to(self, server: FastAPI) -> None:
        """Add the routes to `server`; those of other ways under ``/login/`` come before."""
        server.add_api_route("/login", self.show, methods=["GET"])
        server.add_api_route("/login", self.sign_in, methods=["POST"])
        server.add_api_route("/login/{name}", self.file, methods=["GET"])
        server.add_api_route("/logout", self.sign_out, methods=["POST"])
        server.add_api_route("/me", self.me, methods=["GET"])

    async def show(self, request: Request) -> Response:
        """Show the page, or go on where somebody is signed in already."""
        where = self._sign_in.next(request)
        if self._gate.current(request) is not None:
            return _go(where)
        error = login_words.BAD_TOKEN if request.query_params.get("why") == "wall" else None
        return self._sign_in.page(request, Shown(where, "", error=error))

    async def sign_in(self, request: Request) -> Response:
        """Try a name and a password."""
        shown = Shown(self._sign_in.next(request), "")
        try:
            fields = await form_fields(request)
        except ValueError:
            return self._sign_in.page(request, replace(shown, error=login_words.TOO_LONG), 413)
        typed = fields.get("name", "")
        name, shown = folded(typed), replace(shown, name=typed[:_SHOWN_NAME])
        if from_elsewhere(request.headers):
            return self._refuse(
                request, replace(shown, error=login_words.FOREIGN), name, "foreign page"
            )
        if not self._sign_in.is_ours(request, fields.get("form", "")):
            return self._refuse(
                request, replace(shown, error=login_words.STALE), name, "stale form"
            )
        return await self._try(request, shown, name, fields.get("password", ""))

    async def _try(self, request: Request, shown: Shown, name: str, password: str) -> Response:
        address = group(self._gate.addresses.address(request))
        verdict = self._lockout.attempt(name, address, self._gate.clock.now())
        if verdict.wait:
            seconds = math.ceil(verdict.wait.total_seconds())
            if verdict.first:
                self._note(request, name, "too many attempts")
            return self._later(
                request, replace(shown, error=login_words.wait(seconds)), seconds, 429
            )
        try:
            account = await self._checker.account(name, password)
        except BusyError:
            self._lockout.taken_back(name, address)
            return self._later(request, replace(shown, error=login_words.BUSY), _BUSY_S, 503)
        if account is None:
            wrong = replace(shown, error=login_words.WRONG)
            return self._refuse(request, wrong, name, "wrong name or password", 401)
        self._lockout.succeeded(name, address)
        return self._sign_in.welcome(request, account, _go(shown.next), "password")

    async def sign_out(self, request: Request) -> Response:
        """End the session; the guard has seen to it that the request is the person's own."""
        session = self._gate.current(request)
        answer = Response(status_code=HTTPStatus.NO_CONTENT)
        if session is not None:
            self._gate.sessions.end(session, self._gate.clock.now())
            self._sign_in.note(request, "sign_out", user=session.user, role=session.role)
        self._sign_in.set(request, answer, cookies.SESSION, "", max_age_s=0)
        return answer

    async def me(self, request: Request) -> Response:
        """Tell who is signed in, and the token that goes with it."""
        session = self._gate.anybody(request)
        if session is None:
            told = {"error": "sign in first", "words": ["请先登录", "sign in first"]}
            return Response(msgspec.json.encode(told), HTTPStatus.UNAUTHORIZED, _FRESH, _JSON)
        role = WALL if session.is_wall else ROLES.get(session.role)
        told_of = {
            "user": session.user,
            "title": session.title,
            "role": session.role,
            "role_title": title(session.role).both(),
            "departments": session.departments,
            "areas": session.areas,
            "csrf": session.csrf,
            "actions": sorted(role.actions) if role else [],
        }
        return Response(msgspec.json.encode(told_of), HTTPStatus.OK, _FRESH, _JSON)

    async def file(self, request: Request, name: str) -> Response:
        """Serve what belongs to the page."""
        if name == "known":  # asked by the page itself, for which 401 would be an error to log
            known = self._gate.current(request) is not None
            return Response("true" if known else "false", HTTPStatus.OK, _FRESH, _JSON)
        if name == "city.svg":
            return Response(self._outline, media_type="image/svg+xml")
        if name not in _KINDS:
            told = "no such page; try /login\n"
            return Response(told, HTTPStatus.NOT_FOUND, media_type="text/plain")
        headers = {"cache-control": "no-cache"}
        return Response((_FILES / name).read_bytes(), HTTPStatus.OK, headers, _KINDS[name])

    def _refuse(
        self, request: Request, shown: Shown, name: str, reason: str, status: int = 403
    ) -> Response:
        self._note(request, name, reason)
        return self._sign_in.page(request, shown, status)

    def _later(self, request: Request, shown: Shown, seconds: int, status: int) -> Response:
        return self._sign_in.page(request, replace(shown, wait_s=seconds), status)

    def _note(self, request: Request, name: str, reason: str) -> None:
        self._sign_in.note(request, "sign_in", refused=reason, details={"name": name})


def _go(where: str) -> Response:
    return RedirectResponse(where, HTTPStatus.SEE_OTHER, _FRESH)
