"""The case desk in a real browser, by keyboard and by thumb."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from citybrain.floor.clock import SystemClock
from citybrain.floor.reason import Reason
from citybrain.floor.settings import Settings
from tests.acceptance.test_browser import Tab
from tests.citybrain.cases.files.photos import photo
from tests.dashboards.cases.house import CaseHouse
from tests.dashboards.cases.staff import CLERK, DISPATCHER
from tests.dashboards.desk.browsing import HERE, PATIENCE_MS, until
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance

DESKTOP, PHONE = (1920, 1080), (390, 844)


@pytest.fixture(scope="module")
def house(store_settings: Settings) -> Iterator[CaseHouse]:
    house = CaseHouse(store_settings)
    now = SystemClock().now()
    house.registry.handled(house.registry.open(now, "第一件"), now)
    house.start()
    yield house
    house.stop()


@pytest.fixture
def tab(browser: Browser, house: CaseHouse, request: pytest.FixtureRequest) -> Iterator[Tab]:
    """Return a dispatcher's page before it is opened, with what it complains about."""
    width, height = getattr(request, "param", DESKTOP)
    house.doorman.guest = replace(DISPATCHER)
    house.registry.obeys, house.registry.refuses = True, {}
    house.registry.sent.clear()
    page = browser.new_page(viewport={"width": width, "height": height}, has_touch=width < 400)
    yield Tab(page, house.host)
    page.close()


@pytest.fixture
def desk(tab: Tab, house: CaseHouse) -> Iterator[Page]:
    """Return the desk, opened; nothing may go wrong on the page or be asked elsewhere."""
    yield opened(tab, house)
    assert (tab.errors, tab.outside) == ([], [])


def opened(tab: Tab, house: CaseHouse) -> Page:
    tab.page.goto(f"http://{house.host}/cases", timeout=PATIENCE_MS)
    until(tab.page, "wall.cases.session() !== null && wall.cases.list.isReady")
    return tab.page


def select(page: Page, name: str) -> None:
    """Find a case by its title, by keyboard, and rest on it."""
    until(page, f"wall.cases.items().some((item) => item.row.title === '{name}')")
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(name)
    until(page, "wall.cases.items().length === 1")
    page.keyboard.press("Enter")
    page.wait_for_selector(HERE)
    until(page, "wall.cases.openedData() !== null")


def test_list_when_a_case_comes_by_the_log_then_it_is_there_and_opens_with_its_history(
    desk: Page, house: CaseHouse
) -> None:
    now = SystemClock().now()
    case = house.registry.handled(house.registry.open(now, "垃圾<b>堆</b>", text="路口"), now)
    until(desk, f"wall.cases.rows.has('{case.id}')")
    select(desk, "垃圾<b>堆</b>")
    expect(desk.locator(".dk-title h2")).to_have_text("垃圾<b>堆</b>", use_inner_text=True)
    expect(desk.locator(".cs-stages .now")).to_have_text("4处置")
    steps = desk.locator(".cs-history .dk-steps > li b")
    expect(steps.first).to_have_text("派遣", timeout=PATIENCE_MS)
    expect(desk.locator(".cs-text")).to_have_text("路口")
    until(desk, "document.querySelector('.dk-title .meta').innerText.includes('0:02')")
    expect(desk.locator(".dk-case")).to_be_hidden()  # it came of no alert, a second later too


def test_action_when_done_by_button_then_sent_with_the_version_that_was_seen(
    desk: Page, house: CaseHouse
) -> None:
    now = SystemClock().now()
    case = house.registry.handled(house.registry.open(now, "要收回"), now)
    select(desk, "要收回")
    desk.click("[data-act='recall']:not([disabled])", timeout=PATIENCE_MS)
    desk.keyboard.type("派错了")
    desk.keyboard.press("Control+Enter")
    until(desk, f"wall.cases.rows.get('{case.id}').stage === 'dispatching'")
    (command,) = house.registry.sent
    assert (command.action, command.target, command.expected) == ("recall", case.id, case.version)
    assert (command.noun, command.details) == ("case", {"comment": "派错了"})
    assert command.actor.user == "zhang"
    desk.wait_for_selector(".cs-stages .now:has-text('派遣')")
    until(desk, "!wall.cases.dialogOpen()")
    # The table names a unit: one key more sends it there.
    desk.wait_for_selector("[data-act='dispatch']:not([disabled])", timeout=PATIENCE_MS)
    desk.keyboard.press("d")
    expect(desk.locator("#desk-dialog .dk-note")).to_contain_text("负责", timeout=PATIENCE_MS)
    desk.keyboard.press("Control+Enter")
    until(desk, f"wall.cases.rows.get('{case.id}').stage === 'handling'")


def test_action_when_refused_then_the_form_stays_and_says_why(desk: Page, house: CaseHouse) -> None:
    now = SystemClock().now()
    house.registry.handled(house.registry.open(now, "会被拒绝"), now)
    house.registry.refuses = {"recall": Reason("not_your_unit", {"unit": "sanitation"})}
    select(desk, "会被拒绝")
    desk.click("[data-act='recall']:not([disabled])", timeout=PATIENCE_MS)
    desk.keyboard.type("派错了")
    desk.keyboard.press("Control+Enter")
    said = desk.locator("#desk-dialog .said")
    expect(said).to_contain_text("被拒绝：由环境卫生", timeout=PATIENCE_MS)
    expect(desk.locator("#desk-dialog textarea")).to_have_value("派错了")
    desk.keyboard.press("Escape")


def test_new_case_when_made_by_keyboard_then_opened_and_shown(desk: Page, house: CaseHouse) -> None:
    desk.keyboard.press("n")
    desk.keyboard.type("jgqs")
    expect(desk.locator(".dk-choices:visible li.here")).to_contain_text("井盖缺失")
    desk.keyboard.press("Enter")
    desk.keyboard.type("xinhua")
    desk.keyboard.press("Enter")
    desk.keyboard.press("Enter")  # the title is made of both
    desk.keyboard.type("已放警示桩")
    desk.keyboard.press("Control+Enter")
    eventually(lambda: house.registry.sent)
    (command,) = house.registry.sent
    case = house.registry.cases[command.target]
    assert (case.kind, case.area[:9], case.text) == (
        *("manhole_cover_missing", "150302003", "已放警示桩"),
    )
    until(desk, f"wall.cases.opened() === '{case.id}'")
    expect(desk.locator(".dk-title h2")).to_have_text(case.title, use_inner_text=True)
    assert case.title.endswith("井盖缺失")


def test_several_when_marked_then_done_with_at_once_as_far_as_each_can_be(
    desk: Page, house: CaseHouse
) -> None:
    now = SystemClock().now()
    made = [house.registry.open(now, f"一并{n}") for n in range(3)]
    taken = house.registry.handled(made[2], now)
    until(desk, f"wall.cases.rows.get('{taken.id}')?.stage === 'handling'")
    desk.keyboard.press("/")
    desk.keyboard.type("一并")
    until(desk, "wall.cases.items().length === 3")
    desk.keyboard.press("Enter")
    for _ in made:
        desk.keyboard.press("Space")
    bar = desk.locator("#desk-marked")
    expect(bar.locator("b")).to_have_text("已选 3 件")
    expect(desk.locator(".dk-row.marked")).to_have_count(3)
    recall = bar.locator("[data-act='recall']")
    expect(recall).to_contain_text("1 / 3", timeout=PATIENCE_MS)
    comment = bar.locator("[data-act='comment']")
    expect(comment).to_be_visible()
    house.registry.sent.clear()
    comment.click()
    expect(desk.locator("#desk-dialog h2")).to_contain_text("3 件案件")
    desk.keyboard.type("同一处施工引起")
    desk.keyboard.press("Control+Enter")
    eventually(lambda: len(house.registry.sent) == 3)
    assert {one.target for one in house.registry.sent} == {one.id for one in made}
    until(desk, "!wall.cases.dialogOpen()")
    expect(desk.locator("#desk-toasts")).to_contain_text("完成 3 条", timeout=PATIENCE_MS)
    expect(bar).to_be_hidden()

    desk.keyboard.press("Space")
    expect(bar).to_be_visible()
    desk.keyboard.press("Escape")
    expect(bar).to_be_hidden()


@pytest.mark.parametrize("tab", [PHONE], indirect=True)
def test_photo_when_brought_with_a_new_case_and_later_then_the_case_shows_both(
    tab: Tab, house: CaseHouse
) -> None:
    desk = opened(tab, house)
    desk.click("[data-tool='new']")
    desk.fill("#desk-dialog input[name='kind']", "井盖缺失")
    desk.keyboard.press("Enter")
    desk.fill("#desk-dialog input[name='title']", f"有照片 {desk.viewport_size}")
    desk.set_input_files("#desk-dialog input[type='file']", [_upload("缺井盖.jpg"), _upload("x")])
    expect(desk.locator("#desk-dialog .cs-file img")).to_have_count(2, timeout=PATIENCE_MS)
    desk.click("#desk-dialog .cs-file:has(img[alt='x']) button")
    desk.keyboard.press("Control+Enter")
    picture = desk.locator(".cs-file img")
    expect(picture).to_have_count(1, timeout=PATIENCE_MS)
    expect(picture).to_have_js_property("complete", value=True)
    expect(picture).to_have_js_property("naturalWidth", 60)
    assert desk.locator(".cs-file[title='缺井盖.jpg']").get_attribute("target") == "_blank"

    desk.locator("button.cs-file.more").click(timeout=PATIENCE_MS)
    files = desk.locator("#desk-dialog input[type='file']")
    files.set_input_files([{"name": "no.gif", "mimeType": "image/gif", "buffer": b"GIF89a"}])
    expect(desk.locator("#desk-toasts")).to_contain_text("请用 JPEG、PNG、WebP")
    files.set_input_files([_upload("letter.pdf", b"%PDF-1.7 x")])
    expect(desk.locator("#desk-dialog .cs-file button")).to_be_visible(timeout=PATIENCE_MS)
    desk.click("#desk-dialog button[type='submit']")
    expect(desk.locator("a.cs-file")).to_have_count(2, timeout=PATIENCE_MS)
    command = house.registry.sent[-1]
    assert (command.action, len(command.details["files"])) == ("attach", 32)
    tab.errors[:] = [one for one in tab.errors if "422" not in one]
    assert (tab.errors, tab.outside) == ([], [])


def _upload(name: str, content: bytes = b"") -> FilePayload:
    return {"name": name, "mimeType": "", "buffer": content or photo()}


@pytest.mark.parametrize("tab", [PHONE], indirect=True)
def test_phone_when_somebody_has_cases_then_they_come_first_and_nothing_stands_out(
    tab: Tab, house: CaseHouse
) -> None:
    now = SystemClock().now()
    case = house.registry.handled(house.registry.open(now, "我手上的"), now)
    house.registry.walk(case, now, ("assign", {"person": "wang"}))
    house.doorman.guest = replace(CLERK)
    page = opened(tab, house)
    task = page.locator(".dk-tasks button", has_text="我手上的")
    task.tap(timeout=PATIENCE_MS)
    resolve = page.locator("[data-act='resolve']:not([disabled])")
    expect(resolve).to_be_visible(timeout=PATIENCE_MS)
    box = resolve.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] > PHONE[1] * 0.75  # where the thumb is
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    page.tap(".dk-back")
    expect(page.locator("#desk-list")).to_be_visible()
    assert (tab.errors, tab.outside) == ([], [])
