"""Hostile requests: every route, every method, and what parsers fall over; the same for a seed."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

METHODS = ("GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "PROPFIND")
KINDS = (
    *("application/json", "application/x-ndjson", "text/csv", "text/csv; charset=gb18030"),
    *("text/csv; charset=utf-16", "application/x-www-form-urlencoded", "multipart/form-data"),
    *("application/json; charset=\xff", "", "x" * 300),
)
ODD = (
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "%ff%fe",
    "%e4%b8",
    "a" * 3_000,
    "%2e%2e/",
    "'; DROP",
    "{x}",
)
TEXTS = (
    *("9999-12-31T23:59:59Z", "0001-01-01T00:00:00-14:00", "\uffff\x00", "\x1b[2J", "=1+1"),
    *("<script>", "a" * 5_000, "-1", "1e999", "null", "(q?|q?|7?)" * 40 + "z", "%s%n", "🜁" * 50),
)
KEYS = (
    *("labels", "annotations", "startsAt", "endsAt", "alertname", "matchers", "lasts_s", "reason"),
    *("commands", "action", "target", "details", "ids", "name", "password", "form", "time", "kind"),
    *("value", "lon", "lat", "area", "id", "expected", "recurrence"),
)


@dataclass(frozen=True)
class HostileRequests:
    """Makes requests for one port.

    Attributes:
        routes: paths, with ``{…}`` for what is filled in.
        headers: sets of headers to choose from: of nobody, of somebody, of garbage.
    """

    routes: Sequence[str]
    headers: Sequence[dict[str, str]]

    def make(self, number: int) -> bytes:
        """Return request `number` as it goes over the wire."""
        rng = random.Random(number)  # noqa: S311  no secret
        if rng.random() < 0.01:
            return _noise(rng)
        method = rng.choice(METHODS) if rng.random() < 0.3 else rng.choice(("GET", "POST"))
        body = b"" if method in ("GET", "HEAD") else _BODIES[rng.randrange(len(_BODIES))](rng)
        head = {"host": "x", "content-type": rng.choice(KINDS), **rng.choice(self.headers)}
        if rng.random() < 0.1:
            head["content-encoding"] = rng.choice(("gzip", "br", "identity", "\xff"))
        if rng.random() < 0.1:
            head["idempotency-key"] = rng.choice(TEXTS)
        if rng.random() < 0.01:
            head["x-large"] = "x" * 40_000
        if rng.random() < 0.02:
            head["cookie"] = "; ".join(f"c{n}={rng.choice(TEXTS)[:50]}" for n in range(50))
        if body or method == "POST":
            head["content-length"] = str(len(body))
        lines = [f"{name}: {_flat(text)}" for name, text in head.items() if text]
        first = f"{method} {self._path(rng)} HTTP/1.1"
        return "\r\n".join((first, *lines, "", "")).encode("utf-8", "replace") + body

    def _path(self, rng: random.Random) -> str:
        path = rng.choice(self.routes) if rng.random() < 0.95 else "/" + rng.choice(ODD)
        while "{" in path:
            before, _, rest = path.partition("{")
            fill = rng.choice((*ODD, "overall", "radar", "login.css", "1" * 36)).replace("{", "")
            path = before + fill + rest.partition("}")[2]
        if rng.random() < 0.3:
            value = rng.choice((*ODD, "1", "99999999999999999999", "-1", "true"))
            path += f"?{rng.choice(('hours', 'filter', 'next', 'why', 'token', 'lang'))}={value}"
        return "".join(sign for sign in path if " " < sign < "\x7f") or "/"


def _flat(text: str) -> str:
    return text.replace("\r", "").replace("\n", "").replace("\x00", "")


def _noise(rng: random.Random) -> bytes:
    return bytes(rng.randrange(256) for _ in range(rng.randint(1, 200))) + b"\r\n\r\n"


def _tree(rng: random.Random, depth: int = 0) -> object:
    kind = rng.randrange(8)
    if kind == 0 and depth < 4:
        return [_tree(rng, depth + 1) for _ in range(rng.randrange(4))]
    if kind <= 2 and depth < 4:
        return {rng.choice(KEYS): _tree(rng, depth + 1) for _ in range(rng.randrange(5))}
    leaves = (None, True, -1, 2**63, 1e308, rng.choice(TEXTS), rng.choice(TEXTS), [], {})
    return rng.choice(leaves)


def _alert(rng: random.Random) -> dict[str, object]:
    labels = {"alertname": rng.choice(TEXTS), rng.choice(KEYS): rng.choice(TEXTS)}
    return {"labels": labels, rng.choice(KEYS): _tree(rng), "startsAt": rng.choice(TEXTS)}


_BODIES: tuple[Callable[[random.Random], bytes], ...] = (
    lambda _: b"",
    lambda rng: bytes(rng.randrange(256) for _ in range(rng.randint(1, 400))),
    lambda rng: json.dumps(_tree(rng)).encode(),
    lambda rng: json.dumps([_alert(rng) for _ in range(rng.randint(1, 5))]).encode(),
    lambda rng: b"\n".join(json.dumps(_tree(rng)).encode() for _ in range(rng.randint(1, 20))),
    lambda rng: b"[" * rng.randint(1, 20_000),
    lambda rng: b'{"a":' * rng.randint(1, 20_000),
    lambda rng: b'{"value": ' + b"9" * rng.randint(1, 5_000) + b"}",
    lambda rng: json.dumps([{rng.choice(KEYS): "\ud800"}]).encode(),
    lambda rng: json.dumps(_tree(rng)).encode("utf-16"),
    lambda rng: f"id,kind,time\nr1,x,{rng.choice(TEXTS)}\n".encode(rng.choice(("utf-8", "utf-16"))),
    lambda _: b"case_enquiry_id,open_dt, a, b\nN1,2026-11-01 10:00:00,1,2\n\x00",
    lambda rng: gzip.compress(b" " * rng.randint(1, 2_000_000)),
    lambda rng: b"name=" + rng.choice(TEXTS).encode("utf-8", "replace") + b"&password=%ff&form=x",
    lambda rng: b"x" * rng.randint(1, 20_000),
)
