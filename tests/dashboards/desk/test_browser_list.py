"""What the desk's list says of alerts and incidents, in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page

from citybrain.alerts.records import Mute, Text
from citybrain.clock import SystemClock
from tests.dashboards.desk.browsing import HERE, add, find, known, red, select
from tests.dashboards.desk.house import House

pytestmark = pytest.mark.acceptance

MUTE = Mute(kind="inhibition", by="other", reason=Text("同地有红色告警", "a red one is here"))


def tags(row: Locator) -> list[str]:
    return row.locator(".marks .tag").all_inner_texts()


def test_incident_when_some_are_simulated_then_the_worst_real_one_stands_for_it(
    desk: Page, house: House
) -> None:
    now = SystemClock().now()
    alerts = [
        add(house, name, level=level, e_origin=origin, incident="mixed", opened_at=now)
        for name, level, origin in (
            ("mixed-1", "red", "simulated"),
            ("mixed-2", "orange", "live"),
            ("mixed-3", "yellow", "simulated"),
        )
    ]
    known(desk, *alerts)
    find(desk, "mixed-")
    assert desk.locator(HERE).get_attribute("data-id") == "mixed-2"
    assert desk.locator(f"{HERE} .lv").inner_text() == "Ⅱ"
    assert tags(desk.locator(HERE)) == ["含模拟"]
    desk.keyboard.press("l")
    assert tags(desk.locator(HERE)) == ["some simulated"]


def test_incident_when_all_are_simulated_then_it_says_just_that(desk: Page, house: House) -> None:
    names = ("sim-1", "sim-2")
    known(desk, *(add(house, name, e_origin="simulated", incident="sim") for name in names))
    find(desk, "sim-")
    assert tags(desk.locator(HERE)) == ["模拟"]


def test_incident_when_a_member_was_escalated_or_waits_then_the_folded_row_shows_it(
    desk: Page, house: House
) -> None:
    taken = add(house, "step-1", incident="step", state="acknowledged", version=3, owner="duty_b")
    known(desk, taken, add(house, "step-2", incident="step", level="orange", escalation=2))
    find(desk, "step-")
    assert tags(desk.locator(HERE)) == ["↑2"]
    state = desk.locator(f"{HERE} .st")
    assert state.inner_text() == "待受理 1"
    assert state.get_attribute("class") == "st firing"


def test_row_when_an_alert_is_muted_then_it_does_not_look_as_if_it_waits(
    desk: Page, house: House
) -> None:
    select(desk, red(house, 301, mutes=(MUTE,)))
    assert desk.locator(f"{HERE} .st").inner_text() == "已静默"
    assert tags(desk.locator(HERE)) == ["抑制"]
    assert "loud" not in (desk.locator(HERE).get_attribute("class") or "")


def test_row_when_a_red_alert_waits_for_an_hour_then_it_is_still_filled(
    desk: Page, house: House
) -> None:
    now = SystemClock().now()
    old, new = (red(house, 302, opened_at=now - timedelta(hours=1)), red(house, 303))
    known(desk, old, new)
    fill = "getComputedStyle(document.querySelector(\"[data-id='{}'] .lv\")).backgroundColor"
    colours = [desk.evaluate(fill.format(one.id)) for one in (old, new)]
    assert colours[0] == colours[1]
    assert "late" in (desk.locator(f".dk-row[data-id='{old.id}']").get_attribute("class") or "")
