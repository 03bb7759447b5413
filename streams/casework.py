"""The worker that owns the cases: `city.commands` in, `city.cases` and `city.audit` out.

A process of its own: what a city does with ten thousand cases delays no alarm. Everything that
decides is in `citybrain.cases`; this one wires.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import structlog

from citybrain.alerts.set_aside import SetAside
from citybrain.cases.case_engine import CaseEngine
from citybrain.city import load_city
from citybrain.city.following import CheckedCity, Following
from citybrain.floor import bus
from citybrain.floor.clock import Clock, SystemClock
from citybrain.floor.heartbeat import Heart
from citybrain.floor.settings import Settings
from citybrain.floor.topics import CASES, COMMANDS
from citybrain.workflow.command_seal import CommandSeal
from streams.cases.case_owner import CaseOwner
from streams.cases.case_owner_agent import CaseOwnerAgent
from streams.cases.case_owner_recovery import CaseOwnerRecovery
from streams.owned.records_agent import OwnerWays
from streams.runtime.delivery import Delivery
from streams.runtime.faust_app import add_agent, new_app, prepare
from streams.runtime.metrics import StreamMetrics
from streams.runtime.progress import Progress
from streams.runtime.serving import serve
from streams.runtime.worker_heart import WorkerHeart

log = structlog.get_logger(__name__)

GROUP = "citybrain-casework"
TICK_S = 1.0
LOOK_EVERY_S = 5.0


class CaseWorker:
    """The parts of the worker, wired.

    Attributes:
        app: the Faust app.
        cases: their owner, where this worker has them.
    """

    def __init__(
        self,
        settings: Settings,
        engine: CaseEngine,
        partitions: int,
        clock: Clock,
        heart: Heart,
    ) -> None:
        """Wire all parts; nothing runs yet.

        Args:
            settings: this process's settings.
            engine: what decides about cases to begin with.
            partitions: how many partitions the topics really have.
            clock: the present instant.
            heart: tells how far it is.
        """
        self.app, self._engine = new_app(GROUP, settings, partitions), engine
        metrics = StreamMetrics()
        metrics.serve(settings.metrics_port)
        set_aside = SetAside(lambda topic: metrics.set_aside.labels(topic).inc())
        delivery = Delivery(self.app, set_aside, clock)
        self._progress = Progress(self.app, metrics)
        read, end = partial(bus.read_range, settings), partial(bus.end_offset, settings)
        ways = OwnerWays(
            CaseOwnerRecovery(read, end, self._new_owner).load,
            read=partial(bus.read_range, settings, COMMANDS),
            end=partial(bus.end_offset, settings, CASES, 0),
            seal=CommandSeal.of(settings.command_key_path),
            clock=clock,
        )
        self.cases = CaseOwnerAgent(ways, delivery, self._progress)
        pulse = WorkerHeart(heart, self.app, delivery, self._progress)
        pulse.loading = self.cases.loading
        add_agent(self.app, COMMANDS, "cases", self.cases.run)
        self.app.on_partitions_assigned.connect(self._assigned)  # type: ignore[arg-type]
        self.app.on_partitions_revoked.connect(self._revoked)  # type: ignore[arg-type]
        pulse.timer(TICK_S, "tick", self.cases.tick)
        pulse.timer(TICK_S, "keep", self.cases.save)
        pulse.timer(LOOK_EVERY_S, "look", self._progress.look_around)

    async def reload(self, engine: CaseEngine) -> None:
        """Decide by `engine` from now on."""
        self._engine = engine
        await self.cases.reload(engine)

    def _new_owner(self) -> CaseOwner:
        return CaseOwner(self._engine)

    async def _assigned(self, _sender: Any, *args: Any, **_: Any) -> None:
        self._progress.assign(args[0])
        self.cases.assign(args[0])

    async def _revoked(self, _sender: Any, *args: Any, **_: Any) -> None:
        await self.cases.revoke(args[0])


def run(settings: Settings, checked: CheckedCity = load_city) -> None:
    """Run the worker until SIGTERM or Ctrl-C; `checked` reads the city's folder when it changed.

    Raises:
        ConfigError: the city's folder, its workflows or its units are faulty.
    """
    heart = Heart("casework", settings)
    heart.start()
    folder = settings.city_folder
    following = Following(
        folder,
        first=lambda: CaseEngine.of(load_city(folder)),
        read=lambda: CaseEngine.of(checked(folder)),
        what="workflows",
    )
    asyncio.run(_main(settings, following, heart))


async def _main(settings: Settings, following: Following[CaseEngine], heart: Heart) -> None:
    beating = asyncio.create_task(heart.follow_loop())
    partitions = await prepare(settings)
    worker = CaseWorker(settings, following.current, partitions, SystemClock(), heart)
    watching = asyncio.create_task(following.run(worker.reload))
    log.info("workflows_loaded", workflows=len(following.current.setup.definitions))
    try:
        await serve(worker.app, worker.cases.close)
    finally:
        watching.cancel()
        beating.cancel()
