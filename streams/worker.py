"""The stream worker: one Faust app with two agents, `reduce` and `windows`, and two timers.

Everything that decides is in the pure modules beside it; this one wires and tunes.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from citybrain.alerts.set_aside import SetAside
from citybrain.city import City, Feed, load_city
from citybrain.city.following import CheckedCity, Following, follow_city
from citybrain.floor import bus
from citybrain.floor.clock import Clock, SystemClock
from citybrain.floor.heartbeat import Heart
from citybrain.floor.settings import Settings
from citybrain.floor.topics import EVENTS, PARTIALS, partition_of
from streams.runtime.delivery import Delivery
from streams.runtime.faust_app import add_agent, new_app, prepare
from streams.runtime.metrics import StreamMetrics
from streams.runtime.progress import Progress
from streams.runtime.serving import serve
from streams.runtime.worker_heart import WorkerHeart
from streams.windows.loading import windows_restoring
from streams.windows.owners_agent import WindowOwners
from streams.windows.reducer import Reducer
from streams.windows.window_owner import WindowOwner

GROUP = "citybrain-stream"
TICK_S = 1.0
LOOK_EVERY_S = 5.0


class StreamWorker:
    """The parts of the stream worker, wired.

    Attributes:
        app: the Faust app.
        owners: second stage; the first needs no handle.
    """

    def __init__(
        self, settings: Settings, city: City, partitions: int, clock: Clock, heart: Heart
    ) -> None:
        """Wire all parts; nothing runs yet.

        Args:
            settings: this process's settings.
            city: whose feeds are expected.
            partitions: how many partitions the topics really have.
            clock: the present instant.
            heart: tells how far it is.
        """
        self.app = new_app(GROUP, settings, partitions)
        self._city, self._partitions = city, partitions
        metrics = StreamMetrics()
        metrics.serve(settings.metrics_port)
        set_aside = SetAside(lambda topic: metrics.set_aside.labels(topic).inc())
        delivery = Delivery(self.app, set_aside, clock)
        self._progress = Progress(self.app, metrics)
        read = partial(bus.read_range, settings, EVENTS)
        reducer = Reducer(delivery, self._progress, metrics, partitions=partitions, read=read)
        reading, ending = partial(bus.read_range, settings), partial(bus.end_offset, settings)
        restoring = windows_restoring(reading, ending, self._new_owner, self._progress)
        again = partial(bus.read_range, settings, PARTIALS)
        self.owners = WindowOwners(
            restoring.load, delivery, self._progress, metrics, clock=clock, read=again
        )
        pulse = WorkerHeart(heart, self.app, delivery, self._progress)
        pulse.loading = self.owners.loading
        add_agent(self.app, EVENTS, "reduce", reducer.run)
        add_agent(self.app, PARTIALS, "windows", self.owners.run)
        self.app.on_partitions_assigned.connect(self._assigned)  # type: ignore[arg-type]
        self.app.on_partitions_revoked.connect(self._revoked)  # type: ignore[arg-type]
        pulse.timer(TICK_S, "tick", self.owners.tick)
        pulse.timer(LOOK_EVERY_S, "look", self._progress.look_around)

    async def reload(self, city: City) -> None:
        """Expect the feeds of `city` from now on."""
        self._city = city
        await self.owners.reload(lambda owner: _feeds(city, self._partitions, owner.partition))

    def _new_owner(self, partition: int) -> WindowOwner:
        feeds = _feeds(self._city, self._partitions, partition)
        return WindowOwner(feeds, self._partitions, partition)

    async def _assigned(self, _sender: Any, *args: Any, **_: Any) -> None:
        self._progress.assign(args[0])
        self.owners.assign(args[0])

    async def _revoked(self, _sender: Any, *args: Any, **_: Any) -> None:
        await self.owners.revoke(args[0])


def _feeds(city: City, partitions: int, partition: int) -> list[Feed]:
    """Return the feeds of the departments whose key falls into `partition`."""
    return [
        feed
        for feed in city.feeds.values()
        if partition_of(feed.department, partitions) == partition
    ]


def run(settings: Settings, checked: CheckedCity = load_city) -> None:
    """Run the worker until SIGTERM or Ctrl-C; `checked` reads the city's folder when it changed.

    Raises:
        ConfigError: the city's folder is faulty.
    """
    heart = Heart("stream", settings)
    heart.start()
    following = follow_city(settings.city_folder, checked)
    asyncio.run(_main(settings, following, heart))


async def _main(settings: Settings, following: Following[City], heart: Heart) -> None:
    beating = asyncio.create_task(heart.follow_loop())
    partitions = await prepare(settings)
    worker = StreamWorker(settings, following.current, partitions, SystemClock(), heart)
    watching = asyncio.create_task(following.run(worker.reload))
    try:
        await serve(worker.app, worker.owners.close)
    finally:
        watching.cancel()
        beating.cancel()
