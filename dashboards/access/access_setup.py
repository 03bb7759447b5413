"""Put the door together: accounts, sessions, guard, sign-in, audit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
from fastapi import FastAPI

from citybrain.accounts import private_files
from citybrain.accounts.accounts_file import AccountsFile
from citybrain.city import City
from citybrain.floor import bus
from citybrain.floor.clock import Clock
from citybrain.floor.errors import ConfigError, Fault
from citybrain.floor.settings import Settings
from dashboards.access.audit_sender import AuditSender
from dashboards.access.client_address import ClientAddresses
from dashboards.access.ended_sessions import Ended
from dashboards.access.guard import Guard
from dashboards.access.link_routes import LinkRoutes
from dashboards.access.password_checker import PasswordChecker
from dashboards.access.request_identity import RequestIdentity
from dashboards.access.routes import LoginRoutes
from dashboards.access.sessions import Sessions
from dashboards.access.sign_in import SignIn

if TYPE_CHECKING:
    from dashboards.access.oidc import Oidc

BUS_MS = 5_000
"""After so long without any broker it is an outage, ms."""
PATHS = frozenset({"/login", "/logout", "/me"})
"""Pages and routes of the door, beside what lies under ``/login/``."""
ISSUER_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class AccessDoor:
    """The door of one process.

    Attributes:
        gate: knows whose request it is.
        auditor: notes what happened.
    """

    gate: RequestIdentity
    auditor: AuditSender
    _checker: PasswordChecker
    _client: httpx.AsyncClient
    _oidc: Oidc | None
    _key: bytes
    _open: bool

    def add_to(self, server: FastAPI, city: City, walls: frozenset[str]) -> None:
        """Guard all of `server`, and add sign-in to it.

        Args:
            server: the application; what is added to it later is guarded as well.
            city: whose name stands on the page.
            walls: the pages of walls.
        """
        pages = walls | {"/desk", "/cases"}
        known = self._oidc is not None
        sign_in = SignIn(city, self.gate, self.auditor, pages, key=self._key, oidc=known)
        if self._oidc is not None:
            from dashboards.access.oidc_routes import OidcRoutes  # noqa: PLC0415  as in `door_of`

            OidcRoutes(sign_in, self._oidc, self._key).add_to(server)
        LinkRoutes(sign_in).add_to(server)
        LoginRoutes(sign_in, self._checker).add_to(server)
        server.add_middleware(
            Guard, gate=self.gate, auditor=self.auditor, walls=walls, walls_open=self._open
        )

    def start(self) -> None:
        """Send the audit log from now on."""
        self.auditor.start()

    async def close(self) -> None:
        """Let go of everything."""
        self._checker.close()
        await self._client.aclose()
        self.auditor.close()


def door_of(settings: Settings, clock: Clock) -> AccessDoor:
    """Return the door that `settings` describe; the key that signs sessions is made if missing.

    Raises:
        ConfigError: a setting is wrong.
    """
    addresses, path = ClientAddresses(settings.trusted_proxies), settings.session_key_path
    key = private_files.secret(path)
    accounts = AccountsFile(settings.accounts_path)
    sessions = Sessions(key, accounts, Ended(path.with_name("sessions-ended.json")))
    https = settings.screens_address.startswith("https://")
    client = httpx.AsyncClient(timeout=ISSUER_TIMEOUT_S, follow_redirects=False)
    oidc = _oidc_of(settings, client) if settings.oidc_issuer else None
    return AccessDoor(
        RequestIdentity(sessions, accounts, addresses, clock, https=https),
        AuditSender(lambda: bus.producer(settings, bootstrap_timeout_ms=BUS_MS), accounts, clock),
        PasswordChecker(accounts),
        client,
        oidc,
        key,
        settings.screens_open,
    )


def _secret(settings: Settings) -> str:
    path = settings.oidc_client_secret_file
    if path is None:
        return ""
    try:
        return path.read_text().strip()
    except OSError as error:
        problem = f"{path} cannot be read: {error.strerror}"
        remedy = "name the file that holds the client's secret"
        name = "CITYBRAIN_OIDC_CLIENT_SECRET_FILE"
        raise ConfigError([Fault("environment", name, problem, remedy)]) from error


def _oidc_of(settings: Settings, client: httpx.AsyncClient) -> Oidc:
    # What it stands on takes as long to load as a tenth of all that the screens start with.
    from dashboards.access.oidc import Oidc  # noqa: PLC0415

    return Oidc(settings, _secret(settings), client)
