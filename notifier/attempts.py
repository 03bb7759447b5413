"""When to try again, and how many messages a minute; pure."""

from __future__ import annotations

from dataclasses import dataclass

FACTOR = 4.0
LONGEST_S = 300.0
JITTER = 0.2


def delay_s(first_s: float, attempt: int, chance: float) -> float:
    """Return the seconds to wait after a failed attempt: 2, 8, 32, 128, 300 where the first is 2.

    Args:
        first_s: what it is after the first attempt.
        attempt: 1, 2 …
        chance: a random number in [0, 1): up to a fifth more, so that not all try at once.
    """
    plain = min(first_s * FACTOR ** (attempt - 1), LONGEST_S)
    return plain * (1 + JITTER * chance)


@dataclass
class RateLimit:
    """Tokens that come back evenly: a full minute's worth may go at once.

    Attributes:
        per_minute: how many a minute.
        tokens: how many there are at `at`.
        at: seconds of a monotonic clock.
    """

    per_minute: int
    tokens: float
    at: float

    @classmethod
    def full(cls, per_minute: int, now: float) -> RateLimit:
        """Return a full one."""
        return cls(per_minute, float(per_minute), now)

    def wait_s(self, now: float) -> float:
        """Return the seconds until there is a token; 0: there is one."""
        self._fill(now)
        return 0.0 if self.tokens >= 1 else (1 - self.tokens) * 60 / self.per_minute

    def take(self, now: float) -> None:
        """Take a token."""
        self._fill(now)
        self.tokens -= 1

    def _fill(self, now: float) -> None:
        came = (now - self.at) * self.per_minute / 60
        self.tokens = min(self.tokens + came, float(self.per_minute))
        self.at = now
