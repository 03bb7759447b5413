"""An outbox without Kafka: a list in the place of the topic."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from citybrain.floor.clock import ManualClock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.notices.routing import Receiver, Routing
from notifier.channel import ChannelSetup, channel_kinds
from notifier.metrics import NotifierMetrics
from notifier.outbox import Outbox
from notifier.sender import OpenChannels
from tests.citybrain.notices.sample import NOW, receiver
from tests.notifier.endpoint import Endpoint


class Topic(list[Notice | DeliveryReceipt]):
    """What was written to the topic."""

    def __init__(self) -> None:
        super().__init__()
        self.aside: list[FailedRecord] = []

    def put(self, records: Iterable[Notice | DeliveryReceipt]) -> None:
        self.extend(records)

    def set_aside(self, failed: FailedRecord) -> None:
        self.aside.append(failed)

    def outcomes(self, name: str = "") -> list[tuple[str, int, str]]:
        """Return (key, attempt, outcome) of receipts, of one receiver or all."""
        return [
            (one.key, one.attempt, one.outcome)
            for one in self
            if isinstance(one, DeliveryReceipt) and name in ("", one.receiver)
        ]

    def details(self) -> set[str]:
        return {one.detail for one in self if isinstance(one, DeliveryReceipt)}


@asynccontextmanager
async def outbox(routing: Routing, topic: Topic, folder: Path = Path()) -> AsyncIterator[Outbox]:
    channels = OpenChannels(channel_kinds(), ChannelSetup(folder, routing.names), routing)
    found = Outbox(routing, channels.of, topic, ManualClock(NOW), NotifierMetrics())
    try:
        yield found
    finally:
        await found.close()
        await channels.close()


def webhook(name: str, endpoint: Endpoint, **changes: Any) -> Receiver:
    return receiver(name, kind="webhook", url=endpoint.url, **changes)
