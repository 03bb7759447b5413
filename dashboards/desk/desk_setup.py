"""Put the desk together: its live list, its service, and who may sit at it."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI

from citybrain.floor import bus
from citybrain.floor.alarm_path import SIGNS_BACK
from citybrain.floor.clock import Clock
from citybrain.floor.settings import Settings
from citybrain.floor.store import connect_reader
from citybrain.floor.topics import ALERT_SNAPSHOTS, ALERTS, AUDIT, HEARTBEATS
from citybrain.workflow.command_seal import CommandSeal
from dashboards.command_sender import CommandSender
from dashboards.desk.colleagues import Directory
from dashboards.desk.desk_service import DeskService
from dashboards.desk.routes import add_routes
from dashboards.desk.routing_guide import RoutingGuide
from dashboards.desks.desk_session import DeskGate
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.alerts_live import AlertsLive
from dashboards.lists.log_tail import LogTail

STORE_TIMEOUT_S = 10
ENTRIES_BACK = 2_000
"""Records of the audit log that are heard at the start: what became of commands just sent."""


@dataclass(frozen=True)
class DutyDesk:
    """The desk of one process.

    Attributes:
        live: run it for as long as the process serves.
        service: answers requests.
        gate: knows who asks.
    """

    live: AlertsLive
    service: DeskService
    gate: DeskGate

    def add_to(self, server: FastAPI) -> None:
        """Add the desk's routes to `server`."""
        add_routes(server, self.service, self.gate)

    def close(self) -> None:
        """Let go of the bus."""
        self.service.actions.close()


def desk_of(
    settings: Settings,
    clock: Clock,
    gate: DeskGate,
    *,
    version: str,
    guide: RoutingGuide,
    directory: Directory,
) -> DutyDesk:
    """Return the desk; it follows the log once its `live` runs.

    Args:
        settings: where store and bus are.
        clock: the present.
        gate: knows who asks.
        version: tells the page of this process from another.
        guide: says what the city's routing makes of an alert.
        directory: knows who can be given an alert.
    """
    archive = StoreArchive(lambda: connect_reader(settings, timeout_s=STORE_TIMEOUT_S))
    steps = LogTail(settings, ALERTS, snapshots=ALERT_SNAPSHOTS)
    entries = LogTail(settings, AUDIT, back=ENTRIES_BACK)
    signs = LogTail(settings, HEARTBEATS, back=SIGNS_BACK)
    live = AlertsLive(steps, entries, clock, version, signs)
    seal = CommandSeal.of(settings.command_key_path)
    actions = CommandSender(lambda: bus.producer(settings), seal)
    routing = guide.pipeline.routing
    service = DeskService(
        archive, live, actions, clock, guide, directory, routing.handling, routing.people
    )
    return DutyDesk(live, service, gate)
