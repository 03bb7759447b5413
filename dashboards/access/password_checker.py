"""Tries passwords beside the event loop: two at once, and only so many in the queue."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import structlog

from citybrain.accounts import changes, passwords
from citybrain.accounts.accounts_file import AccountsFile
from citybrain.accounts.records import Account
from citybrain.floor.errors import CityBrainError

log = structlog.get_logger(__name__)
AT_ONCE = 2
WAITING = 16


class BusyError(CityBrainError):
    """So many passwords are waiting to be tried that another would wait for too long."""


class PasswordChecker:
    """Says whose account a name and a password are."""

    def __init__(self, accounts: AccountsFile) -> None:
        """Look up who is in `accounts`."""
        self._accounts = accounts
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="passwords")
        self._waiting = 0

    async def account(self, name: str, password: str) -> Account | None:
        """Return the account of `name` (folded) if `password` is right and it may sign in.

        It takes as long for an account that does not exist.

        Raises:
            BusyError: too many wait already.
        """
        if self._waiting >= WAITING:
            raise BusyError("sign-in: too many passwords are being tried; wait a moment")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, self._check, name, password)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Wait for nothing any more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _check(self, name: str, password: str) -> Account | None:
        account = self._accounts.account(name)
        kept = account.password if account is not None else ""
        if not passwords.verify(password, kept) or account is None:
            return None
        if passwords.is_outdated(kept):
            self._rehash(account, password)
        return account

    def _rehash(self, account: Account, password: str) -> None:
        try:
            changes.rehash(self._accounts.path, account, password)
        except (CityBrainError, OSError) as error:
            log.warning("rehash_failed", user=account.name, problem=str(error))
