"""An OpenID Connect issuer of our own on loopback: real HTTP, real signatures, real PKCE."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey


def make_key(name: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": name, "use": "sig"}, auto_kid=False)


@dataclass
class Issuer:
    """What it knows, and what a test makes it do wrong.

    Attributes:
        claims: put into the next ID token, over what belongs there.
        header: put into its header, over what belongs there.
        key: signs tokens; `published` are the keys that it shows.
        seen: forms that came to the token endpoint.
        about: put into the discovery document.
    """

    url: str = ""
    key: Any = field(default_factory=lambda: make_key("one"))
    published: list[Any] = field(default_factory=list)
    claims: dict[str, Any] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    asked: dict[str, dict[str, str]] = field(default_factory=dict)
    seen: list[tuple[dict[str, str], str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    now: int = 0
    answer: Any = None

    def authorize(self, address: str) -> dict[str, str]:
        """Do as a person who signs in at `address`: return the query to come back with."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}" == self.url
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        code = f"code{len(self.asked)}"
        self.asked[code] = query
        return {"code": code, "state": query["state"]}

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Answer a request for a token."""
        query = self.asked.pop(form["code"], None)
        if query is None:
            return {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert (challenge, query["code_challenge_method"]) == (query["code_challenge"], "S256")
        assert form["redirect_uri"] == query["redirect_uri"]
        claims = {
            "iss": self.url,
            "aud": query["client_id"],
            "sub": "u-1",
            "nonce": query["nonce"],
            "iat": self.now,
            "exp": self.now + 300,
            "preferred_username": "Li.Na",
            "name": "李娜",
            "groups": ["duty"],
        }
        claims = {name: value for name, value in (claims | self.claims).items() if value != ""}
        header = {"alg": "RS256", "kid": self.key.kid} | self.header
        return {"id_token": jwt.encode(header, claims, self.key), "access_token": "x"}

    def reply(self, path: str, body: str, authorization: str) -> Any:
        """Return what it answers."""
        self.paths.append(path)
        if self.answer is not None:
            return self.answer
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
            } | self.about
        if path == "/keys":
            keys = self.published or [self.key]
            return {"keys": [key.as_dict(private=False) for key in keys]}
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.seen.append((form, authorization))
        return self.token(form)


@contextmanager
def serving(issuer: Issuer) -> Iterator[Issuer]:
    """Serve `issuer` while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.do_POST()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
            told = issuer.reply(self.path, body, self.headers.get("authorization", ""))
            content = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(400 if isinstance(told, dict) and "error" in told else 200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        issuer.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield issuer
        server.shutdown()
        thread.join()
