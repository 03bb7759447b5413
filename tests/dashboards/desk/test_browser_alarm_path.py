"""The band that says that no alarm can come, on desk and wall, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page

from citybrain.floor.alarm_path import NOTIFIER, RULER, AlarmPath, SignOfLife
from citybrain.floor.clock import SystemClock
from tests.dashboards.desk.browsing import PATIENCE_MS, known, red, until
from tests.dashboards.desk.house import House

pytestmark = pytest.mark.acceptance


@pytest.fixture
def path(house: House) -> Iterator[AlarmPath]:
    """What the house heard of ruler and sender: the ruler fell silent five minutes ago."""
    now = SystemClock().now()
    heard = AlarmPath(now - timedelta(hours=1))
    heard.hear(SignOfLife(RULER, now - timedelta(minutes=5)))
    heard.hear(SignOfLife(NOTIFIER, now + timedelta(hours=1)))
    house.live._alarm = heard
    yield heard
    house.live._alarm = None


def says(page: Page, band: str, words: str) -> None:
    until(page, f"document.querySelector('{band}')?.innerText.includes('{words}')")


def test_desk_when_the_ruler_stands_then_the_band_says_so_and_the_list_stays_live(
    desk: Page, house: House, path: AlarmPath
) -> None:
    says(desk, "#desk-band", "不会有新告警")
    assert desk.evaluate("!document.documentElement.classList.contains('dk-away')")
    known(desk, red(house, 701))
    path.hear(SignOfLife(RULER, SystemClock().now() + timedelta(hours=1)))
    until(desk, "!document.querySelector('#desk-band').innerText.includes('不会有新告警')")


@pytest.mark.usefixtures("path")
def test_wall_when_the_ruler_stands_then_the_band_says_so(desk: Page, house: House) -> None:
    desk.goto(f"http://127.0.0.1:{house.port}/overall")
    says(desk, "#outage", "不会有新告警")
    band = desk.wait_for_selector("#outage", state="visible", timeout=PATIENCE_MS)
    assert band is not None
    box, width = band.bounding_box(), desk.evaluate("innerWidth")
    assert box is not None
    assert 0 <= box["x"] < box["x"] + box["width"] <= width
