"""Through the real door: sign in, acknowledge by a key, and the command is on city.commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import httpx
import msgspec
import pytest
import uvicorn
from playwright.sync_api import sync_playwright

from citybrain.accounts import changes
from citybrain.floor import bus
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.floor.topics import COMMANDS
from citybrain.workflow.commands import Actor, Command
from dashboards.app import build
from notifier.channel import channel_options
from tests.acceptance.test_browser import QUIET, chromium
from tests.conftest import free_ports
from tests.dashboards.desk.house import House
from tests.dashboards.desk.synthetic import make_alert
from tests.waiting import eventually

pytestmark = pytest.mark.services

PATIENCE_MS = 30_000
NAME, PASSWORD = "duty_a", "a long password of this test"


@pytest.fixture(scope="module")
def address(live_settings: Settings) -> Iterator[str]:
    """Serve the screens as they are, with one officer of the gas company and two alerts."""
    now = SystemClock().now()
    changes.add(
        live_settings.accounts_path, NAME, PASSWORD, now, role="officer", departments=("gas",)
    )
    house = House(live_settings)
    house.prepare()
    for name, department in (("gas-1", "gas"), ("water-1", "water")):
        alert = make_alert(
            1, now, id=name, state="firing", version=2, owner="", mutes=(), opened_at=now
        )
        episode = msgspec.structs.replace(alert.episode, departments=(department,), level="red")
        house.put([msgspec.structs.replace(alert, episode=episode)], history=True)
    house.publish()
    (port,) = free_ports(1)
    config = uvicorn.Config(
        build(live_settings, channel_options()),
        host="127.0.0.1",
        port=port,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started, timeout_s=60)
    yield f"127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)
    house.client.close()


def commands(settings: Settings) -> list[Command]:
    last = bus.end_offset(settings, COMMANDS, 0) - 1
    found = bus.read_range(settings, COMMANDS, 0, 0, last)
    return [msgspec.json.decode(value, type=Command) for _, value in found]


def test_desk_when_an_officer_signs_in_then_sees_the_own_and_a_key_reaches_the_bus(
    address: str, live_settings: Settings
) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=QUIET)
        page = browser.new_page(viewport={"width": 1920, "height": 1080})
        page.goto(f"http://{address}/desk")
        page.locator("input[name=name]").fill(NAME)
        page.locator("input[name=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".dk-row[data-id='gas-1']:not([hidden])", timeout=PATIENCE_MS)
        page.wait_for_function("() => wall.desk.session() !== null", timeout=PATIENCE_MS)
        assert page.evaluate("[...wall.desk.rows.keys()]") == ["gas-1"]
        page.keyboard.press("j")
        page.keyboard.press("a")
        page.wait_for_selector(".dk-row.here .st.sent", timeout=PATIENCE_MS)
        (command,) = eventually(lambda: commands(live_settings))
        browser.close()
    assert (command.action, command.target, command.expected) == ("acknowledge", "gas-1", 2)
    assert command.actor == Actor(user=NAME, role="officer", departments=("gas",))


@pytest.mark.parametrize("path", ["/desk/api/me", "/desk/api/alerts/gas-1", "/desk/api/silences"])
def test_desk_when_nobody_is_signed_in_then_nothing_is_told(address: str, path: str) -> None:
    answer = httpx.get(f"http://{address}{path}")
    assert answer.status_code == 401
    assert "gas" not in answer.text
