"""Whether a request that changes something comes from our own page, and where one may go next."""

from __future__ import annotations

import hmac
from collections.abc import Collection
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.datastructures import Headers

from dashboards.access.session import AccessSession
from dashboards.security import foreign

HEADER = "x-csrf-token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST = 500


def from_elsewhere(headers: Headers) -> bool:
    """Return whether a browser says that another site made the request.

    A program that is no browser says nothing, and holds no cookie that a site could abuse.
    """
    site = headers.get("sec-fetch-site")
    return foreign(headers) or site not in {None, "same-origin", "none"}


def carries_token(headers: Headers, session: AccessSession) -> bool:
    """Return whether the request carries the session's token."""
    token = headers.get(HEADER, "")
    return bool(session.csrf) and hmac.compare_digest(token.encode(), session.csrf.encode())


def next_page(wanted: str, pages: Collection[str]) -> str:
    """Return where to go after signing in: one of our `pages` with its query, else ``/``."""
    if len(wanted) > _LONGEST or not wanted.isprintable():
        return "/"
    try:
        parts = urlsplit(wanted)
        query = parse_qsl(parts.query)
    except ValueError:
        return "/"
    if parts.scheme or parts.netloc or parts.path not in pages:
        return "/"
    kept = urlencode([(name, value) for name, value in query if name != "token"])
    return f"{parts.path}?{kept}" if kept else parts.path
