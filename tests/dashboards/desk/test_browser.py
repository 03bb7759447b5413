"""The desk in a real browser, by keyboard: acknowledge, silence with preview, 5,000 alerts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from playwright.sync_api import Browser, Page, expect

from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.floor.clock import SystemClock
from citybrain.floor.reason import Reason
from citybrain.floor.settings import Settings
from citybrain.workflow.scope import WHOLE_CITY
from tests.acceptance.test_browser import HOSTILE
from tests.dashboards.desk.browsing import HERE, PATIENCE_MS, red, select, until
from tests.dashboards.desk.house import Guest, House
from tests.dashboards.desk.synthetic import make_alerts
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance

OPEN = 5_000
FIRST_PAINT_MS = 1_000
UPDATE_MS = 200
NOW = SystemClock().now()


@pytest.fixture(scope="module")
def house(store_settings: Settings) -> Iterator[House]:
    house = House(store_settings)
    house.prepare()
    house.put(make_alerts(OPEN, NOW), history=True)
    house.start()
    yield house
    house.stop()


def test_desk_when_5000_are_open_then_it_is_drawn_quickly_and_few_rows_are_elements(
    desk: Page,
) -> None:
    figures = desk.evaluate("wall.desk.figures")
    assert desk.evaluate("wall.desk.rows.size") >= OPEN
    assert desk.locator(".dk-row").count() < 40
    assert figures["whole"] < FIRST_PAINT_MS  # the machine of a test may be busy: see docs/desk.md


def test_desk_when_alerts_come_then_an_update_is_short(desk: Page, house: House) -> None:
    for number in range(5):
        red(house, 9_000 + number)
        until(desk, f"wall.desk.rows.has('red-{9_000 + number}')")
    took = sorted(desk.evaluate("wall.desk.figures.updates"))
    assert took[len(took) // 2] < UPDATE_MS  # a whole list drawn again takes longer even here


def test_scrolling_when_5000_are_open_then_the_last_is_reached_and_the_first_again(
    desk: Page,
) -> None:
    desk.keyboard.press("End")
    last = desk.evaluate("(() => { const all = wall.desk.items(); return all.at(-1).row.id; })()")
    desk.wait_for_selector(f"{HERE}[data-id='{last}']")
    desk.keyboard.press("Home")
    first = desk.evaluate("wall.desk.items()[0].row.id")
    desk.wait_for_selector(f"{HERE}[data-id='{first}']")


def test_list_when_alerts_come_in_above_then_what_is_read_stays_where_it_is(
    desk: Page, house: House
) -> None:
    for _ in range(6):
        desk.keyboard.press("PageDown")
    until(desk, "document.getElementById('desk-band').hidden")  # a key allows the sound
    before = desk.locator(HERE).bounding_box()
    name = desk.locator(HERE).get_attribute("data-id")
    added = red(house, 9_100)
    until(desk, f"wall.desk.rows.has('{added.id}')")
    after = desk.locator(HERE).bounding_box()
    expect(desk.locator(HERE)).to_have_attribute("data-id", name)
    assert before is not None
    assert after is not None
    assert abs(after["y"] - before["y"]) < 2


def test_acknowledge_when_a_is_pressed_then_a_command_is_sent_and_the_change_shown(
    desk: Page, house: House
) -> None:
    alert = red(house, 9_200)
    until(desk, f"wall.desk.rows.has('{alert.id}')")
    select(desk, alert)
    house.actions.obeys = False
    desk.keyboard.press("a")
    desk.wait_for_selector(f"{HERE} .st.sent")
    expect(desk.locator(f"{HERE} .st")).to_have_text("已发送…", use_inner_text=True)
    eventually(lambda: house.actions.sent)
    (command,) = house.actions.sent
    assert (command.action, command.target, command.expected) == ("acknowledge", alert.id, 2)
    assert (command.actor.user, command.actor.role) == ("duty_a", "officer")
    house.obey(command)
    desk.wait_for_selector(f"{HERE} .st.acknowledged", timeout=PATIENCE_MS)
    expect(desk.locator(f"{HERE} .who")).to_have_text("甲", use_inner_text=True)


def test_acknowledge_when_it_is_refused_then_the_reason_is_shown(desk: Page, house: House) -> None:
    alert = red(house, 9_300)
    house.refuses = {"acknowledge": Reason("告警已被他人受理")}
    until(desk, f"wall.desk.rows.has('{alert.id}')")
    select(desk, alert)
    desk.keyboard.press("a")
    desk.wait_for_selector(f"{HERE} .st.refused", timeout=PATIENCE_MS)
    expect(desk.locator("#desk-toasts .bad")).to_have_text(
        "受理 被拒绝：告警已被他人受理", use_inner_text=True
    )
    assert desk.evaluate(f"wall.desk.rows.get('{alert.id}').state") == "firing"


def test_comment_when_it_is_markup_then_it_is_shown_and_not_run(desk: Page, house: House) -> None:
    alert = red(house, 9_400)
    until(desk, f"wall.desk.rows.has('{alert.id}')")
    select(desk, alert)
    desk.keyboard.press("c")
    desk.keyboard.type(HOSTILE)
    desk.keyboard.press("Control+Enter")
    desk.locator(".dk-steps q", has_text="window.hacked").wait_for(timeout=PATIENCE_MS)
    assert desk.evaluate("window.hacked") is None
    assert house.actions.sent[0].details == {"comment": HOSTILE}


def test_silence_when_s_is_pressed_then_what_it_hides_is_told_before_it_is_saved(
    desk: Page, house: House
) -> None:
    alert = red(house, 9_500)
    until(desk, f"wall.desk.rows.has('{alert.id}')")
    select(desk, alert)
    desk.keyboard.press("s")
    desk.wait_for_selector(".dk-blast.red b", timeout=PATIENCE_MS)
    told = desk.locator(".dk-blast").inner_text()
    assert "需要第二人批准" in told
    fields = desk.locator(".dk-matchers select")
    values = [fields.nth(index).input_value() for index in range(fields.count())]
    assert values == ["rule", "=", alert.episode.rule, "subject", "=", alert.episode.subject]
    shown = desk.locator(".dk-matchers select").nth(2).locator("option:checked")
    expect(shown).to_have_text(alert.episode.title.zh, use_inner_text=True)
    assert house.actions.sent == []
    desk.keyboard.type("管道检修")
    desk.keyboard.press("Control+Enter")
    eventually(lambda: house.actions.sent)
    (command,) = house.actions.sent
    silence = msgspec.json.decode(command.record, type=Silence)
    assert (command.action, command.target) == ("silence", silence.id)
    assert (silence.creator, silence.reason) == ("duty_a", "管道检修")
    assert silence.matchers == (
        Matcher("rule", "=", alert.episode.rule),
        Matcher("subject", "=", alert.episode.subject),
    )
    assert silence.needs_approval
    assert silence.would_hide_red > 0
    assert silence.ends_at - silence.starts_at == timedelta(hours=1)


def test_silence_when_it_waits_then_its_creator_cannot_approve_it_but_another_can(
    desk: Page, house: House
) -> None:
    silence = Silence(
        id="waits-for-another",
        matchers=(Matcher("rule", "=", "gas_leak"),),
        starts_at=NOW,
        ends_at=NOW + timedelta(days=1),
        creator="duty_b",
        reason="年度校准",
        created_at=NOW,
        needs_approval=True,
    )
    house.silences[silence.id] = silence
    house.silenced(silence)
    approve = "#desk-dialog tr:has-text('年度校准') button:has-text('批准')"
    for user, allowed in (("duty_b", False), ("duty_c", True)):
        house.doorman.guest = Guest(user=user, role="commander")
        desk.reload()
        desk.wait_for_selector(".dk-row:not([hidden])", timeout=PATIENCE_MS)
        until(desk, f"wall.desk.session()?.user === '{user}'")
        desk.keyboard.press("Shift+S")
        desk.wait_for_selector(approve, timeout=PATIENCE_MS)
        assert desk.locator(approve).first.is_enabled() is allowed
    desk.locator(approve).first.click()
    eventually(lambda: house.silences[silence.id].approver == "duty_c")


def test_sound_when_a_red_one_comes_then_it_rings_once_unlocked_and_m_mutes_it(
    desk: Page, house: House
) -> None:
    # Headless Chromium needs a gesture too: the first key is one.
    desk.keyboard.press("m")
    desk.keyboard.press("m")
    until(desk, "!wall.desk.locked()")
    until(desk, "wall.desk.rings > 0")
    rings = desk.evaluate("wall.desk.rings")
    first = red(house, 9_600)
    until(desk, f"wall.desk.rings > {rings}")
    assert desk.evaluate(f"wall.desk.rows.has('{first.id}')")
    desk.keyboard.press("m")
    rings = desk.evaluate("wall.desk.rings")
    second = red(house, 9_601)
    until(desk, f"wall.desk.rows.has('{second.id}')")
    assert desk.evaluate("wall.desk.rings") == rings
    desk.keyboard.press("m")


def test_keys_when_digits_are_pressed_then_levels_are_filtered_and_the_wall_stays_away(
    desk: Page,
) -> None:
    desk.keyboard.press("1")
    desk.wait_for_selector(".dk-level.lv4.on")
    levels = desk.evaluate("[...new Set(wall.desk.items().map((item) => item.row.level))]")
    assert levels == [4]
    desk.keyboard.press("0")
    expect(desk.locator(".dk-level.on")).to_have_count(0)
    assert desk.url.endswith("/desk")
    desk.keyboard.press("l")
    expect(desk.locator("#desk-head h1")).to_contain_text("Duty desk", use_inner_text=True)
    desk.keyboard.press("?")
    assert desk.locator("#desk-dialog .dk-keys div").count() > 20
    desk.keyboard.press("Escape")


def test_link_when_a_message_names_an_alert_then_it_is_opened(
    browser: Browser, desk: Page, house: House
) -> None:
    alert = red(house, 9_700)
    eventually(
        lambda: alert.id in {one.id for one in house.live.alerts.records.seen_by(WHOLE_CITY)}
    )
    page = browser.new_page()
    page.goto(f"http://{house.host}/desk?alert={alert.id}")
    page.wait_for_selector(f"{HERE}[data-id='{alert.id}']", timeout=PATIENCE_MS)
    page.close()


def test_desk_when_nobody_is_signed_in_then_it_says_so_and_shows_nothing(
    browser: Browser, house: House
) -> None:
    house.doorman.guest = None
    page = browser.new_page()
    page.goto(f"http://{house.host}/desk")
    band = page.locator("#desk-band")
    band.get_by_text("登录已失效，请重新登录").wait_for(timeout=PATIENCE_MS)
    assert page.evaluate("wall.desk.rows.size") == 0
    page.close()


@pytest.mark.parametrize("size", [(1366, 768), (1920, 1080), (3840, 2160), (390, 844)], ids=str)
def test_desk_when_the_monitor_is_of_a_size_then_nothing_is_cut_off_sideways(
    desk: Page, size: tuple[int, int]
) -> None:
    desk.set_viewport_size({"width": size[0], "height": size[1]})
    desk.keyboard.press("j")
    desk.keyboard.press("Enter")
    until(desk, "wall.desk.openedData() !== null")
    wide = desk.evaluate(
        """Array.from(document.querySelectorAll('#desk *')).filter((node) => node.offsetParent
        && node.getBoundingClientRect().right > innerWidth + 1 && !node.closest('#desk-filters'))
        .map((node) => node.className)"""
    )
    assert wide == [], json.dumps(wide)
