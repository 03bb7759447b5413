"""The shell of the cases' owner: killed at whatever moment, it loses and doubles nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid5

import msgspec
import pytest
from faust.types import TP
from hypothesis import given, settings
from hypothesis import strategies as st

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.opening import CaseOpening
from citybrain.cases.records import Case, CaseStep
from citybrain.city import load_city
from citybrain.floor.audit_entry import AuditEntry
from citybrain.floor.clock import ManualClock
from citybrain.floor.topics import AUDIT, CASES, COMMANDS
from citybrain.workflow.command_seal import CommandSeal
from citybrain.workflow.commands import NO_RECORD, Actor, Command
from citybrain.workflow.steps import fold
from streams.cases.case_owner import NOUN, CaseOwner
from streams.cases.case_owner_agent import CaseOwnerAgent
from streams.cases.case_owner_recovery import CaseOwnerRecovery
from streams.owned.records_agent import OwnerWays
from tests.citybrain.alerts.sample import NOON, at
from tests.repository import WUHAI
from tests.streams.memory_logs import Killed, MemoryLogs

ENGINE = CaseEngine.of(load_city(WUHAI))
SEAL = CommandSeal(b"k" * 32)
CHIEF = Actor(user="chief", role="administrator")
SPACE = UUID("0b7e1b1e-7d0e-5f1a-9a43-6a0c7d1c2f11")
FIRST, SECOND = str(uuid5(SPACE, "first")), str(uuid5(SPACE, "second"))


def command(
    number: int,
    action: str,
    target: str = FIRST,
    *,
    record: msgspec.Raw = NO_RECORD,
    **details: str,
) -> Command:
    """Return the command of the `number`th minute."""
    return Command(
        id=str(uuid5(SPACE, str(number))),
        action=action,
        target=target,
        actor=CHIEF,
        at=at(number),
        details=details,
        record=record,
        noun=NOUN,
    )


def opening(title: str = "井盖缺失") -> msgspec.Raw:
    """Return what opens a case."""
    found = CaseOpening(kind="manhole_cover_missing", title=title, source="clerk")
    return msgspec.Raw(msgspec.json.encode(found))


STORY = [
    command(0, "open", record=opening()),
    command(1, "open", SECOND, record=opening("井盖丢了")),
    command(2, "accept"),
    command(3, "merge", SECOND, into=FIRST, comment="同一处"),
    command(4, "file"),
    command(5, "undo_merge", SECOND, comment="不是同一处"),
    command(6, "split", title="旁边路面破损", comment="另一件事"),
    command(7, "accept"),  # refused: it is accepted
    command(8, "dispatch", unit="drainage"),
    command(9, "comment", comment="已联系"),
]


class Worker:
    """One life of the agent on `logs`."""

    def __init__(self, logs: MemoryLogs, clock: ManualClock) -> None:
        self.logs = logs
        new = CaseOwnerRecovery(logs.read, logs.end, lambda: CaseOwner(ENGINE))
        ways = OwnerWays(
            new.load,
            read=lambda _partition, first, last: logs.read(COMMANDS, 0, first, last),
            end=lambda: logs.end(CASES, 0),
            seal=SEAL,
            clock=clock,
        )
        self.agent = CaseOwnerAgent(
            ways,
            logs,  # type: ignore[arg-type]
            SimpleNamespace(processed=lambda *_: None),  # type: ignore[arg-type]
        )

    async def live(self, *, snapshot: bool) -> None:
        """Take in all that stands on the logs, let time pass once, and stop."""
        self.agent.assign([TP(COMMANDS.name, 0)])
        assert await self.agent.state(0) is not None
        await self.agent.run(self)  # type: ignore[arg-type]
        await self.agent.tick()
        if snapshot:
            await self.agent.close()

    def noack(self) -> Any:
        """Be read without acknowledging."""
        return self

    async def events(self) -> AsyncIterator[Any]:
        """Yield all commands, as Faust does from its committed offset, which may be the oldest."""
        for offset, value in enumerate(self.logs.logs[COMMANDS.name]):
            yield SimpleNamespace(
                value=value, message=SimpleNamespace(partition=0, offset=offset, tp=None)
            )

    async def ack(self, _event: Any) -> None:
        """Commit nothing."""


def lives(
    commands: Sequence[Command], kills: Sequence[int], snapshots: Sequence[bool] = ()
) -> MemoryLogs:
    """Return the logs after `commands`, with a kill after each number of written records."""
    logs, clock = MemoryLogs(), ManualClock(NOON)
    for number, one in enumerate(commands):
        logs.logs[COMMANDS.name].append(msgspec.json.encode(SEAL.signed(one)))
        clock.advance(at(number) + timedelta(seconds=1) - clock.now())
        logs.left = kills[number] if number < len(kills) else -1
        snapshot = number < len(snapshots) and snapshots[number]
        try:
            asyncio.run(Worker(logs, clock).live(snapshot=snapshot))
        except Killed:
            logs.left = -1
            asyncio.run(Worker(logs, clock).live(snapshot=False))
    return logs


def state(logs: MemoryLogs) -> dict[str, Case]:
    return fold(logs.records(CASES, CaseStep))


def outcomes(logs: MemoryLogs) -> dict[str, tuple[str, str]]:
    return {one.id: (one.outcome, one.reason) for one in logs.records(AUDIT, AuditEntry)}


PLAIN = lives(STORY, ())


def test_agent_when_commands_come_then_cases_go_their_way() -> None:
    cases = state(PLAIN)
    by_number = {one.number: one for one in cases.values()}

    assert sorted(by_number) == [f"WH-20260302-00000{n}" for n in (1, 2, 3)]
    assert (cases[FIRST].stage, cases[FIRST].unit) == ("handling", "drainage")
    assert (cases[SECOND].stage, cases[SECOND].merged_into) == ("reporting", "")
    assert by_number["WH-20260302-000003"].split_from == FIRST
    assert [reason for _, reason in outcomes(PLAIN).values() if reason] == ["case_state_by"]


@pytest.mark.parametrize("kill", range(6))
def test_agent_when_it_is_killed_at_any_moment_then_the_end_is_the_same(kill: int) -> None:
    harmed = lives(STORY, [kill] * len(STORY))

    assert state(harmed) == state(PLAIN)
    assert outcomes(harmed) == outcomes(PLAIN)
    versions = [(one.id, one.version) for one in harmed.records(CASES, CaseStep)]
    assert len(versions) == len(set(versions))


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(0, 6), min_size=len(STORY), max_size=len(STORY)),
    st.lists(st.booleans(), min_size=len(STORY), max_size=len(STORY)),
)
def test_agent_when_killed_and_snapshotted_anyhow_then_the_end_is_the_same(
    kills: list[int], snapshots: list[bool]
) -> None:
    harmed = lives(STORY, kills, snapshots)

    assert state(harmed) == state(PLAIN)
    assert outcomes(harmed) == outcomes(PLAIN)


def test_agent_when_alert_commands_are_decided_meanwhile_then_none_of_cases_is_skipped() -> None:
    logs = MemoryLogs()
    entry = AuditEntry(
        id="e",
        at=NOON,
        user="li",
        role="officer",
        action="acknowledge",
        target="a1",
        outcome="accepted",
        details={"cause": f"{COMMANDS.name}/0/7"},
    )
    logs.logs[AUDIT.name].append(msgspec.json.encode(entry))
    logs.logs[COMMANDS.name].append(msgspec.json.encode(SEAL.signed(STORY[0])))

    asyncio.run(Worker(logs, ManualClock(at(1))).live(snapshot=False))

    assert list(state(logs)) == [FIRST]
