"""Sessions of people, kept in signed cookies: no store to ask, and any replica can read them.

A cookie says who, since when, and when it was last used. It opens nothing any more once it was
idle or in use for too long, its account was disabled or got another password, or it was ended.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from citybrain.accounts.accounts_file import AccountsFile
from citybrain.accounts.records import Account
from dashboards.access.ended_sessions import Ended
from dashboards.access.session import AccessSession

IDLE = timedelta(hours=12)
ABSOLUTE = timedelta(hours=24)
RENEW = timedelta(minutes=5)
"""A cookie in use is made anew no more often than this."""
_SKEW = timedelta(minutes=2)
_ID_BYTES = 24


class CookieSeal:
    """Puts a value into text that only who has the key can make; everybody can read it."""

    def __init__(self, key: bytes, purpose: str) -> None:
        """Use `key`; what was sealed for another purpose is not accepted."""
        self._serializer = URLSafeSerializer(
            key,
            salt=f"citybrain.{purpose}",
            signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
        )

    def seal(self, value: Any) -> str:
        """Return `value` (of JSON) as text."""
        return str(self._serializer.dumps(value))

    def opened(self, text: str) -> Any:
        """Return what was sealed, None if `text` is none of ours."""
        try:
            return self._serializer.loads(text)
        except BadData:
            return None


class Sessions:
    """Begins, reads and ends sessions."""

    def __init__(self, key: bytes, accounts: AccountsFile, ended: Ended) -> None:
        """Sign with `key`; `accounts` are looked up at each reading."""
        self._key, self._accounts, self._ended = key, accounts, ended
        self._sealed = CookieSeal(key, "session")

    def begin(self, account: Account, now: datetime) -> str:
        """Return the cookie of a new session; its id is new whatever the browser had before."""
        return self._cookie(secrets.token_urlsafe(_ID_BYTES), account, now, now)

    def read(self, cookie: str, now: datetime) -> AccessSession | None:
        """Return the session of `cookie`, None if it opens nothing (any more)."""
        match self._sealed.opened(cookie):
            case [str(ident), str(user), str(epoch), int(born), int(seen)]:
                pass
            case _:
                return None
        if not _lasts(_instant(born), _instant(seen), now) or self._ended.has(ident):
            return None
        account = self._accounts.account(user)
        if account is None or not hmac.compare_digest(account.epoch, epoch):
            return None
        return AccessSession(
            id=ident,
            user=account.name,
            role=account.role,
            title=account.title or account.name,
            departments=account.departments,
            areas=account.areas,
            csrf=self.csrf(ident),
            seen_at=_instant(seen),
        )

    def renewed(self, cookie: str, now: datetime) -> str | None:
        """Return the cookie anew where it is time to; only for a `cookie` that `read` took."""
        ident, user, epoch, born, seen = self._sealed.opened(cookie)
        if now - _instant(seen) < RENEW:
            return None
        return self._sealed.seal([ident, user, epoch, born, _seconds(now)])

    def end(self, session: AccessSession, now: datetime) -> None:
        """Let the cookie of `session` open nothing any more, in any replica."""
        self._ended.add(session.id, now, now + ABSOLUTE)

    def csrf(self, ident: str) -> str:
        """Return the token that goes with a session's id."""
        return hmac.new(self._key, f"csrf:{ident}".encode(), hashlib.sha256).hexdigest()

    def _cookie(self, ident: str, account: Account, born: datetime, seen: datetime) -> str:
        value = [ident, account.name, account.epoch, _seconds(born), _seconds(seen)]
        return self._sealed.seal(value)


def _lasts(born: datetime, seen: datetime, now: datetime) -> bool:
    return -_SKEW <= now - born < ABSOLUTE and -_SKEW <= now - seen < IDLE


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


def _instant(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
