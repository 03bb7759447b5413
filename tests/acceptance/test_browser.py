"""The five screens in a real browser: pushed numbers, no error, nothing from outside."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.acceptance.center import Center
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance

SCREENS = ("overall", "city_management", "governance", "services", "traffic")
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The shell first: Chromium without its own window, which costs as much as a page of ours."""
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATIENCE_MS = 120_000
expect.set_options(timeout=30_000)
DIGITS = """() => Array.from(document.querySelectorAll('main:not([hidden]) .digit span'))
    .map((strip) => strip.style.transform).join()
    + document.querySelector('main:not([hidden]) .under').textContent"""
"""What pulses move: the digits, and the readings beside them."""
BEAT = """() => {
    const body = document.querySelector('main:not([hidden]) .kind-alerts > .body');
    const ground = getComputedStyle(body, '::before');
    return [ground.transitionDuration, ground.opacity];
}"""
ALERT_SIZES = (("en", (390, 844)), ("zh", (1366, 768)), ("en", (1920, 1080)))
SPILLS = """() => Array.from(document.querySelectorAll(
        'main:not([hidden]) .kind-alerts :is(.head, .body, .al-side, .al-level, .al-list)'))
    .filter((box) => box.scrollWidth > box.clientWidth + 1
        || box.scrollHeight > box.clientHeight + 1)
    .map((box) => box.className)"""
HOSTILE = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"> "\'&'


def chromium() -> str:
    """Return the browser's path; without one, skip, or fail where CI must have it."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path:
        return path
    word = "no Chromium on this machine: the browser test needs one "
    word += "(apt-get install chromium-headless-shell)"
    if os.environ.get("CI") == "true":
        pytest.fail(word)
    pytest.skip(word)


@dataclass
class Tab:
    """One page, with what it complained about and what it asked for elsewhere."""

    page: Page
    host: str
    errors: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda it: self.errors.append(it.text) if it.type == "error" else 0)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("request", lambda request: self._note(request.url))
        self.page.on("websocket", lambda socket: self._note(socket.url))

    def _note(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"data", "blob"} and parts.netloc != self.host:
            self.outside.append(url)

    def open(self, screen: str, language: str = "zh") -> None:
        self.page.goto(f"http://{self.host}/{screen}?lang={language}", timeout=PATIENCE_MS)
        self.page.wait_for_selector("main:not([hidden]) .fresh i", timeout=PATIENCE_MS)

    def wait_for_push(self) -> None:
        """Wait until the digits changed without the page having been touched."""
        before = self.page.evaluate(DIGITS)
        self.page.wait_for_function(
            f"(before) => ({DIGITS})() !== before", arg=before, timeout=PATIENCE_MS
        )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def tab(browser: Browser, city_center: Center) -> Iterator[Tab]:
    settings = city_center.settings
    context = browser.new_context(viewport={"width": 1920, "height": 1080})
    yield Tab(context.new_page(), f"{settings.screens_host}:{settings.screens_port}")
    context.close()


@pytest.mark.parametrize("screen", SCREENS)
def test_screen_when_events_flow_then_its_numbers_change_by_push(
    screen: str, tab: Tab, city_center: Center
) -> None:
    with city_center.pushing(rate=200, rows=5):
        tab.open(screen)
        tab.wait_for_push()
        tab.wait_for_push()
    heading = tab.page.locator("#stage h1").inner_text()
    assert heading.endswith("城市运行指挥中心")
    expect(tab.page.locator("main:not([hidden])")).to_have_attribute("data-screen", screen)
    assert (tab.errors, tab.outside) == ([], [])


def test_wall_when_keys_are_pressed_then_screens_and_language_change(
    tab: Tab, city_center: Center
) -> None:
    with city_center.pushing(rate=200, rows=5):
        tab.open("overall", "en")
        expect(tab.page.locator("#stage h1")).to_contain_text(
            "City Operations Center", use_inner_text=True
        )
        for key, screen in enumerate(SCREENS, start=1):
            tab.page.keyboard.press(str(key))
            fresh = f'main[data-screen="{screen}"]:not([hidden]) .fresh i'
            tab.page.wait_for_selector(fresh, timeout=PATIENCE_MS)
            assert tab.page.url.endswith(f"/{screen}?lang=en")
        tab.wait_for_push()
        tab.page.keyboard.press("l")
        assert tab.page.locator("#stage h1").inner_text().endswith("城市运行指挥中心")
    assert (tab.errors, tab.outside) == ([], [])


def test_list_when_a_text_is_markup_then_it_is_shown_and_not_run(
    tab: Tab, city_center: Center
) -> None:
    tab.open("city_management")
    city_center.push_one(HOSTILE)
    row = tab.page.locator("main:not([hidden]) .event .where", has_text="window.hacked")
    row.first.wait_for(timeout=PATIENCE_MS)
    assert tab.page.evaluate("window.hacked") is None
    expect(tab.page.locator(".event script, .event img")).to_have_count(0)
    assert (tab.errors, tab.outside) == ([], [])


def test_wall_when_a_red_alert_waits_then_it_calls_until_the_alert_is_over(
    tab: Tab, city_center: Center
) -> None:
    eventually(lambda: city_center.is_up("ruler"), timeout_s=120)
    tile = tab.page.locator("main:not([hidden]) .kind-alerts")
    for screen in ("overall", "city_management"):
        tab.open(screen)
        tile.get_by_text("当前无未关闭预警").wait_for(timeout=PATIENCE_MS)
        city_center.tell_alert(f"pipe_{screen}", "critical")
        row = tile.locator(".al-row.lv4.waiting", has_text=f"pipe_{screen}")
        row.wait_for(timeout=PATIENCE_MS)
        expect(row.locator(".al-lv")).to_have_text("Ⅰ", use_inner_text=True)
        expect(tile).to_contain_class("alarm")
        expect(tile.locator(".al-call")).to_have_text("红色 1 条待受理", use_inner_text=True)
        tab.page.emulate_media(reduced_motion="reduce")
        assert tab.page.evaluate(BEAT) == ["0s", "0.8"]
        tab.page.emulate_media(reduced_motion="no-preference")
        for language, (width, height) in ALERT_SIZES:
            tab.page.set_viewport_size({"width": width, "height": height})
            tab.open(screen, language)
            row.wait_for(timeout=PATIENCE_MS)
            assert tab.page.evaluate(SPILLS) == [], (screen, language, width)
        tab.page.set_viewport_size({"width": 1920, "height": 1080})
        city_center.tell_alert(f"pipe_{screen}", "critical", over=True)
        tile.locator(".al-clear").wait_for(timeout=PATIENCE_MS)
        expect(tile).not_to_contain_class("alarm")
    tab.open("traffic")
    tile.get_by_text("当前无未关闭预警").wait_for(timeout=PATIENCE_MS)
    assert (tab.errors, tab.outside) == ([], [])


def test_page_when_its_server_is_killed_then_it_comes_back_by_itself(
    tab: Tab, city_center: Center
) -> None:
    with city_center.pushing(rate=200, rows=5):
        tab.open("traffic")
        tab.wait_for_push()
        tab.page.evaluate("window.untouched = true")
        city_center.kill("screens")
        # The new server has another boot id, for which the page loads itself again.
        eventually(lambda: tab.page.evaluate("window.untouched === undefined"), timeout_s=90)
        tab.page.wait_for_selector("main:not([hidden]) .fresh i", timeout=PATIENCE_MS)
        tab.wait_for_push()
    assert tab.page.evaluate("document.documentElement.classList.contains('away')") is False
    assert tab.outside == []
