"""What the door works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from citybrain.clock import Clock
from connectors.backpressure import Budget
from connectors.buffer import Sender
from connectors.metrics import Metrics
from connectors.once import Once
from connectors.source import Receipt


class Gate(Protocol):
    """Says when nothing may be taken in; `connectors.backpressure.Pressure` is one."""

    def reason(self) -> str:
        """Return why nothing may be taken in now, "" if it may."""
        ...

    def behind(self, partition: int) -> Receipt:
        """Return a place on `city.events` before which all records are older than now."""
        ...

    def partitions(self) -> int:
        """Return how many partitions `city.events` has."""
        ...


@dataclass(frozen=True)
class Tools:
    """What the door works with.

    Attributes:
        sender: the way to Kafka.
        gate: says when nothing may be taken in.
        once: remembers batches.
        owner: API key → department, None for an unknown one.
        clock: tells the time.
        metrics: counts.
        budget: bounds memory.
    """

    sender: Sender
    gate: Gate
    once: Once
    owner: Callable[[str], str | None]
    clock: Clock
    metrics: Metrics
    budget: Budget
