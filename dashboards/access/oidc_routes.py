"""The way over an identity provider: out by /login/oidc, back by /login/callback."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from citybrain.floor.errors import CityBrainError
from citybrain.floor.text import Text
from dashboards.access import cookies, login_words
from dashboards.access.login_page import HEADERS, Shown, onward
from dashboards.access.oidc import PATIENCE, Oidc, OidcAwayError, OidcNoRoleError
from dashboards.access.provision import NoAccountError, account_of
from dashboards.access.sessions import CookieSeal
from dashboards.access.sign_in import SignIn


class OidcRoutes:
    """Sign-in by an identity provider."""

    def __init__(self, sign_in: SignIn, oidc: Oidc, key: bytes) -> None:
        """Sign in by `oidc`; what is remembered meanwhile is sealed with `key`."""
        self._sign_in, self._oidc = sign_in, oidc
        self._kept = CookieSeal(key, "oidc")

    def add_to(self, server: FastAPI) -> None:
        """Add the routes to `server`."""
        server.add_api_route("/login/oidc", self.go_out, methods=["GET"])
        server.add_api_route("/login/callback", self.come_back, methods=["GET"])

    async def go_out(self, request: Request) -> Response:
        """Send the browser to the issuer."""
        where, now = self._sign_in.next(request), self._sign_in.gate.clock.now()
        try:
            address, kept = await self._oidc.begin(where, now)
        except OidcAwayError as error:
            return self._failed(request, login_words.OIDC_AWAY, error, 503, where)
        answer = RedirectResponse(address, HTTPStatus.SEE_OTHER, {"cache-control": "no-store"})
        seconds, sealed = int(PATIENCE.total_seconds()), self._kept.seal(kept)
        # Lax: the browser comes back from another site.
        self._sign_in.set(request, answer, cookies.OIDC, sealed, max_age_s=seconds, same_site="Lax")
        return answer

    async def come_back(self, request: Request) -> Response:
        """Take what the issuer sent the browser back with."""
        gate = self._sign_in.gate
        kept = self._kept.opened(gate.cookie(request, cookies.OIDC))
        try:
            now = gate.clock.now()
            identity, where = await self._oidc.finish(request.query_params, kept, now)
            account = account_of(gate.accounts.path, identity, now)
        except OidcAwayError as error:
            return self._failed(request, login_words.OIDC_AWAY, error, 503)
        except (OidcNoRoleError, NoAccountError) as error:
            return self._failed(request, login_words.OIDC_NO_ROLE, error, 403)
        except CityBrainError as error:
            return self._failed(request, login_words.OIDC_REFUSED, error, 403)
        gate.accounts.forget()
        answer = HTMLResponse(onward(self._sign_in.allowed(where)), headers=HEADERS)
        self._sign_in.set(request, answer, cookies.OIDC, "", max_age_s=0, same_site="Lax")
        return self._sign_in.welcome(request, account, answer, "oidc")

    def _failed(
        self,
        request: Request,
        said: Text,
        error: Exception,
        status: int,
        where: str = "/",
    ) -> Response:
        self._sign_in.note(request, "sign_in", refused=str(error), details={"by": "oidc"})
        answer = self._sign_in.page(request, Shown(where, "", error=said), status)
        self._sign_in.set(request, answer, cookies.OIDC, "", max_age_s=0, same_site="Lax")
        return answer
