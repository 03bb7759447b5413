"""From an event at the door to whoever is told, and back: alerts in a system of real processes."""

from __future__ import annotations

import http.client
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import pytest
import yaml

from benchmarks import harness
from benchmarks.alerts.receiver import Receiver
from benchmarks.alerts.rules import PROBE_RULE, PROBE_VALUE, rules, write_routing
from benchmarks.city import KINDS, feed_of, issue_keys, make_city
from citybrain import bus, store
from citybrain.alerts.records import Actor, Command
from citybrain.clock import SystemClock
from citybrain.settings import Settings
from citybrain.topics import COMMANDS
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
PROCESSES = ("kafka", "store", "gateway", "sink", "ruler", "notify")
DEPARTMENT = "traffic_police"


@dataclass
class Watch:
    """A system with one rule, and the receiver of its alerts."""

    settings: Settings
    receiver: Receiver
    key: str

    def push(self, *subjects: str) -> None:
        """Push a reading for each of `subjects` that makes the rule fire."""
        now = SystemClock().now().isoformat()
        shared = {"at": now, "kind": KINDS[0], "area": "150302003", "value": PROBE_VALUE}
        events = [{"id": f"{one}-{now}", "subject": one, **shared} for one in subjects]
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        door = http.client.HTTPConnection("127.0.0.1", self.settings.gateway_port)
        path = f"/v1/feeds/{feed_of(DEPARTMENT)}/events"
        door.request("POST", path, json.dumps(events), headers)
        answer = door.getresponse()
        said = json.loads(answer.read())
        assert (answer.status, said["accepted"]) == (202, len(subjects))

    def command(self, target: str, role: str, expected: int) -> str:
        """Let somebody with `role` acknowledge; return the command's id."""
        actor = Actor(user=f"a-{role}", role=role)
        wanted = Command(
            id=str(uuid.uuid4()),
            action="acknowledge",
            target=target,
            actor=actor,
            at=SystemClock().now(),
            expected=expected,
        )
        producer = bus.producer(self.settings)
        producer.send(COMMANDS.name, msgspec.json.encode(wanted), partition=0).get(30)
        producer.close()
        return wanted.id

    def ask(self, sql: str) -> list[Any]:
        """Return the rows of the store's answer."""
        return list(store.connect(self.settings).query(sql).result_rows)


@pytest.fixture(scope="module")
def watch(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    """Return a running system, its receiver listening."""
    folder = tmp_path_factory.mktemp("alerts")
    cities = make_city(folder / "cities")
    (cities / "wuhai" / "rules").mkdir()
    text = yaml.safe_dump({"rules": {PROBE_RULE: rules()[PROBE_RULE]}}, allow_unicode=True)
    (cities / "wuhai" / "rules" / "traffic.yaml").write_text(text)
    receiver = Receiver()
    write_routing(cities / "wuhai", receiver.port)
    settings = replace(harness.fresh_settings(folder / "data"), cities=cities)
    key = issue_keys(settings)[DEPARTMENT]
    with harness.system(settings, PROCESSES):
        yield Watch(settings, receiver, key)
    receiver.stop()


def test_journey_when_an_event_fires_a_rule_then_told_once_and_people_act_on_it(
    watch: Watch,
) -> None:
    watch.push("journey")
    eventually(lambda: "journey" in watch.receiver.first, 90)
    stored = "SELECT id, version, state FROM alerts FINAL"
    ((alert, version, state),) = eventually(lambda: watch.ask(stored), 30)
    assert state == "firing"
    assert [(one, len(keys)) for one, keys in watch.receiver.keys.items()] == [(alert, 1)]
    assert watch.receiver.requests == 1
    watch.command(alert, "viewer", version)
    watch.command(alert, "officer", version)
    audit = "SELECT user, outcome FROM audit WHERE action = 'acknowledge' ORDER BY user"
    eventually(lambda: len(watch.ask(audit)) == 2, 30)
    assert watch.ask(audit) == [("a-officer", "accepted"), ("a-viewer", "refused")]
    eventually(lambda: watch.ask(stored)[0][2] == "acknowledged", 30)
