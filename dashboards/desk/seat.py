"""Put the desk together: its live list, its service, and who may sit at it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI

from citybrain import bus
from citybrain.clock import Clock
from citybrain.settings import Settings
from citybrain.store import connect
from dashboards.actions import Actions
from dashboards.desk.archive import Archive
from dashboards.desk.colleagues import Directory
from dashboards.desk.live import DeskLive
from dashboards.desk.routes import add_routes
from dashboards.desk.service import Guide, Service
from dashboards.desk.session import Gate

STORE_TIMEOUT_S = 10


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


def desk_of(
    settings: Settings,
    clock: Clock,
    gate: Gate,
    *,
    version: str,
    guide: Guide,
    directory: Directory,
) -> Desk:
    """Return the desk; it reads the store once its `live` runs.

    Args:
        settings: where store and bus are.
        clock: the present.
        gate: knows who asks.
        version: tells the page of this process from another.
        guide: says what the city's routing makes of an alert.
        directory: knows who can be given an alert.
    """
    archive = Archive(lambda: connect(settings, timeout_s=STORE_TIMEOUT_S))
    live = DeskLive(archive, clock, version)
    actions = Actions(lambda: bus.producer(settings))
    return Desk(live, Service(archive, live, actions, clock, guide, directory), gate)
