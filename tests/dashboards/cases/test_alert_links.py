"""What an alert and the case that it became say of each other, without a store."""

from __future__ import annotations

import json
from typing import Any

import pytest

from citybrain.cases.alert_case_ids import case_of
from citybrain.cases.opening import CaseOpening
from citybrain.cases.records import Case
from citybrain.cases.workflow_files import CaseSetup, load_case_setup
from citybrain.city import load_city
from citybrain.floor.clock import ManualClock
from citybrain.workflow.scope import WHOLE_CITY
from dashboards.cases.alert_links import HIDDEN, AlertLinks
from dashboards.lists.alerts_live import AlertsLive
from dashboards.lists.log_tail import Heard
from tests.dashboards.cases.registry import PLACE, order
from tests.dashboards.cases.staff import CLERK, DISPATCHER, VIEWER
from tests.dashboards.cases.test_case_service import Desk
from tests.dashboards.desk.house import Guest
from tests.dashboards.lists.memory_log import MemoryLog
from tests.dashboards.making import NOW, Make
from tests.repository import WUHAI


@pytest.fixture(scope="module")
def setup() -> CaseSetup:
    return load_case_setup(load_city(WUHAI))


class Both:
    """Both lists, with an alert that became a case."""

    def __init__(self, setup: CaseSetup, make: Make) -> None:
        self.desk = Desk(setup)
        self.alerts = AlertsLive(MemoryLog(), MemoryLog(), ManualClock(NOW), "page")
        self.links = AlertLinks(self.alerts, self.desk.service)
        self.alerts.alerts.take([make("a1"), make("a2")])

    def open(self) -> Case:
        opening = CaseOpening(
            kind="manhole_cover_missing", title="井盖", source="alert", area=PLACE, alerts=("a1",)
        )
        self.desk.registry.obey(order("open", case_of("a1"), NOW, record=opening))
        case = self.desk.registry.handled(self.desk.registry.cases[case_of("a1")], NOW, "parks")
        self.hear()
        return case

    def hear(self) -> None:
        self.desk.live._hear_steps(Heard(None, self.desk.registry.steps.values, caught_up=True))


async def test_alert_when_its_case_goes_on_then_its_row_is_told_anew_and_the_page_shows_it(
    setup: CaseSetup, make: Make
) -> None:
    both = Both(setup, make)
    texts = both.alerts.alerts.enter(WHOLE_CITY).follow()
    rows: list[dict[str, Any]] = json.loads(await anext(texts))["rows"]
    assert {row["id"]: row["case"] for row in rows} == {"a1": 0, "a2": 0}

    case = both.open()

    told = json.loads(await anext(texts))["rows"]
    assert [(row["id"], row["case"]) for row in told] == [("a1", case.version)]
    shown = await both.links.case_beside(DISPATCHER, "a1")
    assert shown is not None
    assert {name: shown[name] for name in ("id", "number", "open", "state")} == {
        "id": case.id,
        "number": case.number,
        "open": True,
        "state": ["处置", "Being handled"],
    }
    assert shown["due"] > shown["soon"]


async def test_alert_when_its_case_is_of_another_unit_or_the_role_sees_none_then_only_that_it_is(
    setup: CaseSetup, make: Make
) -> None:
    both = Both(setup, make)
    both.open()
    for guest in (CLERK, VIEWER, Guest(role="viewer", departments=("sanitation",))):
        assert await both.links.case_beside(guest, "a1") == HIDDEN


async def test_case_when_its_alert_is_open_then_that_is_said_to_who_sees_the_desk(
    setup: CaseSetup, make: Make
) -> None:
    both = Both(setup, make)
    case = both.open()
    officer = Guest(role="officer")
    assert [one["id"] for one in both.links.alerts_beside(officer, case)] == ["a1"]
    assert both.links.alerts_beside(CLERK, case) == []
    both.alerts.alerts.take([make("a1", version=9, state="resolved")])
    assert both.links.alerts_beside(officer, case) == []


async def test_alert_when_it_joined_the_case_of_another_then_that_case_is_its_own(
    setup: CaseSetup, make: Make
) -> None:
    both = Both(setup, make)
    opening = CaseOpening(
        kind="manhole_cover_missing",
        title="井盖",
        source="alert",
        area=PLACE,
        alerts=("a1", "a2"),
        signal="s",
        watch_s=60,
    )
    both.desk.registry.obey(order("open", case_of("a1"), NOW, record=opening))
    both.hear()
    assert await both.links.case_beside(DISPATCHER, "a2") == await both.links.case_beside(
        DISPATCHER, "a1"
    )
    both.desk.registry.walk(
        both.desk.registry.cases[case_of("a1")], NOW, ("reject", {"comment": "重复"})
    )
    both.hear()
    assert both.links._name("a2") == case_of("a1")
    assert both.links._alerts_of == {}
