"""What was sent and is not acknowledged yet, by ticket."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from kafka.errors import KafkaTimeoutError
from kafka.future import Future

from connectors.resends.id_table import IdTable, Rows
from connectors.resends.known_rows import Mask

_SPARE = 4


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
        rows: the records, each once.
        minute: of the delivery, since 1970.
        outcome: what becomes of it.
    """

    number: int
    rows: Rows
    minute: int
    outcome: EnvelopeOutcome = field(default_factory=EnvelopeOutcome)


class UnderWay:
    """The tickets of a feed that are not settled; not to be used by two threads at once."""

    def __init__(self) -> None:
        """Start with none."""
        self._tickets: dict[int, Ticket] = {}
        self._table = IdTable()
        self._next = 1

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._tickets)

    def add(self, rows: Rows, minute: int) -> Ticket:
        """Hold `rows` under a ticket of their own."""
        more = len(rows)
        if not self._table.has_room(more):
            oldest = min(self._tickets, default=self._next)
            self._table = self._table.rebuilt(oldest, _SPARE * more)
        ticket = Ticket(self._next, rows, minute)
        self._tickets[ticket.number] = ticket
        self._table.put(rows, ticket.number)
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
        """Return which rows are under way, which with another content, and what they wait for."""
        if not self._tickets:
            none = np.zeros(len(rows), np.bool_)
            return none, none, ()
        found = self._table.find(rows)
        numbers = np.where(found.known, self._table.stamp[found.slot], 0)
        here = np.isin(numbers, list(self._tickets))
        outcomes = [self._tickets[number].outcome for number in np.unique(numbers[here]).tolist()]
        return here, found.other, tuple(outcomes)
