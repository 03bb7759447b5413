"""The parts of a sink, wired: one agent, writer and committer a topic."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import uuid
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import structlog
from aiokafka.errors import KafkaError
from clickhouse_connect.driver.client import Client
from faust import Stream
from faust.exceptions import FaustError
from faust.types import TP, StreamT

from citybrain.city import City
from citybrain.floor.clock import SystemClock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.errors import BusError
from citybrain.floor.heartbeat import Heart
from citybrain.floor.onlookers import Onlookers
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS, Topic
from citybrain.floor.worker_app import WorkerApp, worker_app
from sinks.aside_signs import AsideSigns
from sinks.claim_failures import ClaimAside
from sinks.commit_progress import CommitProgress
from sinks.committer import Committer
from sinks.migrations import Dialect
from sinks.repair import Repairer
from sinks.repair_requests import RepairRequests
from sinks.retention import horizons
from sinks.side_lane import SideLane
from sinks.table import TopicSource, find_tables
from sinks.topic_reader import TopicReader
from sinks.topic_writer import TopicWriter
from sinks.unreadable import DeadLetterBox

log = structlog.get_logger(__name__)

GROUP = "sink"
LETTER_S = 30.0


def new_app(settings: Settings) -> WorkerApp:
    """Return the Faust app of the sink."""
    return worker_app(
        GROUP,
        settings,
        # A record is an envelope of up to a megabyte: a few of them fill an insert.
        stream_buffer_maxsize=32,
        consumer_auto_offset_reset="earliest",
    )


class SinkWorker:
    """All parts of the sink; nothing runs before `parts` is awaited.

    Attributes:
        app: the Faust app.
    """

    def __init__(
        self,
        settings: Settings,
        city: City,
        clients: Mapping[str, Client],
        stop: threading.Event,
        heart: Heart,
    ) -> None:
        """Wire the parts; `clients` has a client for each table that a topic fills."""
        self.app = new_app(settings)
        self._committers: list[Committer] = []
        # Of their own: they run for ever, and the loop's own threads are few.
        self._threads = ThreadPoolExecutor(len(clients), "side-lane")
        self._writers: list[TopicWriter] = []
        clock, onlookers = SystemClock(), Onlookers(settings)
        self._box = DeadLetterBox(self.app, clock)
        owner = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        dialect = Dialect(city.time_zone, settings.store_cluster)
        tables = find_tables()
        self._gone, self._there = horizons(city)
        sources: dict[str, TopicSource] = {n: t.source for n, t in tables.items() if t.source}
        for name, source in sources.items():
            mender = Repairer(clients[name], tables, tables[name], self._gone, dialect, self._there)
            reader = TopicReader(settings, source)
            lane = SideLane(mender, reader, owner, clock, stop, self._send_letter)
            if source.topic is EVENTS:
                lane.asked = RepairRequests(clock, settings).serve
            committer = Committer(clients[name], name, reader, lane, clock=clock, stop=stop)
            writer = TopicWriter(source, committer, self._box.put, lambda: onlookers.present)
            self._committers.append(committer)
            self._writers.append(writer)
            self._add_agent(source.topic, writer)
        self._heart = heart
        name = settings.instance or socket.gethostname()
        self._signs = AsideSigns(name, clock, self._aside, self._box.write)
        self._progress = CommitProgress(
            settings,
            [source.topic for source in sources.values()],
            GROUP,
            stop,
            self._waits,
        )
        heart.watch(self._progress.parts)
        for committer in self._committers:
            heart.watch(committer.lane.parts)
        self.app.on_partitions_assigned.connect(cast("Any", self._assigned))

    def reload(self, city: City) -> None:
        """Count on rows for as long as `city` keeps them."""
        for known, found in zip((self._gone, self._there), horizons(city), strict=True):
            known.update(found)
            for name in known.keys() - found.keys():
                del known[name]

    def parts(self) -> list[Coroutine[Any, Any, None]]:
        """Return what has to run side by side; that one ends is a failure unless told to stop."""
        self._loop = asyncio.get_running_loop()
        self._progress.start()
        return [
            self._live(),
            self._heart.follow_loop(),
            self._signs.run(),
            *(self._run_beside(committer.lane) for committer in self._committers),
            *(writer.run() for writer in self._writers),
        ]

    async def close(self) -> None:
        """Let what is being written end, tell the next sink that nothing is open, and stop."""
        for committer in self._committers:
            committer.lane.wake()  # the process is told to stop
        for writer in self._writers:
            await writer.idle()
        for committer in self._committers:
            await asyncio.to_thread(committer.close)
        await self.app.stop()

    def _send_letter(self, failed: FailedRecord) -> None:
        """Send a letter from a thread; returns when Kafka has it."""
        sent = asyncio.run_coroutine_threadsafe(self._box.put_failed(failed), self._loop)
        try:
            sent.result(LETTER_S)
        except (TimeoutError, FaustError, KafkaError) as error:
            raise BusError(f"Kafka: {failed.place}: no letter about it: {error!r}") from error

    async def _run_beside(self, lane: SideLane) -> None:
        await asyncio.get_running_loop().run_in_executor(self._threads, lane.run)

    def _aside(self) -> list[ClaimAside]:
        return [one for committer in self._committers for one in committer.lane.aside()]

    def _waits(self) -> int | None:
        if any(committer.waits for committer in self._committers):
            return sum(committer.attempts for committer in self._committers)
        return None

    async def _live(self) -> None:
        await self.app.start()
        log.info("sink_started")
        await self.app.wait_until_stopped()

    def _add_agent(self, topic: Topic, writer: TopicWriter) -> None:
        channel = self.app.topic(
            topic.name,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )

        async def agent(stream: StreamT[bytes]) -> None:
            unacknowledged = cast("Stream[bytes]", stream).noack()
            async for event in unacknowledged.events():
                await writer.put(event)

        self.app.agent(channel, name=topic.name)(agent)

    async def _assigned(self, _sender: Any, assigned: Iterable[TP], **_: Any) -> None:
        owned = list(assigned)
        log.info("sink_assigned", partitions=len(owned))
        self._progress.assigned(frozenset((tp.topic, tp.partition) for tp in owned))
        for committer, writer in zip(self._committers, self._writers, strict=True):
            topic = committer.lane.topic.name
            committer.lane.assign(frozenset(tp.partition for tp in owned if tp.topic == topic))
            writer.rebalanced()
