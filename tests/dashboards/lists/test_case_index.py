"""Pages of long lists, counts for walls, cases near by: always what looking at each one says."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from citybrain.cases.case_engine import CaseEngine
from citybrain.cases.workflow_files import load_case_setup
from citybrain.city import load_city
from citybrain.floor.clock import ManualClock, millis
from citybrain.workflow.scope import WHOLE_CITY, Scope
from dashboards.lists import case_index
from dashboards.lists.case_columns import CaseColumns
from dashboards.lists.case_facts import NEVER, CaseFacts, facts_of_case
from dashboards.lists.case_index import CaseIndex
from dashboards.lists.case_nearby import CaseKinds
from dashboards.lists.case_queue import CaseWord, Looker, QueueFilters
from dashboards.lists.case_rows import CaseRows
from dashboards.lists.case_tally import CaseTally
from dashboards.lists.cases_live import CasesLive
from dashboards.lists.hearing import CommandOutcomes
from dashboards.lists.log_tail import Heard
from tests.dashboards.cases.registry import Registry
from tests.dashboards.lists.memory_log import MemoryLog
from tests.dashboards.making import NOW
from tests.repository import WUHAI

WANG = Looker("wang", frozenset({"parks"}), dispatches=True)
UNITS, STREETS = ("parks", "sanitation", "hotline"), ("150302001", "150302002", "150303001")


def facts(number: int, **fields: Any) -> CaseFacts:
    given: dict[str, Any] = {
        "id": f"case-{number}",
        "number": f"WH-{number}",
        "kind": "smoke",
        "theme": "city_management",
        "step": "handling",
        "unit": "parks",
        "person": "",
        "area": STREETS[0],
        "concerned": ("parks",),
        "origin": "live",
        "lon": None,
        "lat": None,
        "due": NEVER,
        "supervised": False,
        "dispatch": False,
        "asks": False,
        "follows": False,
        "parts": (),
        "text": f"wh-{number} smoke",
        "rank": 0,
        "severity": 1,
        "opened": number,
    }
    return CaseFacts(**(given | fields))


def any_case(pick: random.Random, number: int) -> CaseFacts:
    unit = pick.choice(UNITS)
    return facts(
        number,
        unit=unit,
        concerned=(unit, "centre"),
        person=pick.choice(("", "wang", "xu")),
        area=pick.choice(STREETS),
        rank=pick.randrange(2),
        due=pick.choice((NEVER, pick.randrange(50))),
        severity=pick.randrange(5),
        opened=pick.randrange(100),
        supervised=pick.random() < 0.2,
        dispatch=pick.random() < 0.3,
        asks=pick.random() < 0.2,
        follows=pick.random() < 0.1,
        parts=pick.choice(((), ("parks",))),
        text=f"wh-{number} {pick.choice(('smoke', 'water'))}",
    )


Test = Callable[[CaseFacts], bool]
SEEN: list[tuple[QueueFilters, Test]] = [
    (QueueFilters(), lambda one: not one.follows),
    (QueueFilters(mine=True), lambda one: not one.follows and one.person == "wang"),
    (
        QueueFilters(unit=True, newest=True),
        lambda one: not one.follows and (one.unit == "parks" or "parks" in one.parts),
    ),
    (
        QueueFilters(dispatch=True, asks=True),
        lambda one: not one.follows and one.dispatch and one.asks,
    ),
    (QueueFilters(supervised=True), lambda one: not one.follows and one.supervised),
    (
        QueueFilters(words=(CaseWord("water"), CaseWord("x", areas=("150302",)))),
        lambda one: "water" in one.text and one.area.startswith("150302"),
    ),
]


@pytest.mark.parametrize("scope", [WHOLE_CITY, Scope(("parks",)), Scope((), ("150302",))])
@pytest.mark.parametrize(("filters", "fits"), SEEN)
def test_page_when_cases_come_and_go_then_it_is_what_looking_at_each_says(
    scope: Scope, filters: QueueFilters, fits: Test
) -> None:
    pick = random.Random(7)  # noqa: S311  the same cases at every run
    columns, there = CaseColumns(), dict[str, CaseFacts]()
    for step in range(3_000):
        case = any_case(pick, step % 1_500)
        if (before := there.pop(case.id, None)) is not None:
            columns.discard(before)
        if pick.random() < 0.9:
            there[case.id] = case
            columns.add(case)
    seen = [one for one in there.values() if scope.covers(one)]
    sign = -1 if filters.newest else 1

    def place(one: CaseFacts) -> tuple[int, ...]:
        return (one.rank, one.due, not one.supervised, -one.severity, sign * one.opened)

    found = sorted(filter(fits, seen), key=place)
    alone = [one for one in seen if not one.follows]

    page = columns.page(scope, filters, WANG, 40)

    assert (page.found, page.all) == (len(found), len(alone))
    assert page.mine == sum(one.person == "wang" for one in alone)
    assert page.dispatch == sum(one.dispatch for one in alone)
    assert [place(there[name]) for name in page.ids] == [place(one) for one in found[:40]]
    assert all(fits(there[name]) and scope.covers(there[name]) for name in page.ids)
    assert len(set(page.ids)) == min(40, len(found))


def test_waiting_when_asked_then_own_ones_come_before_parts_and_what_is_to_be_dispatched() -> None:
    columns = CaseColumns()
    cases = [
        facts(1, person="xu"),
        facts(2),
        facts(3, dispatch=True, unit="hotline"),
        facts(4, unit="hotline", parts=("parks",)),
        facts(5, person="wang", unit="hotline"),
        facts(6, person="wang", follows=True),
        facts(7, asks=True, unit="hotline", person="xu"),
    ]
    for one in cases:
        columns.add(one)
    assert columns.waiting_for(WHOLE_CITY, WANG, 9) == ["case-5", "case-4", "case-3", "case-2"]
    assert columns.waiting_for(WHOLE_CITY, WANG, 2) == ["case-5", "case-4"]


def test_tally_when_cases_come_and_go_then_counts_and_the_latest_are_of_now() -> None:
    tally, due = CaseTally(), millis(NOW)
    late = [facts(n, due=due - n) for n in range(1, 4)]
    others = [
        facts(10, due=due + 1),
        facts(11, step="intake", supervised=True),
        facts(12, follows=True),
    ]
    for one in (*late, *others, facts(13, origin="simulated", due=due - 9)):
        tally.add(one)
    tally.discard(late[2])

    rows = {row.origin: row for row in tally.rows(NOW)}

    assert rows["live"].steps == {"handling": 3, "intake": 1}
    assert (rows["live"].supervised, rows["live"].late) == (1, 2)
    assert rows["live"].latest == ["case-2", "case-1"]
    assert rows["simulated"].latest == ["case-13"]


def test_near_when_asked_then_of_the_same_kind_near_by_else_in_the_same_street() -> None:
    kinds, here = CaseKinds(), facts(1, lon=106.8, lat=39.65)
    others = [
        facts(2, lon=106.801, lat=39.65),
        facts(3, lon=106.9, lat=39.65),
        facts(4, kind="water", lon=106.8, lat=39.65),
        facts(5),
        facts(6, follows=True),
        facts(7, area=STREETS[1]),
    ]
    for one in (here, *others):
        kinds.add(one)
    assert kinds.near(here, lambda _: True) == [("case-2", 86), ("case-5", None)]
    assert kinds.near(here, lambda one: one.id != "case-2") == [("case-5", None)]


async def test_list_when_it_is_too_long_then_its_beginning_is_sent_and_how_many_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in (("MOST_WHOLE", 4), ("FIRST", 3), ("AT_ONCE", 2)):
        monkeypatch.setattr(case_index, name, value)
    engine = CaseEngine(load_case_setup(load_city(WUHAI)))
    registry = Registry(engine)
    opened = [registry.open(NOW - timedelta(hours=n)) for n in range(6)]
    rows = CaseRows(engine, lambda name: name)
    live = CasesLive(MemoryLog(), CommandOutcomes(), ManualClock(NOW), "page", rows.row_of)
    index = CaseIndex(live, lambda case: facts_of_case(engine, case))
    live._hear_steps(Heard(None, registry.steps.values, caught_up=True))
    assert not index.whole  # many at once are taken in piece by piece
    task = asyncio.create_task(index.run())
    async with asyncio.timeout(30):
        while not index.whole:
            await asyncio.sleep(0)
    task.cancel()

    texts = live.cases.enter(WHOLE_CITY).follow()
    whole = json.loads(await anext(texts))

    assert whole["part"] == 6
    first = sorted(opened, key=lambda one: one.opened_at)[:3]
    assert [row["id"] for row in whole["rows"]] == [one.id for one in first]
    handled = registry.handled(opened[0], NOW)
    live._hear_steps(Heard(None, registry.steps.values[6:], caught_up=True))
    assert [row["v"] for row in json.loads(await anext(texts))["rows"]] == [handled.version]
    found = index.find(handled.id)
    assert found is not None
    assert found.step == "handling"
