"""What case desks know: a snapshot, then the log; honest in an outage."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import msgspec
import pytest

from citybrain.cases.case_parts import Leg
from citybrain.cases.case_snapshot import CasesSnapshot
from citybrain.cases.records import Case, CaseStep
from citybrain.floor.clock import ManualClock, millis
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards.lists.cases_live import CasesLive
from dashboards.lists.hearing import CommandOutcomes
from dashboards.lists.log_tail import Heard
from tests.dashboards.lists.memory_log import MemoryLog
from tests.dashboards.making import NOW


def case(name: str, version: int = 1, *, unit: str = "gas", closed: bool = False) -> Case:
    leg = Leg(opened_at=NOW, opened_by="wang", closed_at=NOW if closed else None)
    return Case(
        id=name,
        version=version,
        state="handling",
        updated_at=NOW,
        number=f"WH-20261124-{name}",
        workflow="leads",
        workflow_version=1,
        stage="handling",
        kind="gas_leak",
        title="线索",
        source="clerk",
        unit=unit,
        legs=(leg,),
        concerned=(unit,),
    )


def steps(*cases: Case, caught_up: bool = True) -> Heard:
    made = [
        CaseStep(
            id=one.id, version=one.version, what="moved_on", at=NOW, by="wang", cause="c", after=one
        )
        for one in cases
    ]
    return Heard(None, [msgspec.json.encode(one) for one in made], caught_up)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def live(clock: ManualClock) -> CasesLive:
    row: Any = lambda one: {"id": one.id, "v": one.version}  # noqa: E731
    return CasesLive(MemoryLog(), CommandOutcomes(), clock, "page-1", row)


def known(live: CasesLive) -> list[str]:
    return sorted(one.id for one in live.cases.records.seen_by(WHOLE_CITY))


async def test_hear_when_steps_come_then_each_scope_hears_of_its_own(live: CasesLive) -> None:
    texts = live.cases.enter(Scope(departments=("gas",))).follow()
    assert json.loads(await anext(texts))["rows"] == []
    live._hear_steps(steps(case("1"), case("2", unit="water"), case("3", closed=True)))
    delta = json.loads(await anext(texts))
    assert (delta["version"], delta["ready"], delta["rows"]) == (
        *("page-1", True, [{"id": "1", "v": 1}]),
    )
    assert known(live) == ["1", "2"]
    live._hear_steps(steps(case("1", 2, unit="water")))  # it went to another unit
    assert json.loads(await anext(texts))["removed"] == ["1"]


def test_hear_when_a_snapshot_comes_first_then_the_log_goes_on_from_it(live: CasesLive) -> None:
    kept = CasesSnapshot([case("1", 3), case("2"), case("9", closed=True)], 7)
    live._hear_steps(Heard(msgspec.msgpack.encode(kept), (), caught_up=False))
    assert (known(live), live.heard) == (["1", "2"], False)
    live._hear_steps(steps(case("1", 2), case("2", 2, closed=True), case("3")))
    assert (known(live), live.heard) == (["1", "3"], True)


def test_hear_when_something_cannot_be_read_then_it_costs_only_itself(live: CasesLive) -> None:
    good = steps(case("1")).records
    live._hear_steps(Heard(b"no snapshot", [b"noise", *good, b"{}"], caught_up=True))
    assert known(live) == ["1"]


def test_head_when_nothing_is_heard_for_5_s_then_it_says_since_when(
    live: CasesLive, clock: ManualClock
) -> None:
    live._hear_steps(steps())
    assert live.head()["outage"] is None
    clock.advance(timedelta(seconds=6))
    live._beat()
    assert (live.head()["outage"], live.heard) == ({"since": millis(NOW)}, False)
    live._hear_steps(steps())
    live._beat()
    assert (live.head()["outage"], live.heard) == (None, True)


def test_find_when_outside_the_scope_then_nothing(live: CasesLive) -> None:
    live._hear_steps(steps(case("1")))
    assert live.cases.find("1", Scope(departments=("gas",))) is not None
    assert live.cases.find("1", Scope(departments=("water",))) is None
    assert live.cases.find("2", WHOLE_CITY) is None
