"""Giving an alert to somebody and answering; closing it with a result, and by two; in a browser."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from citybrain.alerts.records import Alert, Assignment, ClosingRequest
from citybrain.floor.clock import SystemClock
from tests.dashboards.desk.browsing import PATIENCE_MS, add, select, until
from tests.dashboards.desk.house import House

pytestmark = pytest.mark.acceptance
ASKS = ".dk-asks"
FORM = "#desk-dialog form"


def given(house: House, number: int, owner: str, by: str, minutes: float = 10) -> Alert:
    now = SystemClock().now()
    until_ = now + timedelta(minutes=minutes)
    asked = Assignment(by=by, at=now, until=until_)
    return add(house, f"given-{number}", level="orange", number=number, owner=owner,
               assignment=asked)  # fmt: skip


def sent(house: House) -> list[tuple[str, dict[str, str]]]:
    return [(one.action, one.details) for one in house.actions.sent]


def row(page: Page, alert: Alert, what: str) -> None:
    until(page, f"wall.desk.rows.get('{alert.id}').{what}")


def test_assign_when_to_a_title_then_the_account_is_meant_and_the_time_left_is_shown(
    desk: Page, house: House
) -> None:
    alert = add(house, "assign-1", level="orange", number=1)
    select(desk, alert)
    desk.keyboard.press("g")
    expect(desk.locator(FORM)).to_contain_text("15 分钟内接受或退回", use_inner_text=True)
    desk.keyboard.type("乙")
    desk.keyboard.press("Control+Enter")
    row(desk, alert, "owner === 'duty_b'")
    desk.locator(ASKS, has_text="甲指派给乙，等待答复，剩余 14分").wait_for(timeout=PATIENCE_MS)
    assert sent(house) == [("assign", {"assignee": "duty_b"})]
    desk.locator(f".dk-row[data-id='{alert.id}'] .tag.asked", has_text="待答复").wait_for()


def test_assignment_when_it_is_mine_then_one_click_accepts_it(desk: Page, house: House) -> None:
    alert = given(house, 2, "duty_a", "duty_c")
    select(desk, alert)
    desk.locator(ASKS, has_text="丁把它指派给您").wait_for(timeout=PATIENCE_MS)
    desk.locator(f"{ASKS} button", has_text="接受指派").click()
    row(desk, alert, "state === 'acknowledged'")
    desk.locator(ASKS).wait_for(state="hidden")


def test_assignment_when_declined_then_a_word_is_asked_for(desk: Page, house: House) -> None:
    alert = given(house, 3, "duty_a", "duty_c")
    select(desk, alert)
    desk.locator(f"{ASKS} button", has_text="退回指派").click()
    desk.keyboard.type("不在岗")
    desk.keyboard.press("Control+Enter")
    row(desk, alert, "owner === ''")
    assert sent(house) == [("decline_assignment", {"comment": "不在岗"})]


def close(page: Page, result: str, words: str) -> None:
    page.keyboard.press("r")
    page.locator(f"{FORM} select").select_option(result)
    page.locator(f"{FORM} textarea").fill(words)
    page.keyboard.press("Control+Enter")


def test_resolve_when_orange_then_a_result_is_needed_and_that_it_goes_on_is_said(
    desk: Page, house: House
) -> None:
    alert = add(house, "close-1", level="orange", number=4, e_peak="orange")
    select(desk, alert)
    desk.keyboard.press("r")
    expect(desk.locator(".dk-hint")).to_contain_text("情况仍在持续", use_inner_text=True)
    desk.keyboard.press("Control+Enter")
    assert house.actions.sent == []
    desk.keyboard.press("Escape")
    close(desk, "handled", "阀门已关")
    until(desk, f"!wall.desk.rows.has('{alert.id}')")
    assert sent(house) == [("resolve", {"result": "handled", "comment": "阀门已关"})]
    desk.locator(".dk-steps li", has_text="已处置，隐患消除").wait_for(timeout=PATIENCE_MS)


def test_resolve_when_red_then_somebody_else_has_to_approve(desk: Page, house: House) -> None:
    alert = add(house, "close-2", level="red", number=5, e_peak="red")
    select(desk, alert)
    desk.locator(".dk-bar button", has_text="申请办结").wait_for(timeout=PATIENCE_MS)
    close(desk, "handled", "阀门已关")
    desk.locator(ASKS, has_text="甲申请办结（已处置，隐患消除）：阀门已关").wait_for()
    assert [name for name, _ in sent(house)] == ["ask_closing"]
    expect(desk.locator(f"{ASKS} button", has_text="批准")).to_have_count(0)


def test_closing_when_a_colleague_asked_then_it_can_be_approved(desk: Page, house: House) -> None:
    asked: Any = ClosingRequest(
        by="duty_b", at=SystemClock().now(), result="handled", comment="已关阀"
    )
    alert = add(house, "close-3", level="red", number=6, closing=asked, e_peak="red")
    select(desk, alert)
    desk.locator(f"{ASKS} button", has_text="批准办结").click()
    until(desk, f"!wall.desk.rows.has('{alert.id}')")
    assert [name for name, _ in sent(house)] == ["approve_closing"]
