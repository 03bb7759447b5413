"""What the browser may do on our pages: nothing from outside, no framing, no foreign sockets."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send


def content_policy(script_hashes: Iterable[str]) -> str:
    """Return the Content-Security-Policy: own files alone, and inline scripts of known hash.

    Styles may be inline: Dash and the charts set some; a style cannot run or fetch anything here,
    as every other source is ``'self'``.
    """
    scripts = " ".join(["'self'", *script_hashes])
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "font-src 'self'",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        ]
    )


def foreign(headers: Headers) -> bool:
    """Return whether a socket was opened by a page of another site.

    A program that is no browser sends no Origin and is let through: it could claim any.
    """
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host")


_OWN = (
    "/assets/",
    "/_dash-",
    "/_favicon",
    "/desk/",
    "/cases/",
    "/login/",
    "/open/",
    "/api/v2/",
    "/-/",
)


class SecureHeaders:
    """Puts the security headers on every answer, and answers 404 for pages that do not exist.

    An answer that sets one of them itself keeps its own.

    Dash itself answers any path with its page.
    """

    def __init__(self, app: ASGIApp, *, policy: str, paths: frozenset[str]) -> None:
        """Wrap `app`; `paths` are the pages and routes that exist beside Dash's own."""
        self._app = app
        self._paths = paths
        self._headers = {
            "content-security-policy": policy,
            "x-content-type-options": "nosniff",
            "x-frame-options": "DENY",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
            "cross-origin-resource-policy": "same-origin",
            "permissions-policy": "camera=(), microphone=(), geolocation=()",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        if self._exists(scope["path"]):
            await self._app(scope, receive, send_secured)
            return
        await send_secured(
            {
                "type": "http.response.start",
                "status": 404,
                "headers": [(b"content-type", b"text/plain; charset=utf-8")],
            }
        )
        await send({"type": "http.response.body", "body": b"no such page; try /\n"})

    def _exists(self, path: str) -> bool:
        return path.startswith(_OWN) or path in self._paths
