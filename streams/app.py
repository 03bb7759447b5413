"""The stream worker: one Faust app with two agents, `reduce` and `windows`, and two timers.

Everything that decides is in the pure modules beside it; this one wires and tunes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import faust
import structlog
from faust.types import StreamT

from citybrain import bus
from citybrain.clock import Clock, SystemClock, monotonic
from citybrain.config import City, load_city
from citybrain.errors import BusError
from citybrain.settings import Settings
from citybrain.topics import EVENTS, PARTIALS, Topic, partition_of
from streams.agents.delivery import Delivery
from streams.agents.loading import Loader
from streams.agents.progress import Progress
from streams.agents.reduce import Reducer
from streams.agents.stalls import Stalls
from streams.agents.windows import Owners
from streams.metrics import Metrics
from streams.owner import Owner
from streams.worker import FAILED, end, serve

log = structlog.get_logger(__name__)

GROUP = "citybrain-stream"
TICK_S = 1.0
LOOK_EVERY_S = 10.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0


class App(faust.App):
    """A Faust app that keeps nothing on disk."""

    def _create_directories(self) -> None:
        """Create none: there are no tables, and all state is on `city.snapshots`."""


class Worker:
    """The parts of the stream worker, wired.

    Attributes:
        app: the Faust app.
        owners: second stage; the first needs no handle.
    """

    def __init__(self, settings: Settings, city: City, partitions: int, clock: Clock) -> None:
        """Wire all parts; nothing runs yet.

        Args:
            settings: this process's settings.
            city: whose feeds are expected.
            partitions: how many partitions the topics really have.
            clock: the present instant.
        """
        self.app = new_app(settings, partitions)
        metrics = Metrics()
        metrics.serve(settings.metrics_port)
        delivery = Delivery(self.app)
        self._progress = Progress(self.app, metrics)
        read = partial(bus.read_range, settings, EVENTS)
        reducer = Reducer(delivery, self._progress, metrics, partitions=partitions, read=read)
        loader = Loader(settings, partial(new_owner, city, partitions), self._progress)
        again = partial(bus.read_range, settings, PARTIALS)
        self.owners = Owners(loader, delivery, self._progress, metrics, clock=clock, read=again)
        self._stalls = Stalls(settings, self.app, self._progress)
        self._add_agent(EVENTS, "reduce", reducer.run)
        self._add_agent(PARTIALS, "windows", self.owners.run)
        self.app.on_partitions_assigned.connect(self._assigned)  # type: ignore[arg-type]
        self.app.on_partitions_revoked.connect(self._revoked)  # type: ignore[arg-type]
        self.app.timer(TICK_S, name="tick")(_guarded("tick", self.owners.tick))
        self.app.timer(LOOK_EVERY_S, name="look")(_guarded("look", self._look))

    def _add_agent(
        self, topic: Topic, name: str, run: Callable[[StreamT[Any]], Awaitable[None]]
    ) -> None:
        channel = self.app.topic(
            topic.name,
            key_type=bytes,
            value_type=bytes,
            key_serializer="raw",
            value_serializer="raw",
        )

        async def agent(stream: StreamT[Any]) -> None:
            await _guarded(name, partial(run, stream))()

        # Faust keeps agents by this name; two of the same would replace each other.
        agent.__qualname__ = name
        self.app.agent(channel, name=name)(agent)

    async def _assigned(self, _sender: Any, *args: Any, **_: Any) -> None:
        self._progress.assign(args[0])
        self.owners.assign(args[0])

    async def _revoked(self, _sender: Any, *args: Any, **_: Any) -> None:
        await self.owners.revoke(args[0])

    async def _look(self) -> None:
        reason = await self._stalls.look(monotonic())
        if reason:
            log.error("worker_stalled", reason=reason, will="exit, to be started anew")
            end(FAILED)


def new_app(settings: Settings, partitions: int) -> App:
    """Return the Faust app, tuned for few large records and for a quick recovery."""
    return App(
        GROUP,
        broker=[f"kafka://{server}" for server in settings.kafka.split(",")],
        store="memory://",
        web_enabled=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=partitions,
        topic_replication_factor=settings.replication,
        # A record is an envelope of up to a megabyte: a few of them are plenty to work on.
        stream_buffer_maxsize=64,
        consumer_max_fetch_size=2 * 1024 * 1024,
        # What was not acknowledged is repeated and recognised, so nobody waits for it.
        stream_wait_empty=False,
        broker_commit_interval=1.0,
        broker_heartbeat_interval=1.0,
        broker_session_timeout=8.0,
        broker_request_timeout=9.0,
        broker_rebalance_timeout=8.0,
        producer_acks=-1,
        producer_request_timeout=9.0,
        producer_linger=0.005,
        producer_max_batch_size=512 * 1024,
        producer_max_request_size=bus.MAX_RECORD + 1024,
    )


def new_owner(city: City, partitions: int, partition: int) -> Owner:
    """Return the empty owner of `partition`: of the departments whose key falls into it."""
    feeds = [
        feed
        for feed in city.feeds.values()
        if partition_of(feed.department, partitions) == partition
    ]
    return Owner(feeds, partitions)


def run(settings: Settings) -> None:
    """Run the worker until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: the city's folder is faulty.
    """
    city = load_city(settings.city_folder)
    asyncio.run(_main(settings, city))


async def _main(settings: Settings, city: City) -> None:
    partitions = await _prepare(settings)
    worker = Worker(settings, city, partitions, SystemClock())
    await serve(worker.app, worker.owners.close)


async def _prepare(settings: Settings) -> int:
    """Make the topics; return how many partitions they have. Waits for Kafka."""
    pause, told = FIRST_PAUSE_S, False
    while True:
        try:
            await asyncio.to_thread(bus.ensure_topics, settings)
            return await asyncio.to_thread(_partitions, settings)
        except BusError as error:
            if not told:
                log.warning("waiting_for_kafka", problem=str(error))
                told = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)


def _partitions(settings: Settings) -> int:
    """Return how many partitions the topics really have, whatever the setting says today.

    Raises:
        BusError: no broker answers, or it does not know the topics.
    """
    found = bus.partitions(settings, PARTIALS)
    if not found:
        raise BusError(f"Kafka {settings.kafka}: no topic {PARTIALS.name}; was it deleted?")
    return found


def _guarded(name: str, run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return `run`, ending the process when it fails: Faust would go on without it."""

    async def guarded() -> None:
        try:
            await run()
        except Exception:
            log.exception("part_failed", part=name, will="exit, to be started anew")
            end(FAILED)

    return guarded
