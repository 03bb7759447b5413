"""A desk to sit at: the real server and store, and an owner of alerts that obeys at once."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import uvicorn
from clickhouse_connect.driver.client import Client
from fastapi import FastAPI
from starlette.requests import HTTPConnection

from citybrain.alerts.handling import HandlingPolicy
from citybrain.alerts.records import Alert
from citybrain.alerts.silence_records import Silence
from citybrain.alerts.workflow import workflow_of
from citybrain.city import City, load_city
from citybrain.floor import bus
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import SystemClock
from citybrain.floor.reason import Reason
from citybrain.floor.settings import Settings
from citybrain.floor.store import connect
from citybrain.floor.text import Text
from citybrain.floor.topics import ALERTS as ALERTS_TOPIC
from citybrain.notices.rota import Person
from citybrain.workflow.commands import Command
from dashboards.app import serve, wall_of
from dashboards.desk.desk_service import DeskService
from dashboards.desk.desk_setup import DutyDesk
from dashboards.desk.hidden_counts import HiddenCounts, RuleCount
from dashboards.desk.why_told import Line
from dashboards.desks.store_archive import StoreArchive
from dashboards.lists.alerts_live import AlertsLive
from dashboards.wall.screen import find_screens, queries_of
from dashboards.wall.store_reader import StoreReader
from dashboards.wall.tile_query import TileQuery
from dashboards.wall.wall_live import FedFrame
from tests.dashboards.desk.colleagues import Colleagues
from tests.dashboards.desk.stored import make_tables, put
from tests.dashboards.desk.synthetic import changes_of, notices_of, receipts_of
from tests.dashboards.lists.memory_log import MemoryLog
from tests.waiting import eventually

HANDLING = HandlingPolicy(second_person=("red",))
"""Red alerts of the house are closed by two people."""
ROTA = {"duty_b": Person(Text("乙", "B"), ("phone_b",))}


@dataclass(frozen=True)
class Guest:
    """Somebody who signed in."""

    user: str = "duty_a"
    role: str = "officer"
    departments: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    csrf: str = "token-of-this-session"
    title: str = ""


@dataclass
class Doorman:
    """Lets in whom it is told to."""

    guest: Guest | None = field(default_factory=Guest)

    def current(self, connection: HTTPConnection) -> Guest | None:
        return self.guest

    anybody = current


class OpenDoor:
    """No guard before the desk: it must refuse strangers by itself."""

    def __init__(self) -> None:
        self.noted: list[AuditEntry] = []

    @property
    def auditor(self) -> OpenDoor:
        return self

    def note(self, told: AuditEntry) -> None:
        self.noted.append(told)

    def start(self) -> None:
        pass

    def add_to(self, server: FastAPI, city: City, walls: frozenset[str]) -> None:
        pass

    async def close(self) -> None:
        pass


class Guide:
    """Names receivers by their ids, and matches silences in the simplest way."""

    def explain(self, alert: Alert, now: datetime) -> list[Line]:
        return [Line("next", Text("路由 root → 值班员", "route root → duty officer"))]

    def name(self, receiver: str) -> Text:
        return Text(receiver, receiver)

    def receivers(self) -> list[str]:
        return ["duty_officer"]

    def hear(self, alert: Alert, now: datetime) -> list[str]:
        return ["duty_officer"]

    def blast(self, silence: Silence, alerts: Iterable[Alert]) -> HiddenCounts:
        found = [one for one in alerts if all(_matches(one, m) for m in silence.matchers)]
        rules = Counter(one.episode.rule for one in found)
        titles = {one.episode.rule: one.episode.title for one in found}
        red = sum(one.episode.level == "red" for one in found)
        return HiddenCounts(
            len(found), red, [RuleCount(rule, titles[rule], n, 0) for rule, n in rules.items()]
        )


def _matches(alert: Alert, matcher: Any) -> bool:
    episode = alert.episode
    labels = {"rule": episode.rule, "level": episode.level, "street": episode.area[:9],
              "subject": episode.subject}  # fmt: skip
    return labels.get(matcher.name) == matcher.value


class Obeying:
    """Stands in for the bus: keeps what was sent, and, if told to, does it."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.sent: list[Command] = []
        self.obeys = True

    def send(self, commands: Sequence[Command]) -> None:
        self.sent += commands
        if self.obeys:
            for one in commands:
                self.house.obey(one)

    def close(self) -> None:
        pass


class House:
    """The server on a free port."""

    def __init__(self, settings: Settings, road: str = "") -> None:
        """Serve from the store of `settings`; the server asks it by the address `road`."""
        self.settings = settings
        self.road = road or settings.store_url
        self.client: Client = connect(settings)
        self.offset = 0
        self.steps, self.entries = MemoryLog(), MemoryLog()
        self.fed: list[tuple[TileQuery, FedFrame]] = []  # beside its own alerts
        self.doorman = Doorman()
        self.actions = Obeying(self)
        self.alerts: dict[str, Alert] = {}
        self.silences: dict[str, Silence] = {}
        self.refuses: dict[str, Reason] = {}
        self.version = "page-1"
        self.flow = workflow_of(HANDLING)
        self.lock = threading.Lock()
        with socket.socket() as spot:
            spot.bind(("127.0.0.1", 0))
            self.port = spot.getsockname()[1]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def city(self) -> City:
        return load_city(self.settings.city_folder)

    def prepare(self) -> None:
        """Make the tables."""
        make_tables(self.client)

    def start(self) -> None:
        clock = SystemClock()
        city = self.city
        archive = StoreArchive(self._connect)
        desk_live = AlertsLive(self.steps, self.entries, clock, self.version)
        actions: Any = self.actions
        service = DeskService(
            archive, desk_live, actions, clock, Guide(), Colleagues(), HANDLING, ROTA
        )
        self.live = desk_live
        door: Any = OpenDoor()
        door.gate = self.doorman
        duty_desk = DutyDesk(desk_live, service, self.doorman)
        screens = find_screens()
        zone = ZoneInfo("Asia/Shanghai")
        reader = StoreReader(self._connect, zone, queries_of(screens), city.readings)
        wall = wall_of(city, screens, reader, duty_desk)
        wall._fed += self.fed
        server = serve(city, wall, duty_desk, door)
        config = uvicorn.Config(
            server, host="127.0.0.1", port=self.port, log_config=None, timeout_graceful_shutdown=1
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run)
        self.thread.start()
        eventually(lambda: self.server.started, timeout_s=60)

    def restart(self, version: str) -> None:
        """End the server and start another on the same port, with a page of `version`."""
        self.server.should_exit = True
        self.thread.join(20)
        self.version = version
        self.start()

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(20)
        self.client.close()

    def _connect(self) -> Client:
        return connect(replace(self.settings, store_url=self.road), timeout_s=10)

    def put(self, alerts: Sequence[Alert], *, history: bool = False) -> None:
        """Store the alerts as the sinks would, with a history if asked for."""
        self.alerts |= {alert.id: alert for alert in alerts}
        if history:
            steps = [step for alert in alerts for step in changes_of(alert)]
            notices = [notice for alert in alerts for notice in notices_of(alert)]
            self.insert("alert_changes", steps)
            self.insert("notices", notices)
            self.insert("receipts", receipts_of(notices))
        self.insert("alerts", alerts)
        self.steps.put_alerts(alerts)

    def insert(self, table: str, records: Sequence[Any]) -> None:
        """Insert `records` into `table`, each with the next offset."""
        with self.lock:
            put(self.client, table, records, self.offset)
            self.offset += len(records)

    def obey(self, command: Command) -> None:
        """Do what `command` says, as the owner of the alerts would, or refuse it."""
        reason = self.refuses.get(command.action)
        if not reason and command.target in self.alerts:
            reason = self.flow.refusal(self.alerts[command.target], command)
        entry = AuditEntry(
            id=command.id, at=command.at, user=command.actor.user, role=command.actor.role,
            action=command.action, target=command.target,
            outcome="refused" if reason else "accepted",
            reason=reason.code if reason else "", arguments=reason.arguments if reason else {},
        )  # fmt: skip
        if not reason and command.target in self.alerts:
            self._step(command)
        if not reason and command.action.endswith("silence"):
            self._silence(command)
        self.insert("audit", [entry])
        self.entries.put([entry])

    def _step(self, command: Command) -> None:
        change = self.flow.commanded(self.alerts[command.target], command, command.id)
        self.insert("alert_changes", [change])
        self.put([change.after])

    def _silence(self, command: Command) -> None:
        if command.action == "silence":
            silence = msgspec.json.decode(command.record, type=Silence)
        else:
            before = self.silences[command.target]
            fields: dict[str, Any] = {"version": before.version + 1}
            if command.action == "approve_silence":
                fields["approver"] = command.actor.user
            else:
                fields["expired_at"] = command.at
            silence = msgspec.structs.replace(before, **fields)
        self.silenced(silence)

    def silenced(self, silence: Silence) -> None:
        """Store a silence as the sinks would, and tell of it."""
        self.silences[silence.id] = silence
        self.insert("silences", [silence])
        self.steps.put([silence])

    def publish(self) -> None:
        """Put what was stored of alerts on the real topic, for a server that follows that."""
        producer = bus.producer(self.settings)
        for value in self.steps.values:
            producer.send(ALERTS_TOPIC.name, value)
        producer.flush()
        producer.close()
