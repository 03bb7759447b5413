"""Whose request it is: read from its cookies each time, so that nobody outstays a revocation."""

from __future__ import annotations

from starlette.requests import HTTPConnection

from citybrain.accounts.accounts_file import AccountsFile
from citybrain.accounts.roles import WALL
from citybrain.floor.clock import Clock
from dashboards.access import cookies
from dashboards.access.client_address import ClientAddresses
from dashboards.access.session import AccessSession
from dashboards.access.sessions import Sessions

_BEARER = "bearer "


class RequestIdentity:
    """Knows sessions by their requests, for pages and sockets alike; never blocks."""

    def __init__(
        self,
        sessions: Sessions,
        accounts: AccountsFile,
        addresses: ClientAddresses,
        clock: Clock,
        *,
        https: bool,
    ) -> None:
        """Read sessions; `https`: whether browsers reach us by TLS whatever the request says."""
        self.sessions, self.accounts, self.addresses, self.clock = (
            sessions,
            accounts,
            addresses,
            clock,
        )
        self._https = https

    def current(self, connection: HTTPConnection) -> AccessSession | None:
        """Return the session of the person whose request it is; None: nobody who signed in."""
        cookie = self.cookie(connection, cookies.SESSION)
        return self.sessions.read(cookie, self.clock.now()) if cookie else None

    def wall(self, connection: HTTPConnection) -> AccessSession | None:
        """Return the session of the wall whose request it is, by its cookie or as a bearer."""
        token = self.cookie(connection, cookies.WALL)
        told = connection.headers.get("authorization", "")
        if not token and told[: len(_BEARER)].lower() == _BEARER:
            token = told[len(_BEARER) :].strip()
        wall = self.accounts.wall(token) if token else None
        if wall is None:
            return None
        return AccessSession(id=wall.id, user=f"wall:{wall.name}", role=WALL.id, title=wall.name)

    def anybody(self, connection: HTTPConnection) -> AccessSession | None:
        """Return the session of the person or else the wall whose request it is."""
        return self.current(connection) or self.wall(connection)

    def secure(self, connection: HTTPConnection) -> bool:
        """Return whether cookies are for TLS only."""
        return self._https or self.addresses.secure(connection)

    def cookie(self, connection: HTTPConnection, name: str) -> str:
        """Return the value of a cookie of the door; "" where there is none."""
        full = cookies.named(name, secure=self.secure(connection))
        return connection.cookies.get(full, "")
