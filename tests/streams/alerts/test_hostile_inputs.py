"""Whatever stands on the logs, whenever the owner is killed: one bad record costs only itself."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from citybrain.alerts.records import AlertChange, Episode
from citybrain.alerts.set_aside import RULE
from citybrain.alerts.silence_records import Silence
from citybrain.floor.clock import ManualClock
from citybrain.floor.dead_letters import decode_letters
from citybrain.floor.snapshot_parts import parts_of
from citybrain.floor.topics import (
    ALERT_SNAPSHOTS,
    ALERTS,
    COMMANDS,
    DEAD_LETTERS,
    EPISODES,
    NOTIFICATIONS,
)
from citybrain.notices.records import Notice
from citybrain.workflow.commands import Command
from tests.citybrain.alerts.sample import NOON, at, command, episode
from tests.streams.alerts.test_alert_owner import silence
from tests.streams.alerts.test_owner_agent import SEAL, Killed, MemoryLogs, Worker

FAR = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
STEP = timedelta(seconds=10)


class Life:
    """An owner that may be killed between and within its turns, and begins again."""

    def __init__(self) -> None:
        self.logs, self.clock = MemoryLogs(), ManualClock(NOON)

    def add(self, topic: Any, *values: bytes) -> None:
        said = map(signed, values) if topic is COMMANDS else values
        self.logs.logs[topic.name].extend(said)

    def live(self, kill_after: int = -1) -> None:
        self.clock.advance(STEP)
        self.logs.left = kill_after
        try:
            asyncio.run(Worker(self.logs, self.clock).live())
        except Killed:
            self.logs.left = -1
            asyncio.run(Worker(self.logs, self.clock).live())
        self.logs.left = -1

    @property
    def told(self) -> set[str]:
        return {one.alert for one in self.logs.records(NOTIFICATIONS, Notice)}

    @property
    def letters(self) -> list[str]:
        return [
            letter.place
            for value in self.logs.logs[DEAD_LETTERS.name]
            for letter in decode_letters(value)
        ]


def encoded(record: Any) -> bytes:
    return msgspec.json.encode(record)


def signed(value: bytes) -> bytes:
    """Return what a desk makes of a command, however odd it is; other bytes as they are."""
    try:
        return encoded(SEAL.signed(msgspec.json.decode(value, type=Command)))
    except (msgspec.MsgspecError, ValueError, RecursionError, OverflowError):
        return value


def good(name: str, minute: float) -> bytes:
    return encoded(episode(name, level="red", started_at=at(minute), fired_at=at(minute)))


def changed(text: bytes, old: bytes, new: bytes) -> bytes:
    assert old in text
    return text.replace(old, new)


GOOD = good("g", 0)
HOSTILE = {
    "year 9999": encoded(episode("h", started_at=FAR, fired_at=FAR)),
    "year 9999, minus 14": changed(GOOD, b'"2026-03-02T04:00:00Z"', b'"9999-12-31T23:59:59-14:00"'),
    "year 1": changed(GOOD, b'"2026-03-02T04:00:00Z"', b'"0001-01-01T00:00:00+14:00"'),
    "no zone": changed(GOOD, b'"2026-03-02T04:00:00Z"', b'"2026-03-02T04:00:00"'),
    "no place": encoded(episode("h", lon=1e308, lat=-1e308)),
    "half a record": GOOD[: len(GOOD) // 2],
    "nothing": b"",
    "noise": b"\xff\x00\xfe{",
    "null": b"null",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "lone surrogate": changed(GOOD, b'"gas_leak"', b'"\\ud800"'),
    "another tag": changed(GOOD, b'"episode"', b'"change"'),
}
LONG = {
    "name": encoded(episode("long", rule="r" * 1_000_000)),
    "subject": encoded(episode("long", subject="s" * 1_000_000)),
    "label": encoded(episode("long", labels={"l" * 500_000: "v" * 500_000})),
    "many labels": encoded(episode("long", labels={f"l{n}": "v" for n in range(50_000)})),
    "many kinds": encoded(episode("long", kinds=tuple(f"kind{n}" for n in range(50_000)))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_episode_costs_only_itself_now_and_after_restarts(name: str) -> None:
    life = Life()
    life.add(EPISODES, good("before", 0), HOSTILE[name], good("after", 0))

    life.live()
    life.live()

    assert life.told == {"before", "after"} | _platform(life)
    assert life.letters.count("city.episodes[0]@1") >= 1
    assert len(_platform(life)) == 1


@pytest.mark.parametrize("name", LONG)
def test_long_episode_is_told_cut_and_says_so(name: str) -> None:
    life = Life()
    life.add(EPISODES, LONG[name], good("after", 0))

    life.live()

    assert life.told == {"long", "after"}
    assert life.letters == []
    assert max(len(value) for value in life.logs.logs[NOTIFICATIONS.name]) < 200_000


@pytest.mark.parametrize(
    "value",
    [
        b"",
        b"{}",
        b"[" * 50_000,
        changed(encoded(command("resolve", "g")), b"2026-03-02", b"9999-12-31"),
        changed(
            encoded(command("resolve", "g")), b'"2026-03-02T04:01:00Z"', b'"2026-03-02T04:01:00"'
        ),
        encoded(command("silence", "s", details={"silence": "{"})),
        encoded(command("silence", "s", details={"silence": silence(ends_at=FAR)})),
        encoded(command("acknowledge", "g", details={"expires_at": "9999-12-31T23:59:59-23:00"})),
        encoded(command("comment", "g", details={"comment": "c" * 9_000_000})),
        encoded(command("merge", "g", details={"into": "\x00" * 100})),
    ],
    ids=lambda value: value[:40].decode() + str(len(value)),
)
def test_hostile_command_costs_only_itself(value: bytes) -> None:
    life = Life()
    life.add(EPISODES, good("g", 0))
    life.add(COMMANDS, value, encoded(command("acknowledge", "g", minutes=0.1)))

    life.live()
    life.add(EPISODES, good("after", 0.2))
    life.live()

    assert {"g", "after"} <= life.told


@pytest.mark.parametrize("name", ["year 9999", "no place"])
def test_bad_alert_that_an_earlier_version_kept_stops_no_start(name: str) -> None:
    """On a system that took it in, it stands among the steps and in the snapshot."""
    life = Life()
    life.add(EPISODES, good("kept", 0))
    life.live()
    step = next(
        one for one in life.logs.records(ALERTS, AlertChange | Silence) if one.what == "fired"
    )
    bad = msgspec.json.decode(HOSTILE[name], type=Episode)
    alert = msgspec.structs.replace(step.after, id="h", episode=bad)
    life.add(ALERTS, encoded(msgspec.structs.replace(step, id="h", after=alert)))
    snapshot: Any = {"alerts": [alert], "silences": [], "episodes": 1, "commands": 0}
    life.add(ALERT_SNAPSHOTS, *parts_of(0, msgspec.msgpack.encode(list(snapshot.values()))))

    life.live()
    life.add(EPISODES, good("after", 0.2))
    life.live()

    assert {"kept", "after"} <= life.told
    assert any("city.alerts: h" in place for place in life.letters)


def _platform(life: Life) -> set[str]:
    episodes = [value for value in life.logs.logs[EPISODES.name] if RULE.encode() in value]
    return {msgspec.json.decode(value, type=Episode).alert for value in episodes}


ODD: list[Any] = [
    None,
    "",
    -1,
    2**63,
    1e308,
    True,
    [],
    {},
    {"zh": "a", "en": "b"},
    ["x"] * 100,
    "x" * 10_000,
    "9999-12-31T23:59:59Z",
    "0001-01-01T00:00:00Z",
    "2026-03-02T04:00:00",
    "ended",
    "pending",
    "\uffff\u0000",
    {"a": "b" * 5_000},
]
A_BATCH = 400


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck), database=None)
@given(st.integers(0, 2**64), st.integers(0, 160))
def test_hundreds_of_hostile_records_between_good_ones(seed: int, kill: int) -> None:
    """A hundred thousand with ``--long``: every good alert is told, whatever stands around it."""
    rng, life = random.Random(seed), Life()  # noqa: S311  no secret
    bad = [_damaged(rng) for _ in range(A_BATCH)]
    half = A_BATCH // 2
    life.add(EPISODES, good("g1", 0), *bad[:half], good("g2", 0))
    life.add(COMMANDS, *bad[half:])

    with capture_logs():
        life.live(kill_after=kill)
        life.add(EPISODES, good("g3", 0.2))
        life.live()

    assert {"g1", "g2", "g3"} <= life.told


BASES = [
    GOOD,
    encoded(command("acknowledge", "g")),
    encoded(command("silence", "s", details={"silence": silence()})),
]
TREES = [msgspec.json.decode(base) for base in BASES]


def _damaged(rng: random.Random) -> bytes:
    """Return a good record with something in it that is not."""
    which = rng.randrange(len(BASES))
    base, kind = BASES[which], rng.randrange(6)
    if kind == 0:
        spot = rng.randrange(len(base))
        return base[:spot] + bytes([rng.randrange(256)]) + base[spot + 1 :]
    if kind == 1:
        return base[: rng.randrange(len(base))]
    tree = dict(TREES[which])
    for _ in range(rng.randint(1, 3)):
        tree[rng.choice(list(tree))] = rng.choice(ODD)
    return encoded(tree)
