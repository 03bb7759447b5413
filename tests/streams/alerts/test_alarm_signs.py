"""The ruler's signs of life, and the gaps that it tells of."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from citybrain.alerts.records import Episode
from citybrain.floor.alarm_path import SignOfLife
from citybrain.floor.clock import ManualClock
from citybrain.floor.errors import BusError
from citybrain.floor.topics import EPISODES, HEARTBEATS
from streams.alerts.alarm_signs import LOOK_TURNS, AlarmSigns
from streams.runtime.delivery import BusMessage
from tests.waiting import until

NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


class Rig:
    """The signs of an owner of alerts whose log and broker are lists."""

    def __init__(self, *, owns: bool = True) -> None:
        self.clock = ManualClock(NOW)
        self.sent: list[BusMessage] = []
        self.log: list[bytes] = []
        self.away = False
        self.lock = asyncio.Lock()
        owned = SimpleNamespace(owner=SimpleNamespace(records={}))
        loaded = {0: owned} if owns else {}
        alerts: Any = SimpleNamespace(loaded=lambda: loaded, lock=self.lock)
        self.signs = AlarmSigns(alerts, self, self.clock, self.newest)  # type: ignore[arg-type]

    def newest(self) -> list[bytes]:
        if self.away:
            raise BusError("away")
        return self.log

    async def send(self, messages: list[BusMessage]) -> None:
        self.sent.extend(messages)

    def heard(self, process: str, age_s: float) -> None:
        at = self.clock.now() - timedelta(seconds=age_s)
        self.log.append(msgspec.json.encode(SignOfLife(process, at)))

    async def turns(self, count: int = LOOK_TURNS) -> None:
        for _ in range(count):
            await self.signs.turn()
            self.clock.advance(timedelta(seconds=5))

    def gaps(self) -> list[tuple[str, str]]:
        told = [one.value for one in self.sent if one.topic is EPISODES]
        episodes = [msgspec.json.decode(value, type=Episode) for value in told]
        return [(one.key["process"], one.state) for one in episodes]

    def given(self) -> int:
        return sum(one.topic is HEARTBEATS for one in self.sent)


async def test_turn_where_the_alerts_are_owned_then_a_sign() -> None:
    rig = Rig()
    rig.heard("notify", 1)
    await rig.turns(2)
    assert (rig.given(), rig.gaps()) == (2, [])
    elsewhere = Rig(owns=False)
    await elsewhere.turns()
    assert elsewhere.sent == []


async def test_turn_when_the_sender_falls_silent_and_comes_back_then_both_are_told() -> None:
    rig = Rig()
    rig.heard("notify", 300)
    await rig.turns()
    assert rig.gaps() == [("notify", "firing")]
    rig.heard("notify", 0)
    await rig.turns()
    assert rig.gaps() == [("notify", "firing"), ("notify", "ended")]


async def test_turn_after_the_ruler_itself_was_away_then_its_gap_is_told_and_over() -> None:
    rig = Rig()
    rig.heard("ruler", 300)
    for _ in range(2):
        rig.heard("notify", 0)
        await rig.turns()
    assert rig.gaps() == [("ruler", "firing"), ("ruler", "ended")]


async def test_turn_when_the_broker_is_away_then_it_still_tries_to_sign() -> None:
    rig = Rig()
    rig.away = True
    await rig.turns()
    assert (rig.given(), rig.gaps()) == (LOOK_TURNS, [])


async def test_turn_when_somebody_holds_the_alerts_for_good_then_no_sign() -> None:
    rig = Rig()
    rig.heard("notify", 1)
    async with rig.lock:
        turn = asyncio.create_task(rig.signs.turn())
        with pytest.raises(AssertionError, match="not so within"):
            await until(turn.done, 0.3)
        assert rig.given() == 0
    await turn
    assert rig.given() == 1
