"""Put the desk together: its live list, its service, and who may sit at it."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from fastapi import FastAPI

from citybrain import bus
from citybrain.alerts.records import Alert, Silence, Text
from citybrain.clock import Clock
from citybrain.config import City
from citybrain.settings import Settings
from citybrain.store import connect
from dashboards.actions import Actions
from dashboards.desk.archive import Archive
from dashboards.desk.counted import Counted
from dashboards.desk.forms import Refusal
from dashboards.desk.live import DeskLive
from dashboards.desk.routes import add_routes
from dashboards.desk.service import Guide, Service
from dashboards.desk.session import Gate

STORE_TIMEOUT_S = 10


class Unguided:
    """Knows no routing."""

    def explain(self, alert: Alert, now: datetime) -> tuple[()]:
        """Say nothing."""
        return ()

    def name(self, receiver: str) -> Text:
        """Return the id itself."""
        return Text(receiver, receiver)

    def blast(self, silence: Silence, alerts: Iterable[Alert]) -> Counted:
        """Refuse to guess."""
        raise Refusal(503, "无法计算影响范围", "nothing here counts what a silence hides")


@dataclass(frozen=True)
class Desk:
    """The desk of one process.

    Attributes:
        live: run it for as long as the process serves.
        service: answers requests.
        gate: knows who asks.
    """

    live: DeskLive
    service: Service
    gate: Gate

    def add_to(self, server: FastAPI) -> None:
        """Add the desk's routes to `server`."""
        add_routes(server, self.service, self.gate)

    def close(self) -> None:
        """Let go of the bus."""
        self.service.actions.close()


def guide_of(city: City) -> Guide:
    """Return what the routing of `city` says.

    Raises:
        ConfigError: something is wrong with its routing, rota or calendar.
    """
    # The labels of alerts come with their owner; a desk without it cannot tell routes.
    if importlib.util.find_spec("citybrain.alerts.labels") is None:
        return Unguided()
    guide: Callable[[City], Guide] = importlib.import_module("dashboards.desk.guide").guide_of
    return guide(city)


def desk_of(
    settings: Settings,
    clock: Clock,
    gate: Gate,
    *,
    boot: str,
    guide: Guide,
) -> Desk:
    """Return the desk; it reads the store once its `live` runs.

    Args:
        settings: where store and bus are.
        clock: the present.
        gate: knows who asks.
        boot: tells this process from one before it.
        guide: says what the city's routing makes of an alert.
    """
    archive = Archive(lambda: connect(settings, timeout_s=STORE_TIMEOUT_S))
    live = DeskLive(archive, clock, boot)
    actions = Actions(lambda: bus.producer(settings))
    return Desk(live, Service(archive, live, actions, clock, guide), gate)
