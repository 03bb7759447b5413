"""Who is let in at the local store: one who writes and one who reads, each by a password."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from citybrain.accounts import private_files
from citybrain.floor.settings import Settings
from citybrain.roof.local.statement_guard import StoreRole


class NotLetIn(Exception):
    """Nobody is known by that name and password."""


class StoreUsers:
    """The two users of the local store."""

    def __init__(self, known: Mapping[StoreRole, tuple[str, str]]) -> None:
        """Know (name, password) of each role."""
        self._known = {role: _joined(*login) for role, login in known.items()}

    def role_of(self, headers: Mapping[str, str]) -> StoreRole:
        """Return who sent a request with `headers` (names in lower case).

        Raises:
            NotLetIn: nobody of ours; the message says no more than that.
        """
        given = _given(headers)
        found = [
            role for role, known in self._known.items() if hmac.compare_digest(given, known)
        ]  # every one is compared, so that time tells nothing
        if not found:
            raise NotLetIn("sign in as one of the store's users")
        return found[0]


def users_of(settings: Settings) -> StoreUsers:
    """Return the users that `settings` name; passwords that are missing are made."""
    for path in (settings.writer_secret_path, settings.reader_secret_path):
        private_files.secret(path)
    return StoreUsers(
        {
            StoreRole.WRITER: settings.writer_login(),
            StoreRole.READER: settings.reader_login(),
        }
    )


def _given(headers: Mapping[str, str]) -> bytes:
    if "x-clickhouse-user" in headers:
        return _joined(headers["x-clickhouse-user"], headers.get("x-clickhouse-key", ""))
    kind, _, text = headers.get("authorization", "").partition(" ")
    if kind.casefold() != "basic":
        return b""
    try:
        user, _, password = base64.b64decode(text, validate=True).partition(b":")
    except (binascii.Error, ValueError):
        return b""
    return user + b"\0" + password


def _joined(user: str, password: str) -> bytes:
    return f"{user}\0{password}".encode()
