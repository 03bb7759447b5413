"""What the door works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from citybrain.floor.clock import Clock
from connectors.door.backpressure import Budget
from connectors.door.batch_once import BatchOnce
from connectors.door.metrics import GatewayMetrics
from connectors.door.post_buffer import Sender
from connectors.fetch.source import EnvelopeReceipt


class IntakeGate(Protocol):
    """Says when nothing may be taken in; `connectors.door.backpressure.Pressure` is one."""

    def reason(self) -> str:
        """Return why nothing may be taken in now, "" if it may."""
        ...

    def behind(self, partition: int) -> EnvelopeReceipt:
        """Return a place on `city.events` before which all records are older than now."""
        ...

    def partitions(self) -> int:
        """Return how many partitions `city.events` has."""
        ...


@dataclass(frozen=True)
class DoorParts:
    """What the door works with.

    Attributes:
        sender: the way to Kafka.
        gate: says when nothing may be taken in.
        batch_once: remembers batches.
        owner: API key → department, None for an unknown one.
        clock: tells the time.
        metrics: counts.
        budget: bounds memory.
    """

    sender: Sender
    gate: IntakeGate
    batch_once: BatchOnce
    owner: Callable[[str], str | None]
    clock: Clock
    metrics: GatewayMetrics
    budget: Budget
