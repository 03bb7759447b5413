"""The ruler: a Faust worker that evaluates the warning rules and owns the alerts.

    city.events ─► split ─► city.rule-inputs ─► shards ─► city.episodes ─► owner ─► city.alerts …

Everything that decides is in `streams/ruling/` and `streams/alerts/alert_owner.py`; this one wires.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog

from citybrain.alerts.set_aside import SetAside
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import City, load_city
from citybrain.city.following import CheckedCity, Following
from citybrain.floor import bus
from citybrain.floor.alarm_path import SIGN_EVERY_S, SIGNS_BACK
from citybrain.floor.clock import Clock, SystemClock
from citybrain.floor.heartbeat import Heart
from citybrain.floor.settings import Settings
from citybrain.floor.topics import ALERTS, EPISODES, EVENTS, HEARTBEATS, RULE_INPUTS
from citybrain.notices.channel_options import Channels
from citybrain.notices.pipeline import NoticePipeline
from citybrain.notices.routing_files import routing_of
from citybrain.workflow.command_seal import CommandSeal
from streams.alerts.alarm_signs import AlarmSigns
from streams.alerts.alert_cases import AlertCases
from streams.alerts.alert_owner import AlertOwner
from streams.alerts.owner_agent import AlertOwnerAgent
from streams.alerts.owner_recovery import AlertOwnerRecovery
from streams.cases.event_cases import EventCases
from streams.owned.command_reading import read_commands
from streams.owned.records_agent import OwnerWays
from streams.ruling.intake.splitter import Splitter
from streams.ruling.over_alerts.composers import Composers
from streams.ruling.rulebook import Rulebook, load_rules
from streams.ruling.shard_recovery import ShardRecovery
from streams.ruling.shards_agent import Shards
from streams.ruling.split_agent import SplitAgent
from streams.runtime.delivery import Delivery
from streams.runtime.faust_app import add_agent, new_app, prepare
from streams.runtime.metrics import StreamMetrics
from streams.runtime.progress import Progress
from streams.runtime.serving import serve
from streams.runtime.worker_heart import WorkerHeart

log = structlog.get_logger(__name__)

GROUP = "citybrain-ruler"
PULSE_S = 1.0
LOOK_EVERY_S = 5.0


class Ruler:
    """The parts of the ruler, wired.

    Attributes:
        app: the Faust app.
        shards: second stage.
        alerts: their owner, where this worker has them.
    """

    def __init__(
        self,
        settings: Settings,
        decides: Decides,
        partitions: int,
        clock: Clock,
        heart: Heart,
    ) -> None:
        """Wire all parts; nothing runs yet.

        Args:
            settings: this process's settings.
            decides: the city, its rules and its routing to begin with.
            partitions: how many partitions the topics really have.
            clock: the present instant.
            heart: tells how far it is.
        """
        city, rulebook = decides.city, decides.rulebook
        self.app = new_app(GROUP, settings, partitions)
        self._partitions, self._decides = partitions, decides
        self._seal = CommandSeal.of(settings.command_key_path)
        metrics = StreamMetrics()
        metrics.serve(settings.metrics_port)
        set_aside = SetAside(lambda topic: metrics.set_aside.labels(topic).inc())
        delivery = Delivery(self.app, set_aside, clock)
        self._progress = Progress(self.app, metrics)
        self._splits = SplitAgent(
            delivery,
            self._progress,
            metrics,
            splitter=Splitter(rulebook, city, partitions),
            cases=EventCases(decides.case_setup, self._seal),
            partitions=partitions,
            clock=clock,
            read=partial(bus.read_range, settings, EVENTS),
        )
        read, end = partial(bus.read_range, settings), partial(bus.end_offset, settings)
        self._recovery = ShardRecovery(
            read, end, city=city, rulebook=rulebook, partitions=partitions
        )
        self.shards = Shards(
            self._recovery.load,
            delivery,
            self._progress,
            read=partial(bus.read_range, settings, RULE_INPUTS),
        )
        ways = OwnerWays(
            AlertOwnerRecovery(read, end, self._new_owner).load,
            read=partial(bus.read_range, settings, EPISODES),
            end=partial(bus.end_offset, settings, ALERTS, 0),
            seal=self._seal,
            clock=clock,
            commands=partial(read_commands, settings),
        )
        self.alerts = AlertOwnerAgent(ways, delivery, self._progress)
        worker = WorkerHeart(heart, self.app, delivery, self._progress)
        worker.loading = lambda: [*self.shards.loading(), *self.alerts.loading()]
        add_agent(self.app, EVENTS, "split", self._splits.run)
        add_agent(self.app, RULE_INPUTS, "shards", self.shards.run)
        add_agent(self.app, EPISODES, "alerts", self.alerts.run)
        self.app.on_partitions_assigned.connect(self._assigned)  # type: ignore[arg-type]
        self.app.on_partitions_revoked.connect(self._revoked)  # type: ignore[arg-type]
        worker.timer(PULSE_S, "pulse", self._splits.pulse)
        worker.timer(PULSE_S, "save", self.shards.save)
        worker.timer(PULSE_S, "tick", self.alerts.tick)
        worker.timer(PULSE_S, "keep", self.alerts.save)
        signs = partial(bus.newest, settings, HEARTBEATS, SIGNS_BACK)
        worker.timer(SIGN_EVERY_S, "sign", AlarmSigns(self.alerts, delivery, clock, signs).turn)
        worker.timer(LOOK_EVERY_S, "look", self._progress.look_around)

    async def reload(self, decides: Decides) -> None:
        """Decide by `decides` from now on."""
        self._decides = decides
        city, rulebook = decides.city, decides.rulebook
        self._recovery.city, self._recovery.rulebook = city, rulebook
        self._splits.splitter = Splitter(rulebook, city, self._partitions)
        self._splits.cases = EventCases(decides.case_setup, self._seal)
        await self.shards.reload(rulebook, city)
        await self.alerts.reload(decides.pipeline, self._composer(), self._cases())

    async def close(self) -> None:
        """Snapshot everything a last time."""
        await self.shards.close()
        await self.alerts.close()

    def _new_owner(self) -> tuple[AlertOwner, Composers]:
        return AlertOwner(self._decides.pipeline, self._cases()), self._composer()

    def _cases(self) -> AlertCases:
        return AlertCases(self._decides.case_setup, self._seal)

    def _composer(self) -> Composers:
        return Composers(self._decides.rulebook.over_alerts(), self._decides.city)

    async def _assigned(self, _sender: Any, *args: Any, **_: Any) -> None:
        self._progress.assign(args[0])
        self.shards.assign(args[0])
        self.alerts.assign(args[0])

    async def _revoked(self, _sender: Any, *args: Any, **_: Any) -> None:
        await self.shards.revoke(args[0])
        await self.alerts.revoke(args[0])


@dataclass(frozen=True)
class Decides:
    """What the ruler decides by: the city, its rules, its routing, and what becomes a case."""

    city: City
    rulebook: Rulebook
    pipeline: NoticePipeline
    case_setup: CaseSetup

    @classmethod
    def of(cls, city: City, settings: Settings, channels: Channels) -> Decides:
        """Read the rules and the routing of `city`, and what it says of cases.

        Raises:
            ConfigError: one of them is faulty.
        """
        routing = routing_of(city, channels, settings.screens_url)
        pipeline = NoticePipeline(routing)
        return cls(city, load_rules(city), pipeline, load_case_setup(city))


def run(settings: Settings, channels: Channels, checked: CheckedCity = load_city) -> None:
    """Run the ruler until SIGTERM or Ctrl-C.

    Args:
        settings: this process's settings.
        channels: what receivers of routing.yaml may name.
        checked: reads the city's folder when it changed.

    Raises:
        ConfigError: the city's folder, its rules or its routing are faulty.
    """
    heart = Heart("ruler", settings)
    heart.start()
    folder = settings.city_folder
    following = Following(
        folder,
        first=lambda: Decides.of(load_city(folder), settings, channels),
        read=lambda: Decides.of(checked(folder), settings, channels),
        what="rules",
    )
    asyncio.run(_main(settings, following, heart))


async def _main(settings: Settings, following: Following[Decides], heart: Heart) -> None:
    beating = asyncio.create_task(heart.follow_loop())
    partitions = await prepare(settings)
    ruler = Ruler(settings, following.current, partitions, SystemClock(), heart)
    watching = asyncio.create_task(following.run(ruler.reload))
    log.info("rules_loaded", rules=len(following.current.rulebook.rules))
    try:
        await serve(ruler.app, ruler.close)
    finally:
        watching.cancel()
        beating.cancel()
