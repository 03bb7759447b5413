"""Cookies of the door: their names, and how they are set."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import Literal

SESSION = "citybrain_session"
WALL = "citybrain_wall"
FORM = "citybrain_form"
OIDC = "citybrain_oidc"
YEAR_S = 365 * 24 * 3600
SameSite = Literal["Strict", "Lax"]


def named(name: str, *, secure: bool) -> str:
    """Return the cookie's full name; under TLS the browser itself keeps others from setting it."""
    return f"__Host-{name}" if secure else name


def set_cookie(
    name: str,
    value: str,
    *,
    secure: bool,
    same_site: SameSite = "Strict",
    max_age_s: int | None = None,
) -> str:
    """Return a Set-Cookie header; without `max_age_s` it goes with the browser, 0 removes it."""
    jar: SimpleCookie = SimpleCookie()
    full = named(name, secure=secure)
    jar[full] = value
    morsel = jar[full]
    morsel["path"] = "/"
    morsel["httponly"] = True
    morsel["samesite"] = same_site
    if secure:
        morsel["secure"] = True
    if max_age_s is not None:
        morsel["max-age"] = str(max_age_s)
    return morsel.OutputString()
