"""What somebody typed at the desk is kept until it is known to have arrived, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from citybrain.floor.clock import SystemClock
from citybrain.floor.reason import Reason
from citybrain.workflow.commands import Actor, Command
from tests.acceptance.test_browser import Tab
from tests.dashboards.desk.browsing import HERE, PATIENCE_MS, red, select, until
from tests.dashboards.desk.house import House
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance

SAID = "#desk-dialog .ends .said"
UNKNOWN = "连接中断，不知道是否已执行；请看告警的状态"
COMMANDS = "**/desk/api/commands"


def cut(route: Route) -> None:
    route.abort("connectionreset")


def forget_cuts(tab: Tab) -> None:
    """Take out of the page's complaints the broken connections that were wanted."""
    tab.errors[:] = [text for text in tab.errors if "ERR_CONNECTION_RESET" not in text]


def test_comment_when_it_is_refused_then_the_words_stay_and_can_be_sent_again(
    desk: Page, house: House
) -> None:
    alert = red(house, 101)
    select(desk, alert)
    house.refuses = {"comment": Reason("out_of_scope")}
    desk.keyboard.press("c")
    desk.keyboard.type("已电话通知现场负责人")
    desk.keyboard.press("Control+Enter")
    desk.locator(SAID, has_text="被拒绝：不在您负责的部门或区域内").wait_for(timeout=PATIENCE_MS)
    expect(desk.locator("#desk-dialog textarea")).to_have_value("已电话通知现场负责人")
    house.refuses = {}
    desk.locator("#desk-dialog button[type=submit]", has_text="再次发送").click()
    until(desk, "!wall.desk.dialogOpen()")
    desk.locator(".dk-steps q", has_text="已电话通知现场负责人").wait_for(timeout=PATIENCE_MS)


def test_comment_when_the_answer_is_not_there_yet_then_nothing_of_the_form_can_be_changed(
    desk: Page, house: House
) -> None:
    select(desk, red(house, 102))
    house.actions.obeys = False
    desk.keyboard.press("c")
    desk.keyboard.type("正在核实")
    desk.keyboard.press("Control+Enter")
    desk.locator(SAID, has_text="正在发送").wait_for()
    expect(desk.locator("#desk-dialog textarea")).to_be_disabled()
    eventually(lambda: house.actions.sent)
    house.obey(house.actions.sent[0])
    until(desk, "!wall.desk.dialogOpen()")


def test_comment_when_the_connection_breaks_then_the_words_stay_and_it_says_that_nobody_knows(
    desk: Page, house: House, tab: Tab
) -> None:
    select(desk, red(house, 103))
    desk.route(COMMANDS, cut)
    desk.keyboard.press("c")
    desk.keyboard.type("值班长已到场")
    desk.keyboard.press("Control+Enter")
    desk.locator(SAID, has_text=UNKNOWN).wait_for(timeout=PATIENCE_MS)
    expect(desk.locator("#desk-dialog textarea")).to_have_value("值班长已到场")
    desk.unroute(COMMANDS)
    desk.keyboard.press("Control+Enter")
    until(desk, "!wall.desk.dialogOpen()")
    eventually(lambda: house.actions.sent)
    forget_cuts(tab)


def test_assign_when_a_colleague_commented_meanwhile_then_that_is_shown_and_sending_again_does_it(
    desk: Page, house: House
) -> None:
    alert = red(house, 104)
    select(desk, alert)
    desk.keyboard.press("g")
    desk.keyboard.type("duty_c")
    actor = Actor(user="duty_b", role="officer")
    words = {"comment": "我去看过了"}
    now = SystemClock().now()
    house.obey(
        Command(id="b1", action="comment", target=alert.id, actor=actor, at=now, details=words)
    )
    until(desk, f"wall.desk.rows.get('{alert.id}').v === 3")
    desk.keyboard.press("Control+Enter")
    since = desk.locator("#desk-dialog .dk-since")
    since.get_by_text("我去看过了").wait_for(timeout=PATIENCE_MS)
    expect(since).to_contain_text("乙", use_inner_text=True)
    expect(desk.locator("#desk-dialog input")).to_have_value("duty_c")
    desk.keyboard.press("Control+Enter")
    until(desk, "!wall.desk.dialogOpen()")
    until(desk, f"wall.desk.rows.get('{alert.id}').owner === 'duty_c'")
    assert [one.expected for one in house.actions.sent] == [2, 3]


def test_silence_when_the_connection_breaks_then_the_form_stays_and_can_be_saved_again(
    desk: Page, house: House, tab: Tab
) -> None:
    select(desk, red(house, 105))
    desk.route("**/desk/api/silences", cut)
    desk.keyboard.press("s")
    desk.wait_for_selector(".dk-blast.red b", timeout=PATIENCE_MS)
    desk.keyboard.type("管道检修")
    desk.keyboard.press("Control+Enter")
    unknown = "连接中断，不知道是否已执行；请看静默清单"
    desk.locator(SAID, has_text=unknown).wait_for(timeout=PATIENCE_MS)
    expect(desk.locator("#desk-silence textarea")).to_have_value("管道检修")
    desk.unroute("**/desk/api/silences")
    house.refuses = {"silence": Reason("silence_known")}
    desk.keyboard.press("Control+Enter")
    desk.locator(SAID, has_text="这个静默已经有了").wait_for(timeout=PATIENCE_MS)
    house.refuses = {}
    desk.keyboard.press("Control+Enter")
    until(desk, "!wall.desk.dialogOpen()")
    forget_cuts(tab)


def test_acknowledge_when_the_connection_breaks_then_it_is_not_called_refused(
    desk: Page, house: House, tab: Tab
) -> None:
    desk.route(COMMANDS, cut)
    select(desk, red(house, 106))
    desk.keyboard.press("a")
    desk.locator("#desk-toasts .bad", has_text=UNKNOWN).wait_for(timeout=PATIENCE_MS)
    expect(desk.locator(f"{HERE} .st")).to_have_text("未见结果", use_inner_text=True)
    expect(desk.locator("#desk-detail .said")).to_have_text(
        f"受理 · {UNKNOWN}", use_inner_text=True
    )
    expect(desk.locator("#desk")).not_to_contain_text("拒绝", use_inner_text=True)
    forget_cuts(tab)


def test_refusal_when_the_same_is_done_after_all_then_its_toast_is_gone(
    desk: Page, house: House
) -> None:
    select(desk, red(house, 107))
    house.refuses = {"acknowledge": Reason("alert_over")}
    desk.keyboard.press("a")
    toast = desk.locator("#desk-toasts .bad", has_text="数据显示已解除")
    toast.wait_for(timeout=PATIENCE_MS)
    house.refuses = {}
    desk.keyboard.press("a")
    desk.wait_for_selector(f"{HERE} .st.acknowledged", timeout=PATIENCE_MS)
    toast.wait_for(state="detached", timeout=5_000)
