"""From an event at the door to whoever is told, and back: alerts in a center of real processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks.alerts.receiver import Notes
from benchmarks.alerts.rules import PROBE_RULE, PROBE_VALUE, write_routing, write_rules
from benchmarks.city import KINDS
from benchmarks.harness import ROOT, free_ports
from citybrain.floor.clock import SystemClock
from tests.acceptance.center import Center, center
from tests.acceptance.person import Person, enrol
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
NO_ROLE = "your role may not do this"
PARTS = 10
"""Parts in which a storm comes; after some of them something is killed."""
PATIENCE_S = 240.0


@dataclass
class Told:
    """Who is told: a process on a fixed port, which can be killed and started again."""

    port: int
    file: Path
    _process: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> None:
        """Listen; return when it does."""
        command = [sys.executable, "-m", "benchmarks.alerts.receiver", str(self.port), self.file]
        self._process.append(subprocess.Popen(command, cwd=ROOT))
        eventually(lambda: socket.create_connection(("127.0.0.1", self.port), 1))

    def kill(self) -> None:
        """Kill the process as kill -9 does."""
        process = self._process.pop()
        os.kill(process.pid, signal.SIGKILL)
        process.wait()

    def notes(self) -> Notes:
        """Return what it was told so far."""
        return Notes.of(self.file) if self.file.exists() else Notes()


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Return a receiver that listens."""
    (port,) = free_ports(1)
    receiver = Told(port, tmp_path_factory.mktemp("told") / "told.ndjson")
    receiver.start()
    yield receiver
    receiver.kill()


@pytest.fixture(scope="module")
def watch(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Center]:
    """Return a running center with one rule, whose alerts go to `told`."""

    def prepare(city: Path) -> None:
        write_routing(city, told.port)
        write_rules(city, PROBE_RULE)

    with center(tmp_path_factory.mktemp("alerts"), prepare, min_free_mb=64) as started:
        eventually(lambda: started.is_up("ruler", "notify"), PATIENCE_S)
        enrol(started.settings, duty="commander", guest="viewer")
        yield started


def reading(subject: str) -> dict[str, Any]:
    """Return an event that makes the rule fire."""
    return {
        "id": f"{subject}-reading",
        "at": SystemClock().now().isoformat(),
        "kind": KINDS[0],
        "area": "150302003",
        "severity": 1,
        "value": PROBE_VALUE,
        "subject": subject,
        "text": "",
    }


def push(watch: Center, subjects: list[str]) -> None:
    """Push a reading of each until the door has accepted them, as a careful department does."""
    events = [reading(one) for one in subjects]
    key = f"{subjects[0]}-and-{len(subjects)}"
    eventually(lambda: watch.push(*events, key=key)[0] == 202, PATIENCE_S)


def ask(watch: Center, sql: str) -> list[Any]:
    """Return the rows of the store's answer."""
    return list(watch.client().query(sql).result_rows)


def told_purposes(told: Told) -> list[str]:
    """Return why the receiver heard of each alert; each time under one key."""
    heard = told.notes().keys
    assert {len(keys) for keys in heard.values()} == {1}
    return [purpose for _, purpose in heard]


def row(person: Person, subject: str) -> dict[str, Any]:
    """Return the one row of the live list about `subject`."""
    (found,) = [one for one in person.alerts() if one["subject"] == subject]
    return found


def test_journey_when_an_event_fires_a_rule_then_told_once_and_people_act_on_it(
    watch: Center, told: Told
) -> None:
    push(watch, ["journey"])
    eventually(lambda: "journey" in told.notes().first, PATIENCE_S)
    officer = Person(watch.settings, "duty")
    alert = eventually(lambda: row(officer, "journey"), PATIENCE_S)
    assert (alert["rule"], alert["state"]) == (PROBE_RULE, "firing")
    assert told_purposes(told) == ["fired"]

    assert Person(watch.settings, "guest").is_refused(alert) == (403, NO_ROLE)
    # Whom the alert was told is a version of its own, which may come a moment after it.
    eventually(lambda: officer.acknowledge(row(officer, "journey"))[0] == "accepted")
    eventually(lambda: row(officer, "journey")["state"] == "acknowledged", PATIENCE_S)

    audit = "SELECT user, outcome, reason FROM audit WHERE action = 'acknowledge'"
    both = {("duty", "accepted", ""), ("guest", "refused", "role_may_not")}
    eventually(lambda: both <= set(ask(watch, audit)), 60)
    history = f"SELECT what FROM alert_changes WHERE alert = '{alert['id']}' ORDER BY version"  # noqa: S608
    eventually(lambda: "acknowledged" in [what for (what,) in ask(watch, history)], 60)
    assert told_purposes(told) == ["fired", "acknowledged"]


def test_storm_when_broker_worker_sender_and_receiver_are_killed_then_each_is_told_under_one_key(
    watch: Center, told: Told, tries: Callable[[int], int]
) -> None:
    storm = tries(10_000)
    subjects = [f"storm-{number:05d}" for number in range(storm)]
    kills = {
        2: lambda: watch.kill("ruler"),
        4: told.kill,
        5: lambda: watch.kill("kafka"),
        7: lambda: watch.kill("notify"),
        8: told.start,
        9: lambda: watch.kill("ruler"),
    }
    for number, start in enumerate(range(0, storm, storm // PARTS)):
        push(watch, subjects[start : start + storm // PARTS])
        kills.get(number, lambda: None)()

    eventually(lambda: told.notes().first.keys() >= set(subjects), PATIENCE_S, 1)
    assert told_purposes(told).count("fired") == storm + len(["journey"])
    subject = "JSONExtractString(alert, 'episode', 'subject')"
    stored = (
        f"SELECT count(), uniqExact({subject} AS s) FROM alerts FINAL WHERE startsWith(s, 'storm')"  # noqa: S608
    )
    eventually(lambda: ask(watch, stored) == [(storm, storm)], PATIENCE_S, 1)
    gaps = (
        "SELECT alert FROM alert_changes GROUP BY alert HAVING max(version) != uniqExact(version)"
    )
    eventually(lambda: ask(watch, gaps) == [], 60)
    shown = [one["subject"] for one in Person(watch.settings, "duty").alerts()]
    assert sorted(one for one in shown if one.startswith("storm")) == subjects
