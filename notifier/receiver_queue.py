"""What waits for one receiver, and which of it goes into the next message; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from citybrain.floor.levels import RANKS
from citybrain.floor.origins import origin_rank
from citybrain.notices.records import Notice

MOST_IN_DIGEST = 500
MOST_WAITING = 5_000
"""Where somebody stands in for a receiver: what is more is told to that one."""
_AT_ONCE = ("raised", "escalated")


class ReceiverQueue:
    """Notices for one receiver, oldest first.

    The first notice of a group goes at once; what comes within the group's interval waits for its
    end, except what is red, raised or escalated. What waits of one group goes together; where the
    receiver's rate is used up, all that waits of one origin goes together. What is more real goes
    first.
    """

    def __init__(self, interval: Callable[[Notice], timedelta]) -> None:
        """Take the interval of a notice's group from `interval`."""
        self._interval = interval
        self._notices: list[Notice] = []
        self._worlds: Counter[str] = Counter()
        self._held: dict[str, float] = {}

    def __len__(self) -> int:
        """Count notices."""
        return len(self._notices)

    def put(self, notice: Notice, *, bounded: bool = False) -> Notice | None:
        """Add a notice; return the one that has to go where there are too many now.

        That is the oldest of the lowest level of what is least real.

        Args:
            notice: what is to be told.
            bounded: whether somebody else hears of what goes; else all of it waits.
        """
        self._notices.append(notice)
        self._worlds[notice.world] += 1
        if not bounded or len(self._notices) <= MOST_WAITING:
            return None
        least = min(self._notices, key=lambda one: (-origin_rank(one.world), RANKS[one.level]))
        self._notices.remove(least)
        self._worlds -= Counter([least.world])
        return least

    def all(self) -> tuple[Notice, ...]:
        """Return all notices."""
        return tuple(self._notices)

    def ready_in_s(self, now: float) -> float | None:
        """Return the seconds until one may go; None: nothing waits."""
        least: float | None = None
        for notice in self._notices:
            wait = self._wait_s(notice, now)
            if wait <= 0:
                return wait
            least = wait if least is None else min(least, wait)
        return least

    def take(self, now: float, *, together: bool) -> list[Notice]:
        """Take out what goes next, of which `ready_in_s` said that it may.

        Args:
            now: seconds of a monotonic clock.
            together: whether notices of all groups of one origin go into one message.
        """
        first = self._first(now)
        taken: list[Notice] = []
        left: list[Notice] = []
        for notice in self._notices:
            fits = notice.group == first.group or (
                together and notice.world == first.world and self._wait_s(notice, now) <= 0
            )
            (taken if fits and len(taken) < MOST_IN_DIGEST else left).append(notice)
        self._notices = left
        self._worlds -= Counter(notice.world for notice in taken)
        self._hold(taken, now)
        return taken

    def _first(self, now: float) -> Notice:
        """Return the oldest of what is most real among those that may go."""
        for world in sorted(self._worlds, key=origin_rank):
            ready = (n for n in self._notices if n.world == world and self._wait_s(n, now) <= 0)
            if (found := next(ready, None)) is not None:
                return found
        raise LookupError("nothing may go yet")

    def _wait_s(self, notice: Notice, now: float) -> float:
        until = self._held.get(notice.group)
        if until is None or notice.level == "red" or notice.purpose in _AT_ONCE:
            return 0.0
        return max(0.0, until - now)

    def _hold(self, taken: list[Notice], now: float) -> None:
        """Remember until when the groups of what goes now are held back."""
        self._held = {group: until for group, until in self._held.items() if until > now}
        for notice in taken:
            self._held[notice.group] = now + self._interval(notice).total_seconds()
