"""The shell of the alerts' owner: killed at whatever moment, it loses and tells nothing twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.alerts.records import Alert, AlertChange
from citybrain.alerts.silence_records import Silence
from citybrain.city import load_city
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import ManualClock
from citybrain.floor.topics import ALERTS, AUDIT, COMMANDS, EPISODES, NOTIFICATIONS
from citybrain.notices.records import Notice
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import Actor, Command
from citybrain.workflow.steps import fold
from streams.alerts.owner_agent import AlertOwnerAgent
from streams.alerts.owner_recovery import AlertOwnerRecovery
from streams.owned.records_agent import OwnerWays
from streams.ruling.over_alerts.composers import Composers
from tests.citybrain.alerts.sample import COMMANDER, NOON, at, command, episode
from tests.repository import WUHAI
from tests.streams.alerts.test_alert_owner import alert_owner, silence
from tests.streams.memory_logs import Killed, MemoryLogs

CITY = load_city(WUHAI)
SEAL = CommandSeal(b"k" * 32)
ADMINISTRATOR = Actor(user="admin", role="administrator")


class Worker:
    """One life of the agent on `logs`."""

    def __init__(self, logs: MemoryLogs, clock: ManualClock) -> None:
        self.logs = logs
        recovery = AlertOwnerRecovery(
            logs.read, logs.end, lambda: (alert_owner(), Composers((), CITY))
        )
        self.commands: asyncio.Queue[Sequence[tuple[int, bytes]]] = asyncio.Queue()
        ways = OwnerWays(
            recovery.load,
            read=lambda _partition, first, last: logs.read(EPISODES, 0, first, last),
            end=lambda: logs.end(ALERTS, 0),
            seal=SEAL,
            clock=clock,
            commands=self._from,
        )
        self.agent = AlertOwnerAgent(
            ways,
            logs,  # type: ignore[arg-type]
            SimpleNamespace(processed=lambda *_: None),  # type: ignore[arg-type]
        )

    async def live(self) -> None:
        """Take in all that stands on the logs, let time pass once, and stop."""
        self.agent.assign([TP(EPISODES.name, 0)])
        loaded = await self.agent.state(0)
        assert loaded is not None
        await self.agent.run(self)  # type: ignore[arg-type]
        await self.agent.heed(loaded, self.logs.read(COMMANDS, 0, loaded.commands, 10**9))
        await self.agent.tick()

    def noack(self) -> Any:
        """Be read without acknowledging."""
        return self

    async def events(self) -> AsyncIterator[Any]:
        """Yield all episodes, as Faust does from its committed offset, which may be the oldest."""
        for offset, value in enumerate(self.logs.logs[EPISODES.name]):
            yield SimpleNamespace(
                value=value, message=SimpleNamespace(partition=0, offset=offset, tp=None)
            )

    async def ack(self, _event: Any) -> None:
        """Commit nothing."""

    async def _from(self, _offset: int) -> AsyncIterator[Sequence[tuple[int, bytes]]]:
        while True:
            yield await self.commands.get()


def lives(inputs: Sequence[Any], kills: Sequence[int]) -> MemoryLogs:
    """Return the logs after `inputs`, with a kill after each number of written records."""
    logs, clock = MemoryLogs(), ManualClock(NOON)
    for number, one in enumerate(inputs):
        topic = COMMANDS if isinstance(one, Command) else EPISODES
        said = SEAL.signed(one) if isinstance(one, Command) else one
        logs.logs[topic.name].append(msgspec.json.encode(said))
        clock.advance(at(number) - clock.now())
        logs.left = kills[number] if number < len(kills) else -1
        try:
            asyncio.run(Worker(logs, clock).live())
        except Killed:
            logs.left = -1
            asyncio.run(Worker(logs, clock).live())
    return logs


def state(logs: MemoryLogs) -> dict[str, Alert]:
    changes = [
        one for one in logs.records(ALERTS, AlertChange | Silence) if isinstance(one, AlertChange)
    ]
    return fold(changes)


def told(logs: MemoryLogs) -> set[str]:
    return {notice.key for notice in logs.records(NOTIFICATIONS, Notice)}


def heard(logs: MemoryLogs) -> set[str]:
    """Return who heard of which alert at which level.

    What a kill cut short may be told although it was over already; the same news then comes as
    another step ("reopened" instead of "first").
    """
    return {key.rpartition(":")[0] for key in told(logs)}


def outcomes(logs: MemoryLogs) -> dict[str, str]:
    return {entry.id: entry.outcome for entry in logs.records(AUDIT, AuditEntry)}


STORY: list[Any] = [
    episode("a1"),
    episode("a2", area="150304001"),
    command("acknowledge", minutes=2),
    episode("a1", level="red", told_at=at(3)),
    command("resolve", "a2", minutes=4, actor=COMMANDER),
    command("merge", "a1", minutes=5, actor=COMMANDER, details={"into": "a9"}),
    episode("a3", area="150304001", told_at=at(6), fired_at=at(6)),
    command("merge", "a3", minutes=7, actor=COMMANDER, details={"into": "a1"}),
    command("silence", "s1", minutes=8, details={"silence": silence()}),
    episode("a1", level="red", state="ended", told_at=at(9)),
]


@pytest.mark.parametrize("kill", range(8))
def test_agent_when_it_is_killed_at_any_moment_then_the_end_is_the_same(kill: int) -> None:
    plain = lives(STORY, ())
    harmed = lives(STORY, [kill] * len(STORY))

    assert told(harmed) == told(plain)
    assert outcomes(harmed) == outcomes(plain)
    assert {n: (a.state, a.incident, a.owner) for n, a in state(harmed).items()} == {
        n: (a.state, a.incident, a.owner) for n, a in state(plain).items()
    }


def test_agent_when_a_command_is_about_another_type_of_record_then_passes_it_by() -> None:
    strange = msgspec.structs.replace(command("acknowledge"), noun="case")

    logs = lives([episode("a1"), strange], ())

    assert (logs.logs[AUDIT.name], state(logs)["a1"].state) == ([], "firing")


NAMES = st.sampled_from(["a1", "a2", "a3"])


@st.composite
def stories(draw: st.DrawFn) -> list[Any]:
    """Return what an engine and people may do, in the order in which it happens."""
    found: list[Any] = []
    for number in range(draw(st.integers(1, 8))):
        name = draw(NAMES)
        if draw(st.booleans()):
            states = st.sampled_from(["pending", "firing", "ended", "revised"])
            level = draw(st.sampled_from(["blue", "yellow", "red"]))
            one = episode(name, state=draw(states), level=level, told_at=at(number))
            found.append(msgspec.structs.replace(one, fired_at=at(number)))
        else:
            action = draw(st.sampled_from(["acknowledge", "unacknowledge", "resolve", "split"]))
            found.append(command(action, name, minutes=number))
    return found


@settings(max_examples=60, deadline=None)
@given(stories(), st.lists(st.integers(0, 6), max_size=8))
def test_agent_when_it_is_killed_now_and_then_then_nothing_is_lost(
    story: list[Any], kills: list[int]
) -> None:
    plain, harmed = lives(story, ()), lives(story, kills)

    assert heard(harmed) >= heard(plain)
    assert outcomes(harmed) == outcomes(plain)
    assert {n: a.state for n, a in state(harmed).items()} == {
        n: a.state for n, a in state(plain).items()
    }


def test_agent_when_everything_comes_again_then_nothing_more_is_written() -> None:
    logs = lives(STORY, ())
    before = {name: len(values) for name, values in logs.logs.items()}

    clock = ManualClock(at(len(STORY) - 1))
    asyncio.run(Worker(logs, clock).live())

    assert {name: len(values) for name, values in logs.logs.items()} == before


FORGED = {
    "unsigned": lambda said: said,
    "of another key": CommandSeal(b"x" * 32).signed,
    "half a mac": lambda said: msgspec.structs.replace(said, mac=SEAL.signed(said).mac[:32]),
    "no ascii": lambda said: msgspec.structs.replace(said, mac="签" * 64),
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_who_can_only_write_to_kafka_commands_nothing(
    forge: Callable[[Command], Command],
) -> None:
    logs, clock = MemoryLogs(), ManualClock(NOON)
    logs.logs[EPISODES.name].append(msgspec.json.encode(episode("a1", level="red")))
    asked = command("acknowledge", "a1", actor=ADMINISTRATOR, minutes=0)
    logs.logs[COMMANDS.name].append(msgspec.json.encode(forge(asked)))
    asyncio.run(Worker(logs, clock).live())
    (entry,) = logs.records(AUDIT, AuditEntry)
    assert (entry.outcome, entry.reason, entry.id) == ("refused", "not_signed", asked.id)
    assert "acknowledged" not in {one.what for one in logs.records(ALERTS, AlertChange)}

    # The same id, signed: nobody took it away.
    logs.logs[COMMANDS.name].append(msgspec.json.encode(SEAL.signed(asked)))
    asyncio.run(Worker(logs, clock).live())
    assert "acknowledged" in {one.what for one in logs.records(ALERTS, AlertChange)}
