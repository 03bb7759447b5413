"""The ruler: a Faust worker that evaluates the warning rules and keeps the duty desk's alerts.

    city.events ─► split ─► city.rule-inputs ─► shards ─► city.episodes ─► desk ─► city.alerts …

Everything that decides is in `streams/rules/` and `streams/desk.py`; this one wires.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import structlog
from watchfiles import awatch

from citybrain import bus
from citybrain.clock import Clock, SystemClock, monotonic
from citybrain.config import City, load_city
from citybrain.errors import ConfigError
from citybrain.settings import Settings
from citybrain.topics import EVENTS, RULE_INPUTS
from streams.agents.delivery import Delivery
from streams.agents.progress import Progress
from streams.agents.recover import Recovery
from streams.agents.shards import Shards
from streams.agents.split import Splits
from streams.agents.stalls import Stalls
from streams.metrics import Metrics
from streams.rules.rulebook import Rulebook, load_rules
from streams.rules.split import Splitter
from streams.wiring import add_agent, guarded, new_app, prepare
from streams.worker import FAILED, end, serve

log = structlog.get_logger(__name__)

GROUP = "citybrain-ruler"
PULSE_S = 1.0
LOOK_EVERY_S = 10.0


class Ruler:
    """The parts of the ruler, wired.

    Attributes:
        app: the Faust app.
        shards: second stage.
    """

    def __init__(
        self, settings: Settings, city: City, rulebook: Rulebook, partitions: int, clock: Clock
    ) -> None:
        """Wire all parts; nothing runs yet.

        Args:
            settings: this process's settings.
            city: whose rules they are.
            rulebook: the rules to begin with.
            partitions: how many partitions the topics really have.
            clock: the present instant.
        """
        self.app = new_app(GROUP, settings, partitions)
        self._city, self._partitions = city, partitions
        metrics = Metrics()
        metrics.serve(settings.metrics_port)
        delivery = Delivery(self.app)
        self._progress = Progress(self.app, metrics)
        self._splits = Splits(
            delivery,
            self._progress,
            metrics,
            splitter=Splitter(rulebook, city, partitions),
            partitions=partitions,
            clock=clock,
            read=partial(bus.read_range, settings, EVENTS),
        )
        self._recovery = Recovery(settings, city, rulebook, partitions)
        self.shards = Shards(
            self._recovery.load,
            delivery,
            self._progress,
            read=partial(bus.read_range, settings, RULE_INPUTS),
        )
        self._stalls = Stalls(settings, self.app, self._progress)
        add_agent(self.app, EVENTS, "split", self._splits.run)
        add_agent(self.app, RULE_INPUTS, "shards", self.shards.run)
        self.app.on_partitions_assigned.connect(self._assigned)  # type: ignore[arg-type]
        self.app.on_partitions_revoked.connect(self._revoked)  # type: ignore[arg-type]
        self.app.timer(PULSE_S, name="pulse")(guarded("pulse", self._splits.pulse))
        self.app.timer(PULSE_S, name="save")(guarded("save", self.shards.save))
        self.app.timer(LOOK_EVERY_S, name="look")(guarded("look", self._look))

    async def reload(self, rulebook: Rulebook) -> None:
        """Run the rules of `rulebook` from now on."""
        self._recovery.rulebook = rulebook
        self._splits.splitter = Splitter(rulebook, self._city, self._partitions)
        await self.shards.reload(rulebook)

    async def _assigned(self, _sender: Any, *args: Any, **_: Any) -> None:
        self._progress.assign(args[0])
        self.shards.assign(args[0])

    async def _revoked(self, _sender: Any, *args: Any, **_: Any) -> None:
        await self.shards.revoke(args[0])

    async def _look(self) -> None:
        reason = await self._stalls.look(monotonic())
        if reason:
            log.error("ruler_stalled", reason=reason, will="exit, to be started anew")
            end(FAILED)


def run(settings: Settings) -> None:
    """Run the ruler until SIGTERM or Ctrl-C.

    Raises:
        ConfigError: the city's folder or its rules are faulty.
    """
    city = load_city(settings.city_folder)
    asyncio.run(_main(settings, city, load_rules(city)))


async def _main(settings: Settings, city: City, rulebook: Rulebook) -> None:
    partitions = await prepare(settings)
    ruler = Ruler(settings, city, rulebook, partitions, SystemClock())
    watching = asyncio.create_task(_watch(ruler, city))
    log.info("rules_loaded", rules=len(rulebook.rules))
    try:
        await serve(ruler.app, ruler.shards.close)
    finally:
        watching.cancel()


async def _watch(ruler: Ruler, city: City) -> None:
    """Reload the rules when their files change; faulty ones are told and the old ones go on."""
    folder = city.folder / "rules"
    if not folder.is_dir():
        return
    async for _ in awatch(folder):
        try:
            rulebook = await asyncio.to_thread(load_rules, city)
        except ConfigError as error:
            log.error("rules_refused", faults=len(error.faults), first=str(error.faults[0]))
            continue
        await ruler.reload(rulebook)
        log.info("rules_reloaded", rules=len(rulebook.rules))
