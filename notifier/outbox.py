"""Takes notices and receipts from the topic, and gives each notice to its receiver's worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

import structlog

from citybrain.floor.clock import Clock
from citybrain.floor.dead_letters import FailedRecord, problem_of
from citybrain.floor.topics import NOTIFICATIONS
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.records import DeliveryReceipt, Notice
from citybrain.notices.routing import Receiver, Routing
from notifier.channel import Channel
from notifier.metrics import NotifierMetrics
from notifier.receiver_queue import ReceiverQueue
from notifier.receiver_worker import ReceiverWorker
from notifier.settled_notices import SettledNotices
from notifier.told_instead import operators_told, told_instead

log = structlog.get_logger(__name__)


class WritesRecords(Protocol):
    """What writes to the topic, in order and for certain, without blocking."""

    def put(self, records: Iterable[Notice | DeliveryReceipt]) -> None:
        """Have `records` written."""
        ...

    def set_aside(self, failed: FailedRecord) -> None:
        """Have a record that cannot be carried out told."""
        ...


class Outbox:
    """All that is on its way.

    Attributes:
        settled: which notices are settled.
    """

    def __init__(
        self,
        routing: Routing,
        channels: Callable[[Receiver], Channel],
        topic: WritesRecords,
        clock: Clock,
        metrics: NotifierMetrics,
    ) -> None:
        """Send by `routing`; `channels` gives the way to a receiver."""
        self.settled = SettledNotices()
        self._pipeline = NoticePipeline(routing)
        self._channels, self._topic = channels, topic
        self._clock, self._metrics = clock, metrics
        self._workers: dict[str, ReceiverWorker] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._intervals = _intervals(routing)

    @property
    def routing(self) -> Routing:
        """What it sends by; may be replaced while it runs."""
        return self._pipeline.routing

    @routing.setter
    def routing(self, routing: Routing) -> None:
        self._pipeline = NoticePipeline(routing)
        self._intervals = _intervals(routing)

    def replay(self, records: Iterable[Notice | DeliveryReceipt]) -> None:
        """Take what was on the topic before this sender started, without sending."""
        now = self._clock.now()
        for record in records:
            self._guarded(record, partial(self._settle, record, now))

    def resume(self) -> int:
        """Send what `replay` left unsettled; return how many notices that is."""
        left = self.settled.unsettled()
        for notice in left:
            self._guarded(notice, partial(self._send, notice))
        return len(left)

    def take(self, records: Iterable[Notice | DeliveryReceipt]) -> None:
        """Take what came on the topic, in order."""
        now = self._clock.now()
        for record in records:
            self._guarded(record, partial(self._taken, record, now))

    def record(self, receipts: Iterable[DeliveryReceipt]) -> None:
        """Keep what became of attempts, and tell the topic."""
        found = list(receipts)
        for receipt in found:
            self.settled.note(receipt)
            self._metrics.count(receipt)
        self._topic.put(found)

    def give_up(
        self, notices: Iterable[Notice], receipts: Iterable[DeliveryReceipt], detail: str
    ) -> None:
        """Tell others instead, then that the notices were given up: a crash between loses none."""
        given_up, now = list(notices), self._clock.now()
        instead = [one for notice in given_up for one in told_instead(notice, self._pipeline, now)]
        lost = len(given_up) - len({notice.fallback_of for notice in instead})
        if lost:
            receiver = given_up[0].receiver
            log.error("notices_given_up", receiver=receiver, notices=lost, fallback="none")
        warnings = operators_told(given_up[0], detail, self._pipeline, now) if given_up else []
        fresh = [one for one in (*instead, *warnings) if not self.settled.knows(one.key)]
        self._topic.put(fresh)
        self.record(receipts)
        self.take(fresh)

    async def close(self) -> None:
        """Stop all workers; what is not settled is sent by the next sender."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _guarded(self, record: Notice | DeliveryReceipt, act: Callable[[], object]) -> None:
        """Do something about a record; one that raises is set aside and stops no other."""
        try:
            act()
        except Exception as error:
            place = f"{NOTIFICATIONS.name}[0]: {record.key}"
            value = repr(record).encode(errors="replace")
            self._topic.set_aside(FailedRecord(NOTIFICATIONS, place, value, problem_of(error)))

    def _settle(self, record: Notice | DeliveryReceipt, now: datetime) -> bool:
        """Take note of a record; return whether it is a notice that is still to be sent."""
        if isinstance(record, DeliveryReceipt):
            self.settled.note(record)
            return False
        return self.settled.take(record, now)

    def _taken(self, record: Notice | DeliveryReceipt, now: datetime) -> None:
        if self._settle(record, now) and isinstance(record, Notice):
            self._send(record)

    def _send(self, notice: Notice) -> None:
        if notice.receiver not in self.routing.receivers:
            self._unknown(notice)
            return
        worker = self._workers.get(notice.receiver)
        if worker is None:
            worker = self._workers[notice.receiver] = self._worker(notice.receiver)
        worker.put(notice)

    def _worker(self, name: str) -> ReceiverWorker:
        last = self.routing.receivers[name]

        def receiver() -> Receiver:
            nonlocal last
            last = self.routing.receivers.get(name, last)
            return last

        worker = ReceiverWorker(
            receiver,
            lambda: self._channels(receiver()),
            ReceiverQueue(self._interval),
            self,
            self._clock,
            lambda: self.routing.names.desk_url,
        )
        task = asyncio.create_task(worker.run(), name=f"receiver-{name}")
        self._tasks.add(task)
        return worker

    def _interval(self, notice: Notice) -> timedelta:
        return self._intervals.get(notice.route, timedelta())

    def _unknown(self, notice: Notice) -> None:
        now = self._clock.now()
        log.error("receiver_unknown", receiver=notice.receiver, notice=notice.key)
        receipt = DeliveryReceipt(
            key=notice.key,
            alert=notice.alert,
            receiver=notice.receiver,
            attempt=0,
            outcome="unknown_receiver",
            at=now,
            started_at=now,
            detail="routing.yaml has no such receiver",
        )
        self.record([receipt])


def _intervals(routing: Routing) -> dict[str, timedelta]:
    return {route.path: route.group_interval for route in routing.root.walk()}
