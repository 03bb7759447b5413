"""Every screen, in both languages, on walls and real phones: nothing cut, nothing on each other."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from dashboards.wall.screen import find_screens
from tests.dashboards.desk.browsing import PATIENCE_MS
from tests.dashboards.desk.house import House
from tests.dashboards.desk.synthetic import make_alerts
from tests.dashboards.page_faults import faults
from tests.dashboards.wall.full_city import fill, fill_turns, told_cases
from tests.waiting import eventually

pytestmark = pytest.mark.services

FREE = ".event .where, .al-where, .oc-where"
"""What people wrote, and where something is: may end in "…"."""
SETTLE_S = 20.0
TILES = """() => Array.from(document.querySelectorAll('main:not([hidden]) .tile'))
    .filter((tile) => tile.offsetParent !== null)
    .map((tile) => tile.getBoundingClientRect())
    .map((box) => [box.left, box.top, box.right, box.bottom])"""
LAID_OVER = ".digit, .comma, .points .point"
FRAMES = ".tile, header, .plate"
SOLID = ".track, svg.spark"
LOOKED: dict[str, Any] = {"frames": FRAMES, "free": FREE, "apart": LAID_OVER, "solid": SOLID}


@dataclass(frozen=True)
class Device:
    """What a page is shown on."""

    width: int
    height: int
    is_mobile: bool = False

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"

    def options(self) -> dict[str, Any]:
        """Return what makes a browser such a device: its own viewport, not only a window's size."""
        size = {"viewport": {"width": self.width, "height": self.height}}
        phone = {"is_mobile": True, "has_touch": True, "device_scale_factor": 3}
        return size | (phone if self.is_mobile else {})


WALLS = [Device(1366, 768), Device(1920, 1080), Device(3840, 2160), Device(6656, 1792)]
PHONES = [Device(390, 844, True), Device(360, 800, True), Device(844, 390, True)]
SHOWN = [
    *((device, language) for device in (WALLS[1], PHONES[0]) for language in ("zh", "en")),
    *((device, "en") for device in (WALLS[0], Device(1080, 1920), *PHONES[1:])),
    *((device, "zh") for device in WALLS[2:]),
]
"""English is longer, so the narrow ones speak it; each takes ten seconds."""


@pytest.fixture(scope="module")
def house(store_settings: Settings) -> Iterator[House]:
    """Return a server whose store has something of every kind, department and street."""
    house = House(store_settings)
    house.prepare()
    fill(house.client, house.city, SystemClock().now())
    fill_turns(house.client, house.city, SystemClock().now())
    house.fed += told_cases(house.city, SystemClock().now())
    house.put(make_alerts(12, SystemClock().now()), history=True)
    house.start()
    yield house
    house.stop()


def opened(browser: Browser, house: House, device: Device, path: str) -> Page:
    page = browser.new_context(**device.options()).new_page()
    page.goto(f"http://{house.host}/{path}", timeout=PATIENCE_MS)
    page.locator("#stage.ready").wait_for(timeout=PATIENCE_MS)
    shown = page.locator("main:not([hidden])")
    shown.locator(".kind-map .plate b", has_text="1").first.wait_for(timeout=PATIENCE_MS)
    return page


def lasting_faults(page: Page) -> list[str]:
    """Return what is wrong and stays so; a slice of the font may come after the words."""
    looks: list[list[str]] = []

    def settled() -> bool:
        looks.append(faults(page, "#stage", **LOOKED))
        return not looks[-1]

    with contextlib.suppress(AssertionError):
        eventually(settled, SETTLE_S, 0.5)
    return looks[-1]


def tile_faults(page: Page, device: Device) -> list[str]:
    """Return which tiles are small, lie on each other, or stand out of a wall."""
    boxes, found = page.evaluate(TILES), []
    for left, top, right, bottom in boxes:
        if right - left <= 50 or bottom - top <= 20:
            found.append(f"a tile of {right - left:.0f}x{bottom - top:.0f}")
        if left < 0 or top < 0 or right > device.width + 1 or bottom > device.height + 1:
            found.append(f"a tile stands out: {left:.0f},{top:.0f} to {right:.0f},{bottom:.0f}")
    for one, other in itertools.combinations(boxes, 2):
        across = min(one[2], other[2]) - max(one[0], other[0])
        down = min(one[3], other[3]) - max(one[1], other[1])
        if across > 1 and down > 1:
            found.append(f"tiles on each other: {one} {other}")
    return found if len(boxes) >= 9 else [*found, f"{len(boxes)} tiles only"]


@pytest.mark.parametrize(("device", "language"), SHOWN, ids=str)
def test_screens_when_shown_on_a_device_then_nothing_is_cut_or_on_each_other(
    browser: Browser, house: House, device: Device, language: str
) -> None:
    page = opened(browser, house, device, f"overall?lang={language}")
    found = {}
    for key, name in enumerate(find_screens(), start=1):
        page.keyboard.press(str(key))
        page.locator(f'main[data-screen="{name}"]:not([hidden]) .rank .n').first.wait_for()
        page.locator(f'main[data-screen="{name}"] .kind-counter .basis:not(:empty)').wait_for()
        if name != "traffic":
            shown = f'main[data-screen="{name}"]'
            page.locator(f"{shown} .tile:not(.unknown) .oc-row").first.wait_for()
            page.locator(f"{shown} .ct-rate b", has_text="%").first.wait_for()
        found[name] = lasting_faults(page)
        if device in WALLS:
            found[name] += tile_faults(page, device)
    page.context.close()
    assert {name: what for name, what in found.items() if what} == {}


@pytest.mark.parametrize("device", PHONES, ids=str)
def test_wall_when_shown_on_a_phone_then_it_is_laid_out_for_the_phone(
    browser: Browser, house: House, device: Device
) -> None:
    page = opened(browser, house, device, "overall")
    expect(page.locator("html")).to_contain_class("phone")
    assert page.evaluate("document.documentElement.scrollWidth") == device.width
    assert page.evaluate("visualViewport.width") == device.width
    tiles = page.locator("main:not([hidden]) .tile:visible")
    for box in (tile.bounding_box() for tile in tiles.all()):
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= device.width + 1
    page.context.close()


def test_look_when_a_word_is_cut_or_two_lie_on_each_other_then_it_is_found(
    browser: Browser, house: House
) -> None:
    page = opened(browser, house, WALLS[1], "overall?lang=en")
    page.add_style_tag(content=".rank .name { display: block !important; white-space: nowrap; }")
    assert any(one.startswith("cut across: span.name") for one in faults(page, "#stage", **LOOKED))
    page.add_style_tag(content=".rank .track { transform: translateY(-1em); width: 400px; }")
    assert any(one.startswith("on div.track") for one in faults(page, "#stage", **LOOKED))
    page.add_style_tag(content="#clock { position: absolute; left: 45%; }")
    assert any(one.startswith("on each other") for one in faults(page, "#stage", **LOOKED))
    page.add_style_tag(content=".kpi { position: relative; top: -200px; }")
    assert any(one.startswith("outside") for one in faults(page, "#stage", **LOOKED))
    page.context.close()
