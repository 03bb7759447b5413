"""Messages that did not get through and wait for another attempt; pure."""

from __future__ import annotations

import heapq
import itertools
from dataclasses import dataclass, replace
from datetime import datetime

from citybrain.notices.notice_message import NoticeMessage
from citybrain.notices.records import DeliveryReceipt, Notice


@dataclass(frozen=True)
class PendingRetry:
    """A message to be tried.

    Attributes:
        message: what is sent.
        attempts: how often it may be tried.
        began: seconds of a monotonic clock at which it was tried first.
        attempt: which attempt is next: 1, 2 …
    """

    message: NoticeMessage
    attempts: int
    began: float
    attempt: int = 1

    @property
    def again(self) -> PendingRetry:
        """The next attempt."""
        return replace(self, attempt=self.attempt + 1)

    @property
    def unspent(self) -> PendingRetry:
        """The next attempt where this one counts for nothing: it was only to wait."""
        return replace(self.again, attempts=self.attempts + 1)

    def shorter(self) -> list[PendingRetry]:
        """The next attempt in smaller messages; none: it cannot be made smaller."""
        return [replace(self.unspent, message=part) for part in self.message.shorter()]

    def receipts(
        self, outcome: str, detail: str, started: datetime, at: datetime
    ) -> list[DeliveryReceipt]:
        """Return what became of the attempt that `started` and ended `at`, for each notice."""
        return [
            receipt(notice, self.attempt, outcome, detail, started, at)
            for notice in self.message.notices
        ]


class PendingRetries:
    """What waits, by the time at which it is due."""

    def __init__(self) -> None:
        """Start with none."""
        self._due: list[tuple[float, int, PendingRetry]] = []
        self._numbers = itertools.count()

    def put(self, trial: PendingRetry, due: float) -> None:
        """Have `trial` wait until `due`, in seconds of a monotonic clock."""
        heapq.heappush(self._due, (due, next(self._numbers), trial))

    def due_in_s(self, now: float) -> float | None:
        """Return the seconds until one is due, 0 when one is; None: there is none."""
        return max(0.0, self._due[0][0] - now) if self._due else None

    def take(self) -> PendingRetry:
        """Take out what is due first."""
        return heapq.heappop(self._due)[2]

    def hurry(self) -> None:
        """Have all of it due now, in the order in which it failed."""
        self._due = [(0.0, number, trial) for _, number, trial in self._due]
        heapq.heapify(self._due)


def receipt(  # the fields of the record
    notice: Notice, attempt: int, outcome: str, detail: str, started: datetime, at: datetime
) -> DeliveryReceipt:
    """Return the receipt of one attempt for one notice."""
    return DeliveryReceipt(
        key=notice.key,
        alert=notice.alert,
        receiver=notice.receiver,
        attempt=attempt,
        outcome=outcome,
        at=at,
        started_at=started,
        detail=detail,
    )
