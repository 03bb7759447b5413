"""Operators are told of claims that are set aside: an alert, and a sign for the walls."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from citybrain.alerts.records import Episode
from citybrain.alerts.set_aside import ToWrite
from citybrain.floor.alarm_path import AlarmPath, SignOfLife, StandingProcess, read_sign
from citybrain.floor.clock import ManualClock
from citybrain.floor.topics import EPISODES, HEARTBEATS
from sinks.aside_signs import AsideSigns
from sinks.claim_failures import ClaimAside
from tests.sinks.sample import NOW

ASIDE = ClaimAside("city.events", "c1", "city.events[0]@3…4", 10, "store: no table", NOW, 5)


class Written:
    """Keeps what is written; loses the next where told so."""

    def __init__(self) -> None:
        self.records: list[ToWrite] = []
        self.lost = False

    async def write(self, records: Iterable[ToWrite]) -> None:
        if self.lost:
            raise OSError("no broker")
        self.records += records

    def signs(self) -> list[SignOfLife]:
        values = [one.value for one in self.records if one.topic is HEARTBEATS]
        return [sign for value in values if (sign := read_sign(value))]

    def states(self) -> list[str]:
        values = [one.value for one in self.records if one.topic is EPISODES]
        return [msgspec.json.decode(value, type=Episode).state for value in values]


async def test_turn_when_claims_are_set_aside_then_tells_it_and_when_it_is_over() -> None:
    aside: list[ClaimAside] = []
    written, clock = Written(), ManualClock(NOW)
    signs = AsideSigns("one", clock, lambda: aside, written.write)
    path = AlarmPath(NOW)

    await signs.turn()  # what was before this process is over
    await signs.turn()
    assert written.signs() == [SignOfLife("sink:one", NOW)]

    aside.append(ASIDE)
    clock.advance(timedelta(seconds=5))
    await signs.turn()
    path.hear(written.signs()[-1])
    assert path.aside() == StandingProcess("sink", NOW)
    assert [one.process for one in path.standing(NOW)] == []

    aside.clear()
    clock.advance(timedelta(seconds=5))
    await signs.turn()
    await signs.turn()
    path.hear(written.signs()[-1])
    assert (len(written.signs()), path.aside()) == (3, None)
    assert written.states() == ["firing", "ended"]


async def test_turn_when_it_cannot_be_written_then_it_is_told_the_next_time() -> None:
    written = Written()
    signs = AsideSigns("one", ManualClock(NOW), lambda: [ASIDE], written.write)
    written.lost = True
    try:
        await signs.turn()
    except OSError:
        written.lost = False

    await signs.turn()

    assert written.states() == ["firing"]
    assert [sign.aside_since for sign in written.signs()] == [NOW]
