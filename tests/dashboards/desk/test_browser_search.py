"""Searching the desk's list and what the panel shows then, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.dashboards.desk.browsing import HERE, known, red, select, until
from tests.dashboards.desk.house import House

pytestmark = pytest.mark.acceptance

COMPOSING = """(key) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { key, isComposing: true, bubbles: true, cancelable: true }))"""


def test_search_when_enter_comes_at_once_then_the_first_match_is_selected(
    desk: Page, house: House
) -> None:
    before, wanted = red(house, 501), red(house, 502)
    known(desk, before, wanted)
    select(desk, before)
    desk.keyboard.press("/")
    # As fast as no person can: nothing has been searched for when Enter comes.
    desk.evaluate(
        f"""() => {{
        const input = document.querySelector("#desk-find input");
        input.value = "{wanted.id}";
        input.dispatchEvent(new Event("input"));
        input.dispatchEvent(new KeyboardEvent("keydown", {{ key: "Enter", bubbles: true }}));
        }}"""
    )
    expect(desk.locator(HERE)).to_have_attribute("data-id", wanted.id)
    assert desk.evaluate("wall.desk.opened()") == wanted.id


def test_search_when_nothing_matches_then_the_panel_shows_nothing_and_keys_do_nothing(
    desk: Page, house: House
) -> None:
    select(desk, red(house, 503))
    desk.keyboard.press("/")
    desk.keyboard.type("no-such-alert")
    desk.keyboard.press("Enter")
    until(desk, "wall.desk.opened() === ''")
    assert desk.locator(".dk-title").is_hidden()
    desk.keyboard.press("a")
    desk.locator("#desk-toasts .bad", has_text="列表中没有选中告警").wait_for()
    assert house.actions.sent == []


def test_search_when_a_word_is_being_composed_then_enter_and_escape_are_the_input_methods(
    desk: Page, house: House
) -> None:
    alert = red(house, 504)
    select(desk, alert)
    desk.keyboard.press("/")
    desk.keyboard.press("Control+a")
    desk.keyboard.type("ranqi")
    for key in ("Enter", "Escape"):
        desk.evaluate(COMPOSING, key)
        expect(desk.locator("#desk-find input")).to_have_value("ranqi")
        assert desk.evaluate("document.activeElement.type") == "search"


def test_search_when_a_word_is_being_composed_then_its_letters_are_not_searched_for(
    desk: Page, house: House
) -> None:
    alert = red(house, 506)
    select(desk, alert)
    desk.evaluate(
        """() => {
        const input = document.querySelector("#desk-find input");
        input.value = "ranqi";
        input.dispatchEvent(new InputEvent("input", { isComposing: true }));
        }"""
    )
    for _ in range(2):  # seconds of the desk's clock, much longer than a search is put off
        shown = desk.locator("#desk-clock").inner_text()
        until(desk, f"document.getElementById('desk-clock').textContent !== '{shown}'")
    assert desk.evaluate("wall.desk.filters.text") == alert.id
    assert desk.evaluate("wall.desk.opened()") == alert.id
    desk.evaluate(
        """() => {
        const input = document.querySelector("#desk-find input");
        input.value = "燃气";
        input.dispatchEvent(new CompositionEvent("compositionend"));
        }"""
    )
    until(desk, "wall.desk.filters.text === '燃气'")


def test_panel_when_the_alert_leaves_the_list_by_itself_then_it_stays_but_keys_do_not_act_on_it(
    desk: Page, house: House
) -> None:
    alert = red(house, 505)
    select(desk, alert)
    desk.keyboard.press("u")
    desk.keyboard.press("a")
    until(desk, f"wall.desk.rows.get('{alert.id}').state === 'acknowledged'")
    until(desk, "wall.desk.current() === null")
    assert desk.evaluate("wall.desk.opened()") == alert.id
    expect(desk.locator(".dk-bar .whole")).to_contain_text("不在列表中", use_inner_text=True)
    desk.keyboard.press("r")
    assert not desk.evaluate("wall.desk.dialogOpen()")
