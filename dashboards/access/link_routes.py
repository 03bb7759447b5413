"""Signing in by a link, once: a page with one button, so that who only looks uses nothing up."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from citybrain.accounts.sign_in_links import redeem_link
from citybrain.floor.text import Text
from dashboards.access import login_words
from dashboards.access.form_fields import form_fields
from dashboards.access.login_page import Shown
from dashboards.access.origin import from_elsewhere
from dashboards.access.sign_in import SignIn

_LONGEST = 128


class LinkRoutes:
    """Sign-in by a link."""

    def __init__(self, sign_in: SignIn) -> None:
        """Let in by `sign_in`."""
        self._sign_in, self._gate = sign_in, sign_in.gate

    def add_to(self, server: FastAPI) -> None:
        """Add the routes to `server`."""
        server.add_api_route("/login/link", self.show, methods=["GET"])
        server.add_api_route("/login/link", self.use, methods=["POST"])

    async def show(self, request: Request) -> Response:
        """Show the page of a link; whether it lets in is not looked at."""
        token = request.query_params.get("token", "")[:_LONGEST]
        if not token:
            return self._refused(request, login_words.BAD_LINK, "no link", 404)
        return self._sign_in.page(request, Shown(self._sign_in.next(request), "", link=token))

    async def use(self, request: Request) -> Response:
        """Let the link's person in."""
        try:
            fields = await form_fields(request)
        except ValueError:
            return self._refused(request, login_words.TOO_LONG, "too long", 413)
        token = fields.get("token", "")[:_LONGEST]
        shown = Shown(self._sign_in.next(request), "", link=token)
        if from_elsewhere(request.headers):
            return self._refused(request, login_words.FOREIGN, "foreign page", 403)
        if not self._sign_in.is_ours(request, fields.get("form", "")):
            self._note(request, "stale form")
            return self._sign_in.page(request, replace(shown, error=login_words.STALE), 403)
        path, now = self._gate.accounts.path, self._gate.clock.now()
        account = await asyncio.to_thread(redeem_link, path, token, now)
        if account is None:
            return self._refused(request, login_words.BAD_LINK, "no such link", 401)
        self._gate.accounts.forget()
        answer = RedirectResponse(shown.next, HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})
        return self._sign_in.welcome(request, account, answer, "link")

    def _refused(self, request: Request, said: Text, reason: str, status: int) -> Response:
        self._note(request, reason)
        return self._sign_in.page(
            request, Shown(self._sign_in.next(request), "", error=said), status
        )

    def _note(self, request: Request, reason: str) -> None:
        self._sign_in.note(request, "sign_in", refused=reason, details={"by": "link"})
