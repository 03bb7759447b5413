"""What the desk's list says of alerts and incidents, in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Locator, Page, expect

from citybrain.alerts.records import Mute
from citybrain.floor.clock import SystemClock
from citybrain.floor.text import Text
from tests.dashboards.desk.browsing import HERE, PATIENCE_MS, add, find, known, red, select, until
from tests.dashboards.desk.house import Guest, House

pytestmark = pytest.mark.acceptance

MUTE = Mute(kind="inhibition", by="other", reason=Text("同地有红色告警", "a red one is here"))


HINT = """() => {
    const input = document.querySelector("#desk-find input"), style = getComputedStyle(input);
    const context = document.createElement("canvas").getContext("2d");
    context.font = `${style.fontSize} ${style.fontFamily}`;
    const key = document.querySelector("#desk-find kbd");
    const taken = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight)
        + (key.offsetParent ? key.offsetWidth : 0);
    return { text: context.measureText(input.placeholder).width, room: input.clientWidth - taken };
}"""
INSIDE = """() => {
    const row = document.querySelector(".dk-row.here:not([hidden])").getBoundingClientRect();
    const tags = document.querySelectorAll(".dk-row.here:not([hidden]) .tag");
    return Array.from(tags).every((tag) => {
        const box = tag.getBoundingClientRect();
        return box.top >= row.top && box.bottom <= row.bottom && box.right <= innerWidth;
    });
}"""
CONTRAST = """(selector) => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const light = ([red, green, blue]) => [red, green, blue]
        .map((value) => value / 255)
        .map((value) => (value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const node = document.querySelector(selector);
    // The selected row is the brightest ground that it can stand on.
    const ground = [30, 68, 140], alpha = Number(getComputedStyle(node).opacity);
    const ink = parts(getComputedStyle(node).color)
        .slice(0, 3).map((value, index) => value * alpha + ground[index] * (1 - alpha));
    return (light(ink) + 0.05) / (light(ground) + 0.05);
}"""


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
    expect(desk.locator(HERE)).to_have_attribute("data-id", "mixed-2")
    expect(desk.locator(f"{HERE} .lv")).to_have_text("Ⅱ", use_inner_text=True)
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
    expect(state).to_have_text("待受理 1", use_inner_text=True)
    expect(state).to_have_attribute("class", "st firing")


def test_row_when_an_alert_is_muted_then_it_does_not_look_as_if_it_waits(
    desk: Page, house: House
) -> None:
    select(desk, red(house, 301, mutes=(MUTE,)))
    expect(desk.locator(f"{HERE} .st")).to_have_text("已静默", use_inner_text=True)
    assert tags(desk.locator(HERE)) == ["抑制"]
    expect(desk.locator(HERE)).not_to_contain_class("loud")


def test_row_when_a_red_alert_waits_for_an_hour_then_it_is_still_filled(
    desk: Page, house: House
) -> None:
    now = SystemClock().now()
    old, new = (red(house, 302, opened_at=now - timedelta(hours=1)), red(house, 303))
    known(desk, old, new)
    fill = "getComputedStyle(document.querySelector(\"[data-id='{}'] .lv\")).backgroundColor"
    colours = [desk.evaluate(fill.format(one.id)) for one in (old, new)]
    assert colours[0] == colours[1]
    expect(desk.locator(f".dk-row[data-id='{old.id}']")).to_contain_class("late")


def test_acknowledge_when_it_is_acknowledged_already_then_it_says_why_nothing_happens(
    desk: Page, house: House
) -> None:
    select(desk, red(house, 304, state="acknowledged", version=3, owner="duty_b"))
    desk.keyboard.press("a")
    desk.locator("#desk-toasts .bad", has_text="受理：没有待受理的告警（已受理）").wait_for()
    assert house.actions.sent == []


def test_count_when_closed_ones_are_shown_then_it_counts_them_and_says_when_each_was(
    desk: Page, house: House
) -> None:
    now = SystemClock().now()
    red(house, 305, state="resolved", version=4, closed_at=now, opened_at=now)
    desk.keyboard.press("z")
    row = desk.locator(".dk-row[data-id='red-305']")
    row.wait_for()
    counted = desk.evaluate("wall.desk.closedCount()")
    told = desk.locator("#desk-count span").first.inner_text()
    assert told == f"最近关闭的 {counted} / {counted} 条"
    expect(row.locator(".what")).to_contain_text("关闭于 ", use_inner_text=True)


def test_list_when_somebody_sees_a_part_then_an_empty_list_says_so(
    desk: Page, house: House
) -> None:
    house.doorman.guest = Guest(departments=("no_such_department",))
    desk.reload()
    empty = desk.locator("#desk-list .empty")
    empty.get_by_text("当前没有未关闭的告警（您的范围内）").wait_for(timeout=PATIENCE_MS)


def test_words_when_there_is_one_then_english_says_one(desk: Page) -> None:
    desk.keyboard.press("l")
    told = [desk.evaluate(f"wall.desk.t('ringing', {{ n: {n} }})") for n in (1, 2)]
    assert told == ["1 red alert to acknowledge", "2 red alerts to acknowledge"]


@pytest.mark.parametrize("size", [(1920, 1080), (1366, 768), (390, 844)], ids=str)
def test_search_when_the_monitor_is_of_a_size_then_its_hint_is_not_cut(
    desk: Page, size: tuple[int, int]
) -> None:
    desk.set_viewport_size({"width": size[0], "height": size[1]})
    kind = {1920: "false", 1366: "'dk-narrow'", 390: "'dk-phone'"}[size[0]]
    until(
        desk,
        f"(document.documentElement.className.match(/dk-(narrow|phone)/)?.[0] ?? false) === {kind}",
    )
    for _ in range(2):
        wide = desk.evaluate(HINT)
        assert wide["text"] <= wide["room"], wide
        desk.keyboard.press("l")


def test_phone_when_a_row_has_two_badges_then_both_are_seen(desk: Page, house: House) -> None:
    alert = red(house, 306, mutes=(MUTE,), e_origin="simulated")
    desk.set_viewport_size({"width": 390, "height": 844})
    known(desk, alert)
    desk.evaluate(f"wall.desk.select('{alert.id}')")
    shown = desk.locator(f"{HERE} .marks .tag")
    assert [tag.is_visible() for tag in shown.all()] == [True, True]
    inside = desk.evaluate(INSIDE)
    assert inside


def test_row_when_it_is_muted_then_it_can_still_be_read(desk: Page, house: House) -> None:
    select(desk, red(house, 307, mutes=(MUTE,)))
    for part in (".what b", ".what span", ".age", ".st"):
        assert desk.evaluate(CONTRAST, f"{HERE} {part}") >= 4.5, part
