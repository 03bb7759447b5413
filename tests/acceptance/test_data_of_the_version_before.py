"""The processes of today on what the version before wrote: topics, snapshots, tables."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import msgspec
import pytest

from benchmarks.city import issue_keys, make_city
from benchmarks.harness import ROOT, fresh_settings, healthy, system
from citybrain.floor import bus, store
from citybrain.floor.clock import SystemClock
from citybrain.floor.levels import RANKS
from citybrain.floor.origins import counted
from citybrain.floor.settings import Settings, to_environment
from citybrain.floor.topics import COMMANDS, EPISODES
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Command
from tests.acceptance.center import Center, stop
from tests.acceptance.person import Person, enrol
from tests.acceptance.recording import Recording
from tests.acceptance.transfer import put
from tests.acceptance.version_0_1.recorded_city import recorded, set_up
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
PROCESSES = ("sink", "stream", "ruler", "casework", "notify", "gateway", "screens")
PATIENCE_S = 180.0
START_S = 180.0
OPEN = ("pending", "firing", "acknowledged")
LOADED = re.compile(r"state_loaded offset=(\d+) partition=(\d+) snapshot=(\d+) topic=([\w.-]+)")
TROUBLE = re.compile(r"\[(error|critical)\s*\] [a-z]+_|records_left_out|unreadable")
"""What our own code says is wrong; libraries complain of a slow machine, too."""


@dataclass
class Upgraded:
    """A center of today that goes on where the version before stopped.

    Attributes:
        center: the running center.
        before: what the version before wrote.
        shift: from the machine's clock to that of the center.
    """

    center: Center
    before: Recording
    shift: timedelta

    def now(self) -> datetime:
        """Return the instant by the center's clock."""
        return SystemClock().now() + self.shift

    def records(self, topic: str) -> list[dict[str, Any]]:
        """Return what the version before wrote on a topic of JSON."""
        return [json.loads(value) for value in self.before.values(topic)]

    def alerts(self) -> dict[str, dict[str, Any]]:
        """Return the alerts as the version before left them, by id."""
        changes = [one for one in self.records("city.alerts") if one["type"] == "change"]
        return {one["alert"]: one["after"] for one in changes}

    def silence(self) -> dict[str, Any]:
        """Return the one silence of the version before."""
        (found,) = [one for one in self.records("city.alerts") if one["type"] == "silence"]
        return found

    def ask(self, sql: str) -> list[Any]:
        """Return the rows of the store's answer."""
        return list(self.center.client().query(sql).result_rows)

    def send(self, topic: str, *values: bytes) -> None:
        """Put records on a topic of one partition."""
        producer = bus.producer(self.center.settings)
        for value in values:
            producer.send(topic, value, partition=0)
        producer.flush()
        producer.close()


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    folder, before = tmp_path_factory.mktemp("upgraded"), recorded()
    cities = make_city(folder / "cities")
    set_up(cities / "wuhai")
    settings = replace(fresh_settings(folder / "data"), cities=cities, partitions=2)
    keys = issue_keys(settings)
    enrol(settings, duty="commander", guest="viewer", relief="officer")
    with system(settings, ("kafka", "store")):
        bus.ensure_topics(settings)
        with store.connect(replace(settings, database="default")) as client:
            put(before, bus.producer(settings), bus.admin(settings), client)
        shift = before.taken_at - SystemClock().now()
        with contextlib.ExitStack() as running:
            for name in PROCESSES:
                running.callback(stop, _start(name, settings, shift))
            eventually(lambda: healthy(settings.screens_port), START_S)
            eventually(lambda: healthy(settings.gateway_port), START_S)
            yield Upgraded(Center(settings, keys), before, shift)


@pytest.fixture(scope="module")
def duty(upgraded: Upgraded) -> Person:
    return eventually(lambda: Person(upgraded.center.settings, "duty"), START_S)


def _start(name: str, settings: Settings, shift: timedelta) -> subprocess.Popen[bytes]:
    seconds, parent = str(shift.total_seconds()), str(os.getpid())
    with (settings.data / "log" / f"{name}.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.acceptance.at_another_time", seconds, name, parent],
            cwd=ROOT,
            env=os.environ | to_environment(settings),
            stdout=log,
            stderr=log,
        )


def shown(person: Person) -> dict[str, tuple[str, str, int, list[str]]]:
    """Return what the desk shows of each open alert: state, owner, version, what keeps it quiet."""
    return {
        row["id"]: (row["state"], row["owner"], row["v"], [mute[1] for mute in row["mutes"]])
        for row in person.alerts()
    }


def left_open(upgraded: Upgraded) -> dict[str, tuple[str, str, int, list[str]]]:
    """Return the same of the alerts as the version before left them."""
    return {
        name: (one["state"], one["owner"], one["version"], [mute["by"] for mute in one["mutes"]])
        for name, one in upgraded.alerts().items()
        if one["state"] in OPEN
    }


def test_desk_shows_the_alerts_with_their_owners_and_what_keeps_them_quiet(
    upgraded: Upgraded, duty: Person
) -> None:
    expected = left_open(upgraded)
    assert {"firing", "acknowledged"} == {state for state, *_ in expected.values()}
    assert {"duty", "relief", ""} == {owner for _, owner, *_ in expected.values()}
    assert [upgraded.silence()["id"]] in [mutes for *_, mutes in expected.values()]

    def agrees() -> bool:
        own = {name: one for name, one in shown(duty).items() if name in upgraded.alerts()}
        return own == expected  # of the minutes since, others may have come

    eventually(agrees, PATIENCE_S)


def test_desk_tells_the_history_of_an_alert_and_the_silence(
    upgraded: Upgraded, duty: Person
) -> None:
    def told(name: str) -> list[tuple[str, str, int]]:
        history = [one for one in duty.details(name)["history"] if one["type"] == "change"]
        return [(one["what"], one["by"], one["version"]) for one in history]

    written: dict[str, list[tuple[str, str, int]]] = {name: [] for name in upgraded.alerts()}
    for one in upgraded.records("city.alerts"):
        if one["type"] == "change" and one["what"] not in ("notified", "corrected"):
            written[one["alert"]].append((one["what"], one["by"], one["version"]))
    eventually(lambda: {name: told(name) for name in written} == written, PATIENCE_S)
    before = upgraded.silence()
    (silence,) = duty.silences()
    assert (silence["id"], silence["state"]) == (before["id"], "active")
    assert (silence["creator"], silence["reason"]) == (before["creator"], before["reason"])


def test_refusal_of_the_version_before_is_said_as_it_was_written(
    upgraded: Upgraded, duty: Person
) -> None:
    refused = [one for one in upgraded.records("city.audit") if one["outcome"] == "refused"]
    own = {one["id"]: one["reason"] for one in refused if one["user"] == "duty"}
    assert own
    assert all(" / " in reason for reason in own.values())
    found = eventually(lambda: duty.outcomes(*own), PATIENCE_S)
    assert {name: one["reason"]["zh"] for name, one in found.items()} == own


def test_wall_counts_the_same_alerts_and_events(upgraded: Upgraded, duty: Person) -> None:
    left = [one for one in upgraded.alerts().values() if one["state"] in OPEN[1:]]
    recorded_ranks = Counter(RANKS[one["episode"]["level"]] for one in left)
    ((events,),) = upgraded.ask("SELECT count() FROM events")

    def agrees() -> bool:
        snapshots = [one for one in screen.messages if one["type"] == "snapshot"]
        on_wall = snapshots[-1]["tiles"]["alerts"]["data"]["levels"]
        # Others may have come, live ones of the platform where it starts slowly: walls count those.
        firing = [one for one in duty.alerts() if one["state"] in OPEN[1:]]
        kept = [one["level"] for one in firing if one["id"] in upgraded.alerts()]
        assert Counter(kept) == recorded_ranks
        mine, _ = counted(firing, lambda one: one["origin"])
        by_rank = Counter(one["level"] for one in mine)
        assert on_wall == [by_rank[rank] for rank in sorted(RANKS.values(), reverse=True)], firing
        assert screen.shown() == events
        return True

    with upgraded.center.watch() as screen:
        eventually(agrees, PATIENCE_S)


def test_store_goes_through_the_new_steps_of_its_schema_and_keeps_every_row_once(
    upgraded: Upgraded,
) -> None:
    def steps() -> dict[int, str]:
        return dict(upgraded.ask("SELECT number, checksum FROM schema_migrations FINAL"))

    eventually(lambda: 33 in steps(), PATIENCE_S)
    topics = {"city.audit": "audit", "city.alerts": "alert_steps"}
    for topic, table in topics.items():
        offsets = list(range(len(upgraded.records(topic))))
        # Rows that keep coming wait a moment for others to share their insert.
        eventually(partial(_keeps, upgraded, table, offsets), PATIENCE_S)
    verified = subprocess.run(
        [sys.executable, "-m", "citybrain.roof.cli", "audit", "verify"],
        cwd=ROOT,
        env=os.environ | to_environment(upgraded.center.settings),
        capture_output=True,
        text=True,
        check=False,
    )
    assert "all as it was written" in verified.stdout, verified.stderr


def _keeps(upgraded: Upgraded, table: str, offsets: list[int]) -> bool:
    found = upgraded.ask(f"SELECT kafka_offset FROM {table} ORDER BY kafka_offset")  # noqa: S608
    return [row[0] for row in found if row[0] < len(offsets)] == offsets


def test_every_state_comes_back_from_its_snapshot(upgraded: Upgraded) -> None:
    logs = "".join(upgraded.center.log(name) for name in ("stream", "ruler"))
    loaded = {(topic, int(part)): int(at) for _, part, at, topic in LOADED.findall(logs)}
    kept = {
        (log, partition)
        for log, snapshots in (
            ("city.partials", "city.snapshots"),
            ("city.rule-inputs", "city.rule-snapshots"),
            ("city.alerts", "city.desk-snapshots"),
        )
        for partition, records in enumerate(upgraded.before.topics[snapshots])
        if records
    }
    assert len(kept) == 5
    assert loaded.keys() >= kept


def test_windows_go_on_counting(upgraded: Upgraded) -> None:
    counted = "SELECT sum(events) FROM windows FINAL WHERE size_s = 60"
    ((before,),) = upgraded.ask(counted)
    event = {
        "id": "after-the-change",
        "at": upgraded.now().isoformat(),
        "kind": "exposed_rubbish",
        "area": "150304008",
        "severity": 2,
        "value": 1.0,
        "subject": "after",
        "text": "",
    }
    eventually(lambda: upgraded.center.push(event, key=event["id"])[0] == 202, PATIENCE_S)
    eventually(lambda: upgraded.ask(counted) == [(before + 1,)], PATIENCE_S)
    assert upgraded.ask("SELECT count() = uniqExact(event_id) FROM events") == [(1,)]


def test_episodes_told_again_change_nothing(upgraded: Upgraded, duty: Person) -> None:
    told = [one for one in upgraded.records("city.episodes") if one["type"] == "episode"]
    open_before = {name: one for name, one in shown(duty).items() if name in upgraded.alerts()}
    fresh = {**told[0], "alert": str(uuid.uuid4()), "key": {"subject": "told-anew"}}
    fresh |= {"state": "firing", "subject": "told-anew", "told_at": upgraded.now().isoformat()}
    again = [json.dumps(one).encode() for one in [*told, fresh]]
    upgraded.send(EPISODES.name, *again)
    eventually(lambda: fresh["alert"] in shown(duty), PATIENCE_S)  # those before it are read
    now = shown(duty)
    assert {name: now[name] for name in open_before} == open_before


def test_command_that_carries_its_silence_as_text_is_understood(
    upgraded: Upgraded, duty: Person
) -> None:
    (command,) = [one for one in upgraded.records("city.commands") if one["action"] == "silence"]
    name = str(uuid.uuid4())
    again = command | {"id": str(uuid.uuid4()), "target": name, "at": upgraded.now().isoformat()}
    assert json.loads(again["details"]["silence"])["matchers"]
    seal = CommandSeal.of(upgraded.center.settings.command_key_path)
    signed = seal.signed(msgspec.json.decode(json.dumps(again), type=Command))
    upgraded.send(COMMANDS.name, msgspec.json.encode(signed))
    found = eventually(lambda: [one for one in duty.silences() if one["id"] == name], PATIENCE_S)
    assert found[0]["matchers"] == upgraded.silence()["matchers"]


def test_no_process_met_anything_that_it_could_not_read(upgraded: Upgraded) -> None:
    for name in PROCESSES:
        lines = upgraded.center.log(name).splitlines()
        assert [line for line in lines if TROUBLE.search(line)] == [], name
