"""The desk over a restart of its server, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.acceptance.test_browser import Tab
from tests.dashboards.desk.browsing import HERE, PATIENCE_MS, known, red, select, until
from tests.dashboards.desk.house import House

pytestmark = pytest.mark.acceptance


@pytest.fixture
def opened(desk: Page, house: House) -> str:
    """Return the alert that is open on a page that may make sounds, and mark the page."""
    alert = red(house, 601)
    select(desk, alert)
    until(desk, "!wall.desk.locked()")
    desk.evaluate("() => { window.same = true; }")
    return alert.id


def forget_refusals(tab: Tab) -> None:
    """Take out of the page's complaints that nobody answered during the restart."""
    tab.errors[:] = [text for text in tab.errors if "net::ERR_CONNECTION" not in text]


def test_restart_when_the_page_is_the_same_then_it_goes_on_with_its_alert_and_its_sound(
    desk: Page, house: House, tab: Tab, opened: str
) -> None:
    house.restart("page-1")
    after = red(house, 602)
    known(desk, after)
    assert desk.evaluate("window.same")
    assert desk.evaluate("wall.desk.opened()") == opened
    until(desk, "!wall.desk.locked() && wall.desk.rings > 0")
    forget_refusals(tab)


def test_restart_when_the_page_is_another_then_it_is_loaded_anew_with_the_same_alert(
    desk: Page, house: House, tab: Tab, opened: str
) -> None:
    until(desk, f"location.search === '?alert={opened}'")
    house.restart("page-2")
    until(desk, "window.same === undefined && wall.desk?.rows.size > 0")
    desk.wait_for_selector(f"{HERE}[data-id='{opened}']", timeout=PATIENCE_MS)
    forget_refusals(tab)
