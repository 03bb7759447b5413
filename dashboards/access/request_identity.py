"""Whose request it is: read from its cookies each time, so that nobody outstays a revocation."""

from __future__ import annotations

import base64

from starlette.requests import HTTPConnection

from citybrain.accounts.accounts_file import AccountsFile
from citybrain.accounts.roles import READER, WALL
from citybrain.floor.clock import Clock
from dashboards.access import cookies
from dashboards.access.client_address import ClientAddresses
from dashboards.access.session import AccessSession
from dashboards.access.sessions import Sessions

_BEARER, _BASIC = "bearer ", "basic "


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
        token = self.cookie(connection, cookies.WALL) or _bearer(connection)
        wall = self.accounts.wall(token) if token else None
        if wall is None:
            return None
        return AccessSession(id=wall.id, user=f"wall:{wall.name}", role=WALL.id, title=wall.name)

    def reader(self, connection: HTTPConnection) -> AccessSession | None:
        """Return the session of the program whose request it is, by its token.

        It comes as a bearer, or as the password of HTTP's basic scheme.
        """
        token = _basic(connection) or _bearer(connection)
        reader = self.accounts.reader(token) if token else None
        if reader is None:
            return None
        return AccessSession(
            id=reader.id,
            user=f"reader:{reader.name}",
            role=READER.id,
            title=reader.name,
            departments=reader.departments,
            areas=reader.areas,
        )

    def anybody(self, connection: HTTPConnection) -> AccessSession | None:
        """Return the session of the person, else the wall or program, whose request it is."""
        return self.current(connection) or self.wall(connection) or self.reader(connection)

    def secure(self, connection: HTTPConnection) -> bool:
        """Return whether cookies are for TLS only."""
        return self._https or self.addresses.secure(connection)

    def cookie(self, connection: HTTPConnection, name: str) -> str:
        """Return the value of a cookie of the door; "" where there is none."""
        full = cookies.named(name, secure=self.secure(connection))
        return connection.cookies.get(full, "")


def _bearer(connection: HTTPConnection) -> str:
    told = connection.headers.get("authorization", "")
    return told[len(_BEARER) :].strip() if told[: len(_BEARER)].lower() == _BEARER else ""


def _basic(connection: HTTPConnection) -> str:
    told = connection.headers.get("authorization", "")
    if told[: len(_BASIC)].lower() != _BASIC:
        return ""
    try:
        decoded = base64.b64decode(told[len(_BASIC) :], validate=True).decode()
    except ValueError:
        return ""
    return decoded.partition(":")[2]
