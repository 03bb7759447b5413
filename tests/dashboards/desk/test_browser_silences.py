"""Silences that wait for a second person, and the names in their list, in a real browser."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from citybrain.alerts.silence_records import Matcher, Silence
from citybrain.floor.clock import SystemClock
from tests.dashboards.desk.browsing import PATIENCE_MS, until
from tests.dashboards.desk.house import Guest, House

pytestmark = pytest.mark.acceptance

BADGE = "[data-tool=silences] .dk-badge"


def sit(desk: Page, house: House, user: str, role: str) -> None:
    """Let somebody else sit down at the desk."""
    house.doorman.guest = Guest(user=user, role=role)
    desk.reload()
    desk.wait_for_selector(".dk-row:not([hidden])", timeout=PATIENCE_MS)
    until(desk, f"wall.desk.session()?.user === '{user}'")


def test_silence_when_it_waits_then_those_who_may_approve_it_are_told_and_see_names(
    desk: Page, house: House
) -> None:
    now = SystemClock().now()
    rule = next(iter(house.alerts.values())).episode
    silence = Silence(
        id="waits",
        matchers=(Matcher("rule", "=", rule.rule), Matcher("street", "=", "150302001")),
        starts_at=now,
        ends_at=now + timedelta(days=1),
        creator="duty_b",
        reason="年度校准",
        created_at=now,
        needs_approval=True,
    )
    sit(desk, house, "duty_c", "commander")
    expect(desk.locator(BADGE)).to_have_text("", use_inner_text=True)
    house.silences[silence.id] = silence
    house.silenced(silence)
    desk.locator(BADGE, has_text="待批 1").wait_for(timeout=PATIENCE_MS)
    desk.keyboard.press("Shift+S")
    row = desk.locator("#desk-dialog tr", has_text="年度校准")
    told = row.inner_text()
    assert f"规则 = {rule.title.zh}" in told
    assert "150302001" not in told
    assert "街道 = 海勃湾区" in told
    for user, role in (("duty_b", "commander"), ("duty_d", "officer")):
        sit(desk, house, user, role)
        until(desk, "wall.desk.waitsOf.length === 1")
        desk.evaluate("wall.desk.showWaits()")
        expect(desk.locator(BADGE)).to_have_text("", use_inner_text=True)
