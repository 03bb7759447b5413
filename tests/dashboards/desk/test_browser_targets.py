"""What keys and buttons of the desk act on, in a real browser: nothing that is not shown."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.desk.browsing import (
    HERE,
    PATIENCE_MS,
    find,
    incident,
    known,
    red,
    select,
    until,
)
from tests.dashboards.desk.house import House
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance

ACKNOWLEDGE = "#desk-detail [data-act=acknowledge]"


def sent(house: House, count: int) -> list[str]:
    """Wait for `count` commands and return their targets."""
    eventually(lambda: len(house.actions.sent) >= count)
    return sorted(one.target for one in house.actions.sent)


def test_buttons_when_another_alert_is_marked_then_they_act_on_the_one_that_is_shown(
    desk: Page, house: House
) -> None:
    marked, shown = red(house, 1), red(house, 2)
    known(desk, marked, shown)
    desk.evaluate(f"wall.desk.select('{marked.id}')")
    desk.keyboard.press("Space")
    desk.locator(f".dk-row[data-id='{shown.id}']").click()
    until(desk, f"wall.desk.openedData()?.alert.id === '{shown.id}'")
    desk.click(ACKNOWLEDGE)
    desk.wait_for_selector(f"{HERE} .st.acknowledged", timeout=PATIENCE_MS)
    assert sent(house, 1) == [shown.id]
    assert desk.evaluate("[...wall.desk.marked]") == [marked.id]


def test_marks_when_alerts_are_marked_then_a_bar_says_so_and_its_buttons_act_on_them(
    desk: Page, house: House
) -> None:
    marked = [red(house, 11), red(house, 12)]
    known(desk, *marked)
    for alert in marked:
        desk.evaluate(f"wall.desk.select('{alert.id}')")
        desk.keyboard.press("Space")
    bar = desk.locator("#desk-marked")
    expect(bar.locator("b")).to_have_text("已选 2 条，按键对它们生效", use_inner_text=True)
    expect(bar.locator("[data-act=acknowledge]")).to_have_text("受理 2 条", use_inner_text=True)
    bar.locator("[data-act=acknowledge]").click()
    assert sent(house, 2) == [alert.id for alert in marked]
    desk.locator("#desk-toasts", has_text="受理：完成 2 条").wait_for(timeout=PATIENCE_MS)
    assert bar.is_hidden()


def test_marks_when_a_is_pressed_then_the_marked_are_acknowledged_and_marks_are_gone(
    desk: Page, house: House
) -> None:
    marked, selected = red(house, 13), red(house, 14)
    known(desk, marked, selected)
    desk.evaluate(f"wall.desk.select('{marked.id}')")
    desk.keyboard.press("Space")
    desk.evaluate(f"wall.desk.select('{selected.id}')")
    desk.keyboard.press("a")
    assert sent(house, 1) == [marked.id]
    until(desk, "wall.desk.marked.size === 0")


def test_incident_when_it_is_folded_then_the_button_says_for_how_many_and_a_toast_how_many_it_was(
    desk: Page, house: House
) -> None:
    alerts = incident(house, "folded", 5)
    known(desk, *alerts)
    find(desk, "folded-")
    expect(desk.locator(f"{ACKNOWLEDGE} span")).to_have_text("受理 5 条", use_inner_text=True)
    expect(desk.locator(".dk-bar .whole")).to_contain_text("5 条", use_inner_text=True)
    desk.click(ACKNOWLEDGE)
    assert sent(house, 5) == [alert.id for alert in alerts]
    desk.locator("#desk-toasts", has_text="受理：完成 5 条").wait_for(timeout=PATIENCE_MS)


def test_incident_when_it_is_unfolded_then_the_button_and_the_key_act_on_the_one_shown(
    desk: Page, house: House
) -> None:
    alerts = incident(house, "open", 3)
    known(desk, *alerts)
    find(desk, "open-")
    desk.keyboard.press("ArrowRight")
    until(desk, "document.querySelectorAll('.dk-row:not([hidden])').length === 4")
    desk.keyboard.press("j")
    desk.keyboard.press("j")
    until(desk, f"wall.desk.openedData()?.alert.id === '{alerts[1].id}'")
    expect(desk.locator(f"{ACKNOWLEDGE} span")).to_have_text("受理", use_inner_text=True)
    desk.keyboard.press("a")
    desk.wait_for_selector(f"{HERE} .st.acknowledged", timeout=PATIENCE_MS)
    assert sent(house, 1) == [alerts[1].id]


def test_incident_when_the_worst_is_acknowledged_then_the_others_still_can_be(
    desk: Page, house: House
) -> None:
    alerts = incident(house, "partly", 3)
    known(desk, *alerts)
    find(desk, "partly-")
    desk.evaluate(f"wall.desk.command('acknowledge', [wall.desk.rows.get('{alerts[0].id}')])")
    until(desk, f"wall.desk.rows.get('{alerts[0].id}').state === 'acknowledged'")
    until(desk, "wall.desk.openedData()?.actions.acknowledge !== ''")
    button = desk.locator(ACKNOWLEDGE)
    assert button.is_enabled()
    expect(button.locator("span")).to_have_text("受理 2 条", use_inner_text=True)


def test_incident_when_one_joins_that_is_selected_then_it_stays_the_one_that_is_acted_on(
    desk: Page, house: House
) -> None:
    first = red(house, 31, incident="joined")
    select(desk, first)
    second = red(house, 32, incident="joined")
    desk.keyboard.press("0")
    known(desk, second)
    until(desk, f"document.querySelector('{HERE}')?.dataset.id === '{first.id}'")
    desk.keyboard.press("a")
    assert sent(house, 1) == [first.id]
