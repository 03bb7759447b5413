"""The server: pages with their assets, headers, sockets for our own pages alone."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn
from dash import get_app
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from citybrain.floor.settings import Settings
from dashboards.app import build
from dashboards.page_files import folder_of, own_files
from notifier.channel import channel_options
from tests.waiting import eventually

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve the screens of Wuhai to everybody, without any store, and return host:port."""
    with socket.socket() as spot:
        spot.bind(("127.0.0.1", 0))
        port = spot.getsockname()[1]
    data = tmp_path_factory.mktemp("screens")
    settings = replace(
        Settings(), cities=Path("cities"), data=data, store_url=NOWHERE, screens_open=True
    )
    config = uvicorn.Config(
        build(settings, channel_options()),
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
    assert not thread.is_alive()


def test_first_page_when_it_is_not_the_root_then_it_has_its_assets(address: str) -> None:
    # Guards Dash's private _setup_server: without it the first page anywhere but "/" has none.
    page = httpx.get(f"http://{address}/traffic").text
    assert "/assets/00_echarts.min.js" in page
    assert f"{folder_of()}/start.js" in page
    assert f"{folder_of()}/wall/stage.css" in page


def test_page_when_served_then_dash_loads_charts_and_fonts_and_we_the_rest(address: str) -> None:
    page = httpx.get(f"http://{address}/").text
    scripts = re.findall(r'<script src="(/assets/[^"?]+)', page)
    assert scripts == [f"{folder_of()}/start.js", "/assets/00_echarts.min.js"]
    styles = re.findall(r'<link rel="stylesheet" href="(/assets/[^"?]+)', page)
    assert styles[0] == "/assets/05_font.css"
    assert all(style.startswith(folder_of()) for style in styles[1:])


def test_own_files_when_asked_then_they_may_be_kept_for_good(address: str) -> None:
    for name in own_files():
        answer = httpx.get(f"http://{address}{folder_of()}/{name}")
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable", name
        kind = "text/javascript" if name.endswith(".js") else "text/css"
        assert answer.headers["content-type"].startswith(kind), name
    other = httpx.get(f"http://{address}/assets/0123456789abcdef/start.js")
    assert (other.status_code, other.headers.get("cache-control")) == (404, None)
    missing = httpx.get(f"http://{address}{folder_of()}/wall/nowhere.js")
    assert (missing.status_code, missing.headers.get("cache-control")) == (404, None)


def test_setup_server_when_dash_is_updated_then_it_is_still_there() -> None:
    assert callable(get_app()._setup_server)


def test_callbacks_when_the_page_asks_then_all_are_clientside(address: str) -> None:
    callbacks = httpx.get(f"http://{address}/_dash-dependencies").json()
    inputs = {one["inputs"][0]["id"] for one in callbacks}
    assert inputs == {"page", "snapshot", "pulse"}
    assert all(one["clientside_function"]["namespace"] == "wall" for one in callbacks)


def test_layout_when_served_then_every_screen_and_tile_is_in_it(address: str) -> None:
    layout = httpx.get(f"http://{address}/_dash-layout").json()
    text = json.dumps(layout, ensure_ascii=False)
    screens = re.findall(r'"data-screen":\s*"(\w+)"', text)
    assert screens == ["overall", "city_management", "governance", "services", "traffic"]
    assert "乌海市城市运行指挥中心" in text


@pytest.mark.parametrize("path", ["/", "/overall", "/assets/start.js", "/healthz", "/nowhere"])
def test_every_answer_when_sent_then_it_is_secured(address: str, path: str) -> None:
    headers = httpx.get(f"http://{address}{path}").headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self' 'sha256-")
    assert "unsafe-eval" not in policy
    assert "unsafe-inline" not in policy.split("style-src")[0]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_unknown_page_when_asked_then_404_in_words(address: str) -> None:
    answer = httpx.get(f"http://{address}/nowhere")
    assert (answer.status_code, answer.text) == (404, "no such page; try /\n")


def test_healthz_when_the_store_is_away_then_it_says_so(address: str) -> None:
    def down() -> bool:
        answer = httpx.get(f"http://{address}/healthz").json()
        return bool(answer["ok"] and answer["store"] == "down" and answer["boot"])

    assert eventually(down, timeout_s=60)


def metrics(address: str) -> str:
    return httpx.get(f"http://{address}/metrics").text


def test_metrics_when_asked_then_prometheus_can_read_them(address: str) -> None:
    text = metrics(address)
    assert 'citybrain_screens_viewers{screen="traffic"} 0.0' in text


def opened(address: str, screen: str, origin: str | None) -> ClientConnection:
    headers = {"Origin": origin} if origin else {}
    return connect(f"ws://{address}/live/{screen}", additional_headers=headers)


@pytest.mark.parametrize(
    ("screen", "origin"),
    [("traffic", "http://evil.example"), ("traffic", "null"), ("nowhere", None)],
    ids=["foreign page", "sandboxed page", "unknown screen"],
)
def test_live_when_it_is_not_for_them_then_refused(
    address: str, screen: str, origin: str | None
) -> None:
    with pytest.raises(InvalidStatus) as caught:
        opened(address, screen, origin)
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize("scheme", ["http", "https", None])
def test_live_when_it_is_our_own_page_then_snapshots_say_that_nothing_came(
    address: str, scheme: str | None
) -> None:
    with opened(address, "traffic", f"{scheme}://{address}" if scheme else None) as viewer:
        message = json.loads(viewer.recv(timeout=10))
    assert message["screen"] == "traffic"
    assert "since" in message["outage"]
    assert {tile["fresh"]["state"] for tile in message["tiles"].values()} == {"none"}


def test_live_when_viewers_leave_then_they_are_no_longer_counted(address: str) -> None:
    metric = 'citybrain_screens_viewers{screen="services"} '
    with contextlib.ExitStack() as viewers:
        for _ in range(5):
            viewers.enter_context(opened(address, "services", None))
        eventually(lambda: metric + "5.0" in metrics(address), timeout_s=60)
    eventually(lambda: metric + "0.0" in metrics(address), timeout_s=60)


def test_assets_when_vendored_then_each_has_its_licence(address: str) -> None:
    for name in ("echarts-LICENSE", "echarts-NOTICE", "zrender-LICENSE", "d3-LICENSE"):
        assert httpx.get(f"http://{address}/assets/licences/{name}.txt").status_code == 200
    font = httpx.get(f"http://{address}/assets/licences/noto-sans-sc-OFL.txt").text
    assert "SIL OPEN FONT LICENSE" in font.upper()


@pytest.mark.services
def test_run_when_told_to_stop_then_it_ends_well_and_soon(tmp_path: Path) -> None:
    with socket.socket() as spot:
        spot.bind(("127.0.0.1", 0))
        port = spot.getsockname()[1]
    code = (
        "from citybrain.floor.settings import from_environment; from dashboards.app import run; "
        "from notifier.channel import channel_options; run(from_environment(), channel_options())"
    )
    environment = os.environ | {
        "CITYBRAIN_STORE_URL": NOWHERE,
        "CITYBRAIN_DATA": str(tmp_path),
        "CITYBRAIN_SCREENS_OPEN": "true",
        "CITYBRAIN_SCREENS_PORT": str(port),
    }
    child = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        eventually(lambda: httpx.get(f"http://127.0.0.1:{port}/healthz").is_success, timeout_s=180)
        with opened(f"127.0.0.1:{port}", "traffic", None) as viewer:
            viewer.recv(timeout=20)
            asked = time.monotonic()
            child.send_signal(signal.SIGTERM)
            assert child.wait(20) == 0
            assert time.monotonic() - asked < 15
    finally:
        child.kill()
        child.wait()
