"""Slow down who guesses passwords: each failure after the first few doubles the wait; pure.

Counted for the account and for the address. An account's wait stays short, so that nobody can lock
another person out for long; an address's may become long. An attempt counts as failed when it
begins, so that many at once gain nothing, and is taken back when it was right.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

FORGET = timedelta(hours=1)
MOST = 20_000
"""So many accounts and addresses are remembered; the longest quiet are forgotten first."""


@dataclass(frozen=True)
class Limit:
    """How patient we are: `free` failures cost nothing, then 1 s, 2 s, 4 s … up to `longest`."""

    free: int
    longest: timedelta

    def wait(self, failures: int) -> timedelta:
        """Return how long to wait after so many failures."""
        if failures < self.free:
            return timedelta()
        return min(self.longest, timedelta(seconds=2 ** min(failures - self.free, 30)))


ACCOUNT = Limit(5, timedelta(minutes=1))
ADDRESS = Limit(20, timedelta(minutes=15))


@dataclass(frozen=True)
class LockoutVerdict:
    """Whether an attempt may be made.

    Attributes:
        wait: how long not yet; zero: it may.
        first: whether it is the first one that is turned away since the last that was not.
    """

    wait: timedelta = timedelta()
    first: bool = False


@dataclass(frozen=True)
class _Count:
    failures: int
    last_at: datetime
    turned_away: bool = False


class Lockout:
    """Remembers failures."""

    def __init__(self, most: int = MOST) -> None:
        """Remember at most `most` accounts and addresses."""
        self._most = most
        self._counts: OrderedDict[bytes, _Count] = OrderedDict()

    def attempt(self, name: str, address: str, now: datetime) -> LockoutVerdict:
        """Return whether a password may be tried; if so it counts as failed until `succeeded`."""
        keys = _keys(name, address)
        waits = [self._wait(key, limit, now) for key, limit in keys]
        if any(waits):
            return LockoutVerdict(max(waits), self._turn_away([key for key, _ in keys], now))
        for key, _ in keys:
            self._put(key, _Count(self._failures(key, now) + 1, now))
        return LockoutVerdict()

    def succeeded(self, name: str, address: str) -> None:
        """Forget the failures of the account, and take the attempt back from the address."""
        (account, _), (client, _) = _keys(name, address)
        self._counts.pop(account, None)
        if (count := self._counts.get(client)) is not None:
            self._put(client, replace(count, failures=max(0, count.failures - 1)))

    def taken_back(self, name: str, address: str) -> None:
        """Do as if the attempt had not been made: nobody looked at the password."""
        for key, _ in _keys(name, address):
            if (count := self._counts.get(key)) is not None:
                self._put(key, replace(count, failures=max(0, count.failures - 1)))

    def __len__(self) -> int:
        """Return how many accounts and addresses are remembered."""
        return len(self._counts)

    def _wait(self, key: bytes, limit: Limit, now: datetime) -> timedelta:
        failures = self._failures(key, now)
        if not failures:
            return timedelta()
        return max(timedelta(), self._counts[key].last_at + limit.wait(failures) - now)

    def _failures(self, key: bytes, now: datetime) -> int:
        count = self._counts.get(key)
        return count.failures if count is not None and now - count.last_at < FORGET else 0

    def _turn_away(self, keys: list[bytes], now: datetime) -> bool:
        counts = [self._counts[key] for key in keys if self._failures(key, now)]
        first = not any(count.turned_away for count in counts)
        for key in keys:
            if key in self._counts:
                self._counts[key] = replace(self._counts[key], turned_away=True)
        return first

    def _put(self, key: bytes, count: _Count) -> None:
        self._counts[key] = count
        self._counts.move_to_end(key)
        while len(self._counts) > self._most:
            self._counts.popitem(last=False)


def _keys(name: str, address: str) -> tuple[tuple[bytes, Limit], tuple[bytes, Limit]]:
    # Hashed: whatever length somebody sends, it takes as little room.
    account = hashlib.blake2b(f"account:{name}".encode(errors="replace"), digest_size=16)
    client = hashlib.blake2b(f"address:{address}".encode(errors="replace"), digest_size=16)
    return (account.digest(), ACCOUNT), (client.digest(), ADDRESS)
