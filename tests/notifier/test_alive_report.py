"""Somebody outside hears that alarms can come, and nothing when they cannot."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from citybrain.floor import bus
from citybrain.floor.alarm_path import SignOfLife
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.floor.topics import HEARTBEATS
from notifier.alive_report import AliveReport

pytestmark = pytest.mark.services


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted."""

    heard: list[dict[str, str]]

    def do_POST(self) -> None:
        self.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[tuple[list[dict[str, str]], Path]]:
    """What a receiver heard, and the file of its address."""
    kept: list[dict[str, str]] = []
    handler = type("Handler", (Receiver,), {"heard": kept})
    server = http.server.HTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    file = tmp_path / "alive.url"
    file.write_text(f"http://127.0.0.1:{server.server_port}/ping/secret\n")
    try:
        yield kept, file
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def sign(settings: Settings, process: str, age_s: float) -> None:
    at = SystemClock().now() - timedelta(seconds=age_s)
    producer = bus.producer(settings)
    value = msgspec.json.encode(SignOfLife(process, at))
    producer.send(HEARTBEATS.name, value, process.encode()).get(timeout=10)
    producer.close()


def test_report_while_both_give_signs_and_silence_when_one_stands(
    live_settings: Settings, heard: tuple[list[dict[str, str]], Path]
) -> None:
    kept, file = heard
    bus.ensure_topics(live_settings)
    report = AliveReport(replace(live_settings, alive_url_file=file), SystemClock())
    sign(live_settings, "notify", 1)
    sign(live_settings, "ruler", 300)
    assert report.report() == "no alarm can come: ruler stands"
    assert kept == []
    sign(live_settings, "ruler", 1)
    assert report.report() == ""
    assert [one["status"] for one in kept] == ["alive"]


def test_problem_never_shows_the_address(live_settings: Settings, tmp_path: Path) -> None:
    file = tmp_path / "alive.url"
    bus.ensure_topics(live_settings)
    for process in ("ruler", "notify"):
        sign(live_settings, process, 0)
    report = AliveReport(replace(live_settings, alive_url_file=file), SystemClock())
    assert "No such file" in report.report()
    file.write_text("ftp://secret.example")
    assert report.report() == f"{file}: holds no address that begins with http:// or https://"
    file.write_text("http://127.0.0.1:9/secret-word")
    assert "secret-word" not in report.report()
    assert report.report().startswith("not reported: ")
