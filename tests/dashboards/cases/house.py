"""A case desk to sit at: the real server and store, and an owner of cases that obeys at once."""

from __future__ import annotations

import socket
import threading
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

import uvicorn
from clickhouse_connect.driver.client import Client

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.files.file_store import FileStore
from citybrain.cases.records import CaseStep
from citybrain.city import load_city
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.floor.store import connect
from dashboards.app import serve, wall_of
from dashboards.cases.case_desk import case_desk_of
from dashboards.desk.desk_service import DeskService
from dashboards.desk.desk_setup import DutyDesk
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.alerts_live import AlertsLive
from dashboards.wall.screen import find_screens, queries_of
from dashboards.wall.store_reader import StoreReader
from tests.dashboards.cases.registry import Registry
from tests.dashboards.cases.staff import Staff
from tests.dashboards.desk.house import Doorman, Guide, OpenDoor
from tests.dashboards.desk.stored import make_tables, put
from tests.dashboards.lists.memory_log import MemoryLog
from tests.waiting import eventually


class StoredRegistry(Registry):
    """Has every step in the store before its log tells it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(CaseEngine.of(load_city(settings.city_folder)))
        self.client: Client = connect(settings)
        self._offset = 0

    def told(self, steps: Sequence[CaseStep]) -> None:
        put(self.client, "case_steps", steps, self._offset)
        self._offset += len(steps)


class CaseHouse:
    """The server on a free port."""

    def __init__(self, settings: Settings) -> None:
        """Serve from the store of `settings`."""
        self.settings, self.doorman, self.alerts = settings, Doorman(), MemoryLog()
        self.registry = StoredRegistry(settings)
        make_tables(self.registry.client)
        with socket.socket() as spot:
            spot.bind(("127.0.0.1", 0))
            self.port = spot.getsockname()[1]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        clock, city = SystemClock(), load_city(self.settings.city_folder)
        archive = StoreArchive(self._connect)
        alerts = AlertsLive(self.alerts, self.registry.entries, clock, "page-1")
        actions: Any = self.registry
        service = DeskService(archive, alerts, actions, clock, Guide(), Staff())
        desk = DutyDesk(alerts, service, self.doorman)
        cases = case_desk_of(
            self.registry.steps,
            alerts.outcomes,
            archive,
            actions,
            clock,
            self.doorman,
            version="page-1",
            engine=self.registry.engine,
            directory=Staff(),
            files=FileStore(str(self.settings.data / "files")),
        )
        door: Any = OpenDoor()
        door.gate = self.doorman
        screens = find_screens()
        zone = ZoneInfo(city.time_zone)
        reader = StoreReader(self._connect, zone, queries_of(screens), city.readings)
        server = serve(city, wall_of(city, screens, reader, desk, cases), desk, door, cases=cases)
        config = uvicorn.Config(
            server, host="127.0.0.1", port=self.port, log_config=None, timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        eventually(lambda: self.server.started, timeout_s=60)

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.registry.client.close()

    def _connect(self) -> Client:
        return connect(self.settings, timeout_s=10)
