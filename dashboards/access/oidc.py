"""Sign in by an OpenID Connect issuer: authorization code with PKCE, state and nonce.

What must be remembered between the two requests travels in a sealed cookie. Only the issuer's
signed ID token is believed, and of it only what was meant for us and for this sign-in.
"""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from citybrain.accounts.roles import ROLES
from citybrain.floor.errors import CityBrainError, ConfigError, Fault
from citybrain.floor.settings import Settings

PATIENCE = timedelta(minutes=10)
"""How long somebody may take at the issuer."""
_FRESH = timedelta(hours=1)
_LEEWAY_S = 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "Ed25519")
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_LARGEST = 512 * 1024


class OidcAwayError(CityBrainError):
    """The issuer does not answer as an issuer should."""


class OidcRefusedError(CityBrainError):
    """What came back does not prove who somebody is."""


class OidcNoRoleError(CityBrainError):
    """The issuer knows the person, but nothing that gives a role here."""


@dataclass(frozen=True)
class Identity:
    """Who somebody is, as the issuer says.

    Attributes:
        subject: ``issuer subject``, which never changes.
        name: how the person is called there.
        title: name for screens.
        role: the role here.
        departments: what it may see; None: the issuer is not asked for it.
    """

    subject: str
    name: str
    title: str
    role: str
    departments: tuple[str, ...] | None


class Oidc:
    """One issuer."""

    def __init__(self, settings: Settings, secret: str, client: httpx.AsyncClient) -> None:
        """Ask the issuer of `settings` by `client`.

        Raises:
            ConfigError: the issuer's address or the mapping of roles is wrong.
        """
        self._issuer = settings.oidc_issuer
        self._id, self._secret, self._client = settings.oidc_client_id, secret, client
        self._claim, self._departments = settings.oidc_claim, settings.oidc_departments_claim
        self._callback = f"{settings.screens_address}/login/callback"
        self._roles = parse_roles(settings.oidc_roles)
        self._about: Mapping[str, Any] = {}
        self._about_at: datetime | None = None
        self._keys: KeySet | None = None
        self._keys_at: datetime | None = None
        self._lock = asyncio.Lock()
        if faults := _faults(settings):
            raise ConfigError(faults)

    async def begin(self, where: str, now: datetime) -> tuple[str, list[Any]]:
        """Return where to send the browser, and what to remember meanwhile.

        Raises:
            OidcAwayError: the issuer does not answer.
        """
        about = await self._discover(now)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        query = {
            "response_type": "code",
            "client_id": self._id,
            "redirect_uri": self._callback,
            "scope": "openid profile email",
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = about["authorization_endpoint"]
        joint = "&" if urlsplit(address).query else "?"
        kept = [state, nonce, verifier, where, int(now.timestamp())]
        return f"{address}{joint}{urlencode(query)}", kept

    async def finish(
        self, told: Mapping[str, str], kept: Any, now: datetime
    ) -> tuple[Identity, str]:
        """Return who came back with the query `told`, and where to go next.

        Raises:
            OidcAwayError: the issuer does not answer.
            OidcRefusedError: it proves nothing.
            OidcNoRoleError: the person has no role here.
        """
        match kept:
            case [str(state), str(nonce), str(verifier), str(where), int(began)]:
                pass
            case _:
                raise OidcRefusedError("sign-in: nobody began it in this browser; begin again")
        if now.timestamp() - began > PATIENCE.total_seconds():
            raise OidcRefusedError("sign-in: it took too long; begin again")
        if not hmac.compare_digest(told.get("state", "").encode(), state.encode()):
            raise OidcRefusedError("state: it is not the one of this sign-in; begin again")
        if told.get("iss", self._issuer) != self._issuer:
            raise OidcRefusedError("iss: another issuer answered; begin again")
        if "code" not in told:
            raise OidcRefusedError(f"the issuer refuses: {told.get('error', 'no code')[:80]}")
        token = await self._exchange(told["code"], verifier, now)
        claims = await self._verified(token, nonce, now)
        return self._identity(claims), where

    async def _exchange(self, code: str, verifier: str, now: datetime) -> str:
        about = await self._discover(now)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._callback,
            "client_id": self._id,
            "code_verifier": verifier,
        }
        # Basic is what every issuer must take; ours alone is told whose request it is otherwise.
        auth = httpx.BasicAuth(self._id, self._secret) if self._secret else None
        answer = await self._ask("POST", about["token_endpoint"], data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            error = str(answer.get("error", "there is no id_token"))[:80]
            raise OidcRefusedError(f"the issuer gives no ID token: {error}")
        return token

    async def _verified(self, token: str, nonce: str, now: datetime) -> dict[str, Any]:
        try:
            try:
                decoded = jwt.decode(token, await self._key_set(now), algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                # Issuers change their keys whenever they like.
                keys = await self._key_set(now, anew=True)
                decoded = jwt.decode(token, keys, algorithms=_ALGORITHMS)
            options = {
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._id},
                "sub": {"essential": True},
            }
            params = {"nonce": nonce, "client_id": self._id}
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=int(now.timestamp()), leeway=_LEEWAY_S)
        except (JoseError, ValueError, TypeError) as error:
            raise OidcRefusedError(f"the ID token proves nothing: {error}") from error
        if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise OidcRefusedError("nonce: the ID token is of another sign-in; begin again")
        return dict(claims)

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        values = _values(claims, self._claim)
        role = next((role for value, role in self._roles if value in values), None)
        if role is None:
            raise OidcNoRoleError(f"{claims['sub']}: {self._claim}: nothing in it gives a role")
        departments = _values(claims, self._departments) if self._departments else None
        if departments == ():
            raise OidcNoRoleError(f"{claims['sub']}: {self._departments}: it names no department")
        name = claims.get("preferred_username") or claims.get("email") or claims["sub"]
        title = str(claims.get("name") or "")[:64]
        return Identity(f"{self._issuer} {claims['sub']}", str(name), title, role, departments)

    async def _discover(self, now: datetime) -> Mapping[str, Any]:
        async with self._lock:
            if self._about_at is None or now - self._about_at > _FRESH:
                address = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
                about = await self._ask("GET", address)
                if about.get("issuer") != self._issuer:
                    raise OidcAwayError(f"{address}: it is of another issuer")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    if not _is_safe(str(about.get(name, ""))):
                        raise OidcAwayError(f"{address}: {name}: no https address")
                self._about, self._about_at = about, now
        return self._about

    async def _key_set(self, now: datetime, *, anew: bool = False) -> KeySet:
        about = await self._discover(now)
        async with self._lock:
            old = self._keys_at is None or now - self._keys_at > _FRESH
            if self._keys is None or old or anew:
                found = await self._ask("GET", about["jwks_uri"])
                self._keys = KeySet.import_key_set(found)  # type: ignore[arg-type]
                self._keys_at = now
        return self._keys

    async def _ask(self, method: str, address: str, **more: Any) -> dict[str, Any]:
        try:
            answer = await self._client.request(method, address, **more)
            found = answer.json() if len(answer.content) <= _LARGEST else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise OidcAwayError(f"{address}: no answer that can be read: {error!r}") from error
        if not isinstance(found, dict) or answer.is_server_error:
            raise OidcAwayError(f"{address}: status {answer.status_code}, no JSON object")
        return found


def parse_roles(text: str) -> tuple[tuple[str, str], ...]:
    """Return (value, role) of ``value=role,…``.

    Raises:
        ConfigError: a part is none, or there is no such role.
    """
    faults, found = [], []
    for part in filter(None, map(str.strip, text.split(","))):
        value, equals, role = part.rpartition("=")
        if not equals or not value or role not in ROLES:
            problem = f"{part!r} is not value=role"
            remedy = f"roles are {', '.join(ROLES)}"
            faults.append(Fault("environment", "CITYBRAIN_OIDC_ROLES", problem, remedy))
        found.append((value, role))
    if faults:
        raise ConfigError(faults)
    return tuple(found)


def _faults(settings: Settings) -> list[Fault]:
    faults = []
    if not _is_safe(settings.oidc_issuer):
        problem = f"{settings.oidc_issuer!r} is no https address"
        faults.append(
            Fault("environment", "CITYBRAIN_OIDC_ISSUER", problem, "give the issuer's own address")
        )
    if not settings.oidc_roles:
        problem = "nobody could sign in: no value gives a role"
        remedy = "give them, for example 'duty=officer,city-admins=administrator'"
        faults.append(Fault("environment", "CITYBRAIN_OIDC_ROLES", problem, remedy))
    return faults


def _is_safe(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.hostname) and (
        parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    )


def _values(claims: Mapping[str, Any], path: str) -> tuple[str, ...]:
    found: Any = claims.get(path)
    if found is None:
        found = claims
        for step in path.split("."):
            found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return (found,)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()
