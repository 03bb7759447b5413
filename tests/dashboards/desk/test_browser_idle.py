"""The right side while no alert is open, and why somebody heard, person by person; in a browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page

from citybrain.alerts.records import Assignment
from citybrain.floor.clock import SystemClock
from tests.dashboards.desk.browsing import PATIENCE_MS, add, known, select
from tests.dashboards.desk.house import House

pytestmark = pytest.mark.acceptance


def test_idle_side_when_something_waits_for_me_then_it_is_listed_and_opens(
    desk: Page, house: House
) -> None:
    now = SystemClock().now()
    asked = Assignment(by="duty_c", at=now, until=now + timedelta(minutes=9))
    alert = add(house, "mine-1", level="orange", owner="duty_a", assignment=asked)
    known(desk, alert)
    desk.locator(".dk-idle canvas").first.wait_for(timeout=PATIENCE_MS)
    task = desk.locator(".dk-tasks button", has_text="等您答复").first
    task.wait_for(timeout=PATIENCE_MS)
    task.click()
    desk.locator(".dk-asks", has_text="丁把它指派给您").wait_for(timeout=PATIENCE_MS)
    assert desk.locator(".dk-idle").is_hidden()


def test_why_when_shown_then_each_person_stands_before_the_routes(desk: Page, house: House) -> None:
    alert = add(house, "why-1", level="orange", number=9)
    select(desk, alert)
    person = desk.locator("#desk-why .dk-person").first
    person.wait_for(timeout=PATIENCE_MS)
    told = desk.locator("#desk-why").inner_text()
    assert told.index(person.locator("b").inner_text()) < told.index("状态与路由")
