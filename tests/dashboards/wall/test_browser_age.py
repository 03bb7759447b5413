"""A wall whose store is slow, away, or whose server is: what it says, and what stays readable."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from tests.acceptance.test_browser import Tab
from tests.dashboards.desk.browsing import red
from tests.dashboards.desk.house import House
from tests.dashboards.wall.full_city import fill
from tests.slow_store import SlowStore
from tests.waiting import eventually

pytestmark = pytest.mark.services

PATIENCE_MS = 120_000
FILTERS = """(node) => {
    const found = [];
    for (let up = node; up; up = up.parentElement) {
        const style = getComputedStyle(up);
        if (style.filter !== 'none') found.push(style.filter);
        if (Number(style.opacity) < 1) found.push('opacity ' + style.opacity);
    }
    return found;
}"""
COVERED = """(node) => {
    const box = node.getBoundingClientRect(), found = [];
    for (const x of [0.1, 0.5, 0.9]) for (const y of [0.2, 0.5, 0.8]) {
        const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
        if (!node.contains(top) && !top.contains(node)) found.push(top.outerHTML.slice(0, 80));
    }
    return found;
}"""


@pytest.fixture
def road(store_settings: Settings) -> Iterator[SlowStore]:
    road = SlowStore(store_settings.store_url)
    yield road
    road.close()


@pytest.fixture
def house(store_settings: Settings, road: SlowStore) -> Iterator[House]:
    """Return a server that asks its store by the road; a red alert waits."""
    house = House(store_settings, road.url)
    house.prepare()
    fill(house.client, house.city, SystemClock().now())
    house.start()
    red(house, 1)
    yield house
    road.release()
    house.stop()


@pytest.fixture
def wall(browser: Browser, house: House) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1920, "height": 1080})
    Tab(page, house.host).open("overall")
    expect(page.locator("#age")).to_have_class("live", timeout=PATIENCE_MS)
    expect(alerts(page)).to_contain_class("alarm", timeout=PATIENCE_MS)
    expect(page.locator("#outage p")).to_have_count(0)
    for number in numbers(page):  # slow queries have been answered, too
        expect(number).to_be_visible(timeout=PATIENCE_MS)
    yield page
    page.close()


def alerts(page: Page) -> Locator:
    return page.locator("main:not([hidden]) .kind-alerts")


def numbers(page: Page) -> list[Locator]:
    """Return what must stay readable: digits, a card, a ranking, the map."""
    shown = page.locator("main:not([hidden])")
    names = (".digits", ".card .count", ".rank .n", ".plate b")
    return [shown.locator(name).first for name in names]


def assert_red_calls(page: Page) -> None:
    """Nothing dims the red alert, and its words are there."""
    expect(alerts(page)).to_contain_class("alarm")
    expect(alerts(page).locator(".al-call")).to_have_text("红色 1 条待受理", use_inner_text=True)
    for part in (".al-call", ".al-row", ".al-counts"):
        shown = alerts(page).locator(part).first
        eventually(lambda shown=shown: shown.evaluate(FILTERS) == [])


def assert_numbers(page: Page, *, dimmed: bool) -> None:
    """Wait until all that must stay readable is dimmed, or none of it."""
    for number in numbers(page):
        eventually(lambda number=number: (number.evaluate(FILTERS) != []) == dimmed)


def assert_nothing_is_covered(page: Page) -> None:
    for node in (page.locator("#stage h1"), page.locator("main:not([hidden]) .digits")):
        assert node.evaluate(COVERED) == []


def test_wall_when_the_store_is_slow_then_amber_then_grey_and_the_red_never_dims(
    wall: Page, road: SlowStore
) -> None:
    road.hold()
    band = wall.locator("#outage p")
    expect(band).to_have_class("slow", timeout=PATIENCE_MS)
    expect(band).to_contain_text("数据库应答慢 · 数值是")
    expect(wall.locator("#age")).to_have_class("slow")
    expect(wall.locator("#age")).to_contain_text("画面停更")
    counter = wall.locator("main:not([hidden]) .kind-counter")
    expect(counter.locator(".fresh")).to_have_class("fresh state-slow")
    counts = wall.locator("main:not([hidden]) .card .count").all_inner_texts()
    assert counts
    assert all(count.strip("–") for count in counts)
    assert_numbers(wall, dimmed=False)
    assert_red_calls(wall)
    assert_nothing_is_covered(wall)

    expect(band).to_have_class("lost", timeout=PATIENCE_MS)
    expect(band).to_contain_text("数据中断 · 数据库无应答 · 自")
    expect(counter).to_contain_class("dead")
    assert_numbers(wall, dimmed=True)
    assert_red_calls(wall)
    assert_nothing_is_covered(wall)

    road.release()
    expect(wall.locator("#age")).to_have_class("live", timeout=PATIENCE_MS)
    expect(band).to_have_count(0)
    expect(counter).not_to_contain_class("dead", timeout=PATIENCE_MS)
    assert_numbers(wall, dimmed=False)


def test_wall_when_the_store_cannot_be_reached_then_that_is_said_and_numbers_stay(
    wall: Page, road: SlowStore
) -> None:
    road.cut()
    band = wall.locator("#outage p")
    expect(band).to_contain_text("数据库连不上，正在重试 · 数值是", timeout=PATIENCE_MS)
    expect(band).to_have_class("slow")
    eventually(lambda: numbers(wall)[0].evaluate(FILTERS) == [])
    road.release()
    expect(wall.locator("#age")).to_have_class("live", timeout=PATIENCE_MS)


def test_wall_when_its_server_is_gone_then_amber_then_grey_and_the_red_never_dims(
    wall: Page, house: House
) -> None:
    house.server.should_exit = True
    house.thread.join(30)
    band = wall.locator("#outage p")
    expect(band).to_contain_text("与服务器的连接断了，正在重连 · 画面是", timeout=PATIENCE_MS)
    expect(band).to_have_class("slow")
    for number in numbers(wall):
        assert number.evaluate(FILTERS) == []
    assert_red_calls(wall)
    expect(band).to_contain_text("数据中断 · 与服务器失去连接 · 自", timeout=PATIENCE_MS)
    assert numbers(wall)[0].evaluate(FILTERS) != []
    assert_red_calls(wall)
    assert_nothing_is_covered(wall)
