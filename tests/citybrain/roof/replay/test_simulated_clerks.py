"""Cases that nobody has: always the same ones, by the city's own workflows, given once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from citybrain.cases.case_clocks import CaseClocks
from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.clock_timers import ClockTimer, clock_timers
from citybrain.cases.clock_turns import running
from citybrain.cases.records import Case
from citybrain.city import load_city
from citybrain.floor.errors import BusError
from citybrain.roof.replay import clerk_desk
from citybrain.roof.replay.clerk_desk import AT_ONCE, EVERY_S, WAIT_S, ClerkDesk
from citybrain.roof.replay.replay_state import StateFile
from citybrain.roof.replay.simulated_clerks import SimulatedClerks
from citybrain.roof.replay.simulation_plan import load_plan
from citybrain.workflow.commands import Command
from streams.cases.case_owner import CaseOwner
from tests.repository import WUHAI

CITY = load_city(WUHAI)
NOW = datetime(2026, 11, 30, 2, tzinfo=UTC)
BEGIN = date(2026, 11, 26)
MIDNIGHT = datetime(2026, 11, 25, 16, tzinfo=UTC)


def clerks(a_day: int = 12) -> SimulatedClerks:
    """Return clerks of Wuhai who get `a_day` cases each day."""
    plan = replace(load_plan(CITY), cases_a_day=a_day)
    return SimulatedClerks(CaseEngine.of(CITY), plan)


def test_days_are_the_same_whenever_they_are_asked_for() -> None:
    assert clerks().day(BEGIN) == clerks().day(BEGIN)
    assert clerks().day(BEGIN) != clerks().day(BEGIN + timedelta(days=1))


def test_what_they_do_is_accepted_and_leads_to_every_sort_of_state() -> None:
    found = clerks(40)
    owner = CaseOwner(found.engine)
    given = found.between(MIDNIGHT, NOW, BEGIN)

    entries = [
        entry for one in given for entry in owner.take_command(one, "c", max(one.at, NOW)).audit
    ]

    refused = Counter(one.reason for one in entries if one.outcome == "refused")
    assert sum(refused.values()) < len(entries) / 50
    cases = owner.records.values()
    assert {one.origin for one in cases} == {"simulated"}
    assert {one.workflow for one in cases} == {"city_management", "hotline", "leads", "dispute"}
    assert any(not one.open for one in cases)
    assert sum(one.open for one in cases) > 20
    assert any(found.engine.clocks.was_late(one) for one in cases)


def test_parts_of_a_stretch_make_the_whole() -> None:
    found, middle = clerks(), MIDNIGHT + timedelta(hours=40)

    whole = found.between(MIDNIGHT, NOW, BEGIN)

    assert found.between(MIDNIGHT, middle, BEGIN) + found.between(middle, NOW, BEGIN) == whole
    assert len({one.id for one in whole}) == len(whole)


class Bus:
    """Takes commands, unless it is away."""

    def __init__(self) -> None:
        self.taken: list[Command] = []
        self.is_away = False

    def send(self, commands: Sequence[Command]) -> None:
        """Take them."""
        if self.is_away:
            raise BusError("Kafka is away")
        self.taken += commands

    def close(self) -> None:
        """Do nothing."""


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the machine's clock, as a list of one number."""
    found = [1_000.0]
    monkeypatch.setattr(clerk_desk, "monotonic", lambda: found[0])
    return found


def desk(folder: Path, bus: Bus, a_day: int = 40) -> tuple[ClerkDesk, StateFile]:
    """Return a desk on a data folder, with the key there."""
    key = folder / "key"
    key.touch()
    state = StateFile(folder / "replay")
    return ClerkDesk(clerks(a_day), state, lambda: bus, key), state  # type: ignore[arg-type,return-value]


def test_the_past_is_filled_in_pieces_and_nothing_is_given_twice_after_a_restart(
    tmp_path: Path, seconds: list[float]
) -> None:
    bus = Bus()
    first, state = desk(tmp_path, bus)
    assert first.round(NOW)
    assert len(bus.taken) == AT_ONCE
    state.save()
    state.close()

    second, state = desk(tmp_path, bus)
    while second.round(NOW):
        pass
    seconds[0] += EVERY_S
    second.round(NOW + timedelta(hours=2))
    second.close()
    state.close()

    assert len({one.id for one in bus.taken}) == len(bus.taken) > AT_ONCE
    assert [one.at for one in bus.taken] == sorted(one.at for one in bus.taken)
    assert bus.taken[-1].at > NOW


def test_a_bus_that_is_away_gets_it_later_and_without_a_key_nothing_is_done(
    tmp_path: Path, seconds: list[float]
) -> None:
    bus = Bus()
    bus.is_away = True
    one, state = desk(tmp_path, bus, 5)
    assert not one.round(NOW)
    bus.is_away = False
    assert not one.round(NOW)
    seconds[0] += WAIT_S
    one.round(NOW)
    assert bus.taken

    (tmp_path / "key").unlink()
    before = len(bus.taken)
    seconds[0] += EVERY_S
    assert not one.round(NOW + timedelta(days=1))
    assert len(bus.taken) == before
    one.close()
    state.close()


def test_when_a_timer_is_next_is_the_same_by_the_short_way_and_by_the_fold() -> None:
    found = clerks(25)
    clocks, owner = found.engine.clocks, CaseOwner(found.engine)
    looked = plain = 0
    for one in found.between(MIDNIGHT, NOW, BEGIN):
        while owner.waits(one.at):
            owner.on_time(one.at)
        owner.take_command(one, "c", one.at)
        case = owner.records.get(one.target)
        if case is not None and case.open:
            folded = timers_by_fold(clocks, case)
            assert list(clocks.timers(case, case.updated_at)) == folded
            untold = [
                t for t in folded if t.name not in case.told and t.clock in running(case.clock)
            ]
            whole = next((max(t.at, t.since) for t in untold), None)
            assert clocks.next_at(case) == whole
            looked, plain = looked + (whole is not None), plain + (len(case.clock) > 8)
    assert looked > 200
    assert plain > 50


def timers_by_fold(clocks: CaseClocks, case: Case) -> list[ClockTimer]:
    """Return the timers of a case, each of its clocks read from its beginning."""
    found = [
        timer
        for name, reading in clocks.readings(case, case.updated_at).items()
        if name not in clocks.windows
        for timer in clock_timers(reading, clocks.time, name)
    ]
    return sorted(found, key=lambda t: (t.at, t.clock, t.leg, t.percent))
