"""What every way of signing in shares: the page with its form, the new session, the notes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import replace

from fastapi import Request, Response
from fastapi.responses import HTMLResponse

from citybrain.accounts.records import Account
from citybrain.city import City
from citybrain.floor.audit_entry import entry
from dashboards.access import cookies
from dashboards.access.audit_sender import AuditSender
from dashboards.access.login_page import HEADERS, Shown, page
from dashboards.access.origin import next_page
from dashboards.access.request_identity import RequestIdentity


class SignIn:
    """Shows the page, and lets in."""

    def __init__(  # the parts that it is made of
        self,
        city: City,
        gate: RequestIdentity,
        auditor: AuditSender,
        pages: Collection[str],
        *,
        key: bytes,
        oidc: bool,
    ) -> None:
        """Show the name of `city`; `pages` are where one may go afterwards."""
        self.city, self.gate, self._auditor, self._pages = city, gate, auditor, pages
        self._key, self._oidc = key, oidc

    def next(self, request: Request) -> str:
        """Return where `request` wants to go after signing in."""
        return self.allowed(request.query_params.get("next", "/"))

    def allowed(self, where: str) -> str:
        """Return `where` if one may go there after signing in, else the first page."""
        return next_page(where, self._pages)

    def page(self, request: Request, shown: Shown, status: int = 200) -> Response:
        """Show the page with a form whose token goes with a cookie of this browser."""
        mark = self.gate.cookie(request, cookies.FORM) or secrets.token_urlsafe(24)
        wanted = shown.next.partition("?")[2].split("&")
        told = "en" if "lang=en" in wanted else "zh"
        english = request.query_params.get("lang", told) == "en"
        full = replace(shown, form=self._form(mark), oidc=self._oidc, english=english)
        answer = HTMLResponse(page(self.city, full), status, HEADERS)
        self.set(request, answer, cookies.FORM, mark)
        if shown.wait_s:
            answer.headers["retry-after"] = str(shown.wait_s)
        return answer

    def is_ours(self, request: Request, form: str) -> bool:
        """Return whether `form` is the token of a page that this browser was shown."""
        mark = self.gate.cookie(request, cookies.FORM)
        return bool(mark) and hmac.compare_digest(form.encode(), self._form(mark).encode())

    def welcome(self, request: Request, account: Account, answer: Response, how: str) -> Response:
        """Begin a session; whatever session the browser had before ends."""
        now = self.gate.clock.now()
        if (before := self.gate.current(request)) is not None:
            self.gate.sessions.end(before, now)
        self.set(request, answer, cookies.SESSION, self.gate.sessions.begin(account, now))
        self.set(request, answer, cookies.FORM, "", max_age_s=0)
        self.note(request, "sign_in", user=account.name, role=account.role, details={"by": how})
        return answer

    def note(  # the fields of the record
        self,
        request: Request,
        action: str,
        *,
        user: str = "",
        role: str = "",
        refused: str = "",
        details: Mapping[str, str] | None = None,
    ) -> None:
        """Put into the audit log what was done, or `refused` and why."""
        self._auditor.note(
            entry(
                self.gate.clock.now(),
                action,
                "refused" if refused else "accepted",
                user=user,
                role=role,
                reason=refused,
                address=self.gate.addresses.address(request),
                details=details,
            )
        )

    def set(
        self,
        request: Request,
        answer: Response,
        name: str,
        value: str,
        *,
        max_age_s: int | None = None,
        same_site: cookies.SameSite = "Strict",
    ) -> None:
        """Set a cookie of the door; `max_age_s` of 0 removes it."""
        secure = self.gate.secure(request)
        cookie = cookies.set_cookie(
            name, value, secure=secure, same_site=same_site, max_age_s=max_age_s
        )
        answer.headers.append("set-cookie", cookie)

    def _form(self, mark: str) -> str:
        return hmac.new(self._key, f"form:{mark}".encode(), hashlib.sha256).hexdigest()
