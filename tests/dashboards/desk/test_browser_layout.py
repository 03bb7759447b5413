"""The desk in both languages, on monitors and real phones: nothing cut, all of it reachable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.test_browser import Tab
from tests.dashboards.desk.browsing import PATIENCE_MS, known, red, until
from tests.dashboards.desk.house import Guest, House
from tests.dashboards.page_faults import faults
from tests.dashboards.wall.test_browser_layout import PHONES, Device

pytestmark = pytest.mark.acceptance

MONITORS = [Device(1366, 768), Device(1920, 1080), Device(2560, 1440)]
LOOKED: dict[str, Any] = {
    "frames": "#desk-head, .dk-row, .dk-card",
    # What rules and people say, and whose it is: a line of a list may end in "…".
    "free": ".dk-row .what, .dk-row .who, .dk-row .st, .dk-scroll, .dk-words",
    "apart": "#desk-list kbd, [hidden]",
}


@pytest.fixture(params=[*MONITORS, *PHONES], ids=lambda it: f"{it.width}x{it.height}")
def page(request: pytest.FixtureRequest, browser: Browser, house: House) -> Iterator[Page]:
    """Return the desk of an officer on a device, opened."""
    house.doorman.guest = Guest()
    context = browser.new_context(**request.param.options())
    tab = Tab(context.new_page(), house.host)
    tab.page.goto(f"http://{house.host}/desk", timeout=PATIENCE_MS)
    tab.page.wait_for_selector(".dk-row:not([hidden])", timeout=PATIENCE_MS)
    until(tab.page, "wall.desk.session() !== null")
    yield tab.page
    assert (tab.errors, tab.outside) == ([], [])
    context.close()


def test_desk_when_shown_on_a_device_then_nothing_is_cut_or_on_each_other(
    page: Page, house: House
) -> None:
    alert = red(house, 501)
    known(page, alert)
    for _ in ("zh", "en"):
        assert faults(page, "#desk", **LOOKED) == []
        page.evaluate(f"wall.desk.select('{alert.id}')")
        page.evaluate("document.documentElement.classList.add('dk-open')")
        page.locator(".dk-title h2").wait_for(timeout=PATIENCE_MS)
        until(page, "wall.desk.openedData() !== null")
        assert faults(page, "#desk", **LOOKED) == []
        page.evaluate("document.documentElement.classList.remove('dk-open')")
        page.keyboard.press("l")


@pytest.mark.parametrize("page", PHONES, indirect=True, ids=lambda it: f"{it.width}x{it.height}")
def test_phone_when_overview_is_tapped_then_the_map_and_my_tasks_are_there_and_it_goes_back(
    page: Page,
) -> None:
    expect(page.locator("html")).to_contain_class("dk-phone")
    assert page.evaluate("document.documentElement.scrollWidth === innerWidth")
    page.locator("[data-tool=overview]").tap()
    idle = page.locator(".dk-idle")
    expect(idle).to_be_visible()
    canvas = idle.locator("canvas").first
    canvas.wait_for(timeout=PATIENCE_MS)
    expect(idle.locator(".dk-tasks")).to_be_visible()
    page.wait_for_function(
        "() => document.querySelector('.dk-idle canvas').getBoundingClientRect().width > 200",
        timeout=PATIENCE_MS,
    )
    page.locator(".dk-back").tap()
    expect(idle).to_be_hidden()
    expect(page.locator("#desk-list")).to_be_visible()
