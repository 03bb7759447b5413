"""The sign-in page: one form, both languages, without a script that it would need."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import msgspec

from citybrain.city import City
from citybrain.floor.text import EN, ZH, Text
from dashboards.access.login_words import BY_LINK, NOTICE
from dashboards.wall.pages import heading

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "content-security-policy": POLICY,
    # Of a page without any referrer browsers say that its forms come from nowhere.
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}
_WIDE, _HIGH = 1000.0, 1000.0
_LANGUAGES = ("English", "中文")


@dataclass(frozen=True)
class Shown:
    """What a page shows this time.

    Attributes:
        next: where to go afterwards.
        form: token of the form.
        name: what was typed as name.
        error: what went wrong, in both languages.
        wait_s: seconds until another attempt is any use.
        oidc: whether one can sign in by an identity provider.
        english: whether English is shown, else Chinese.
        link: token of the link that somebody came by; "": a name and a password are asked for.
    """

    next: str
    form: str
    name: str = ""
    error: Text | None = None
    wait_s: int = 0
    oidc: bool = False
    english: bool = False
    link: str = ""


def page(city: City, shown: Shown) -> str:
    """Return the page as HTML."""
    title = heading(city)
    other = title.zh if shown.english else title.en
    return f"""<!DOCTYPE html>
<html lang="{"en" if shown.english else "zh-CN"}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{_one("登录", "Sign in", shown)} · {_said(title, shown)}</title>
<link rel="icon" href="/_favicon.ico">
<link rel="stylesheet" href="/assets/05_font.css">
<link rel="stylesheet" href="/login/login.css">
<script src="/login/login.js" defer></script>
</head>
<body>
<img class="city" src="/login/city.svg" alt="">
<main>
<header>
<h1>{_said(title, shown)}</h1>
<p>{_text(other)}</p>
</header>
<form method="post" action="{_place(shown)}{_query(shown)}"
 data-wait="{shown.wait_s}">
<h2>{_one("登录", "Sign in", shown)}</h2>
{_error(shown)}
{_by_link(shown) if shown.link else _by_password(shown)}
<input type="hidden" name="form" value="{_text(shown.form)}">
<button type="submit">{_one("登 录", "Sign in", shown)}</button>
{_oidc(shown) if not shown.link else ""}
</form>
<footer>
<p>{_said(NOTICE, shown)}</p>
{_other_language(shown)}
</footer>
</main>
</body>
</html>
"""


def onward(where: str) -> str:
    """Return a page that goes to `where` as a click would.

    After a way over another site the browser withholds strict cookies from a mere redirect.
    """
    target = _text(where)
    return f"""<!DOCTYPE html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={target}"><title>…</title>
<link rel="stylesheet" href="/login/login.css"></head>
<body><main><a href="{target}">继续 / continue</a></main></body>
</html>
"""


def outline(city: City) -> str:
    """Return the city's districts as an SVG picture for the page's background."""
    shapes = msgspec.json.decode(city.geo.read_bytes()).get("features", ())
    rings = [ring for shape in shapes for ring in _rings(shape.get("geometry") or {})]
    points = [point for ring in rings for point in ring]
    if not points:
        return '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>'
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    squeeze = 0.77  # a degree of longitude over one of latitude, near enough for a picture
    scale = min(_WIDE / ((east - west) * squeeze or 1), _HIGH / ((north - south) or 1))

    def at(x: float, y: float) -> str:
        return f"{(x - west) * squeeze * scale:.1f} {(north - y) * scale:.1f}"

    path = "".join(f"M{'L'.join(at(x, y) for x, y in ring)}Z" for ring in rings)
    box = f"{(east - west) * squeeze * scale + 8:.0f} {(north - south) * scale + 8:.0f}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-4 -4 {box}">'
        f'<path d="{path}" fill="#2b7df0" fill-opacity=".10" stroke="#5ea8ff"'
        ' stroke-opacity=".55" stroke-width="1.6" stroke-linejoin="round"/></svg>'
    )


def _rings(geometry: dict[str, Any]) -> Iterable[list[tuple[float, float]]]:
    shapes = geometry.get("coordinates", ())
    polygons = [shapes] if geometry.get("type") == "Polygon" else shapes
    for polygon in polygons:
        yield from ([(float(one[0]), float(one[1])) for one in ring] for ring in polygon)


def _by_password(shown: Shown) -> str:
    focus = ("", " autofocus") if shown.name else (" autofocus", "")
    return f"""<label for="name">{_one("账号", "Account", shown)}</label>
<input id="name" name="name" value="{_text(shown.name)}" required maxlength="64"
 autocapitalize="none" spellcheck="false" autocomplete="username"{focus[0]}>
<label for="password">{_one("密码", "Password", shown)}</label>
<input id="password" name="password" type="password" required maxlength="256"
 autocomplete="current-password"{focus[1]}>
<p id="caps" hidden>{_one("大写锁定已打开", "Caps Lock is on", shown)}</p>"""


def _by_link(shown: Shown) -> str:
    """Return what a link's page says: whoever only looks at it, as messengers do, uses nothing."""
    return f"""<p class="link">{_said(BY_LINK, shown)}</p>
<input type="hidden" name="token" value="{_text(shown.link)}">"""


def _error(shown: Shown) -> str:
    if shown.error is None:
        return ""
    return f'<p class="error" role="alert">{_said(shown.error, shown)}</p>'


def _oidc(shown: Shown) -> str:
    if not shown.oidc:
        return ""
    words = _one("统一身份认证登录", "Sign in by identity provider", shown)
    or_ = _one("或", "or", shown)
    query = urlencode({"next": shown.next})
    return f'<p class="or">{or_}</p><a class="oidc" href="/login/oidc?{_text(query)}">{words}</a>'


def _place(shown: Shown) -> str:
    return "/login/link" if shown.link else "/login"


def _other_language(shown: Shown) -> str:
    address, name = f"{_place(shown)}{_query(shown, other=True)}", _LANGUAGES[shown.english]
    return f'<a class="language" href="{address}">{_text(name)}</a>'


def _query(shown: Shown, *, other: bool = False) -> str:
    given = {"next": shown.next} if shown.next != "/" else {}
    given["lang"] = "zh" if shown.english is other else "en"
    given |= {"token": shown.link} if other and shown.link else {}
    return _text(f"?{urlencode(given)}")


def _one(zh: str, en: str, shown: Shown) -> str:
    return _said(Text(zh, en), shown)


def _said(text: Text, shown: Shown) -> str:
    return _text(text.said(EN if shown.english else ZH))


def _text(text: str) -> str:
    return html.escape(text, quote=True)
