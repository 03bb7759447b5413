"""Alerts by hand, and a desk in a browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from tests.acceptance.test_browser import Tab
from tests.dashboards.desk.browsing import PATIENCE_MS, until
from tests.dashboards.desk.house import Guest, House
from tests.dashboards.desk.synthetic import make_alerts


@pytest.fixture(scope="module")
def house(store_settings: Settings) -> Iterator[House]:
    """Return a desk's server with a dozen alerts; a module that needs more has its own."""
    house = House(store_settings)
    house.prepare()
    house.put(make_alerts(12, SystemClock().now()), history=True)
    house.start()
    yield house
    house.stop()


@pytest.fixture
def tab(browser: Browser, house: House) -> Iterator[Tab]:
    """Return an officer's page before it is opened, with what it complains about."""
    house.doorman.guest = Guest()
    house.actions.obeys, house.refuses = True, {}
    house.actions.sent.clear()
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    yield Tab(page, house.host)
    page.close()


@pytest.fixture
def desk(tab: Tab, house: House) -> Iterator[Page]:
    """Return the desk, opened; nothing may go wrong on the page or be asked elsewhere."""
    page = tab.page
    page.goto(f"http://{house.host}/desk", timeout=PATIENCE_MS)
    page.wait_for_selector(".dk-row:not([hidden])", timeout=PATIENCE_MS)
    until(page, "wall.desk.session() !== null")
    yield page
    assert (tab.errors, tab.outside) == ([], [])
