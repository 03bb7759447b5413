"""What was sent and is not acknowledged yet, by ticket."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from kafka.errors import KafkaTimeoutError
from kafka.future import Future

from connectors.resends.id_table import Rows
from connectors.resends.known_rows import Mask


class EnvelopeOutcome(Future):  # type: ignore[misc]  # the library has no types
    """What becomes of an envelope: as Kafka's own promise, but it is there before it is sent."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        super().__init__()
        self._told = threading.Event()

    def success(self, value: Any) -> EnvelopeOutcome:
        """It arrived, at the place `value`."""
        super().success(value)
        self._told.set()
        return self

    def failure(self, e: BaseException) -> EnvelopeOutcome:
        """It did not, or nobody knows."""
        super().failure(e)
        self._told.set()
        return self

    def get(self, timeout: float | None = None) -> Any:
        """Wait for it.

        Raises:
            KafkaError: it did not arrive, or not in `timeout` seconds.
        """
        if not self._told.wait(timeout):
            raise KafkaTimeoutError(f"no answer after {timeout} s")
        if self.failed():
            raise self.exception
        return self.value


@dataclass(eq=False)
class Ticket:
    """What was let through for one envelope.

    Attributes:
        number: tickets of a feed in order.
        rows: the records, each once, in the order of their ids.
        minute: of the delivery, since 1970.
        asked: what was asked whether they are known, and had been read from the log until then.
        outcome: what becomes of it.
    """

    number: int
    rows: Rows
    minute: int
    asked: object = None
    outcome: EnvelopeOutcome = field(default_factory=EnvelopeOutcome)


class UnderWay:
    """The tickets of a feed that are not settled; not to be used by two threads at once."""

    def __init__(self) -> None:
        """Start with none."""
        self._tickets: dict[int, Ticket] = {}
        self._next = 1

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._tickets)

    def add(self, rows: Rows, minute: int, asked: object = None) -> Ticket:
        """Hold `rows`, each once and in the order of their ids, under a ticket of their own."""
        ticket = Ticket(self._next, rows, minute, asked)
        self._tickets[ticket.number] = ticket
        self._next += 1
        return ticket

    def settle(self, ticket: Ticket) -> bool:
        """Hold `ticket` no longer; return whether it was the oldest."""
        oldest = min(self._tickets, default=0) == ticket.number
        self._tickets.pop(ticket.number, None)
        return oldest

    def clear(self) -> None:
        """Hold none any more."""
        self._tickets.clear()

    def find(self, rows: Rows) -> tuple[Mask, Mask, tuple[EnvelopeOutcome, ...]]:
        """Return which rows are under way, which with another content, and what they wait for.

        Quick where `rows` are in the order of their ids, and few tickets are open.
        """
        here, other = (np.zeros(len(rows), np.bool_) for _ in range(2))
        outcomes = []
        for ticket in self._tickets.values():
            same, differs = _among(rows, ticket.rows)
            here |= same
            other |= differs
            if same.any():
                outcomes.append(ticket.outcome)
        return here, other, tuple(outcomes)


def _among(rows: Rows, held: Rows) -> tuple[Mask, Mask]:
    """Return which of `rows` are among `held` (in order), and which have another digest there."""
    here, other = (np.zeros(len(rows), np.bool_) for _ in range(2))
    place = np.searchsorted(held.high, rows.high)
    open_ = np.arange(len(rows))
    while len(open_):
        inside = place < len(held)
        open_, place = open_[inside], place[inside]
        mine, theirs = rows.words.take(open_, axis=0), held.words.take(place, axis=0)
        alike = mine[:, 0] == theirs[:, 0]
        id_ = alike & (mine[:, 1] == theirs[:, 1])
        exact = id_ & (mine[:, 2] == theirs[:, 2])
        here[open_[exact]] = True
        other[open_[id_ & ~exact]] = True
        open_, place = open_[alike], place[alike] + 1
    return here, other
