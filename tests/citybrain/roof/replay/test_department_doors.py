"""The ways in: what is sent, and what the answer means."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest

from citybrain.city import City
from citybrain.floor.settings import Settings
from citybrain.roof.replay.department_doors import (
    DoorAway,
    DoorRefused,
    DropDoor,
    HttpDoor,
    ReplayParcel,
    TopicDoor,
)

RECORDS = pl.DataFrame({"id": ["a", "b"], "text": ["井盖", ""]})


class Gateway(BaseHTTPRequestHandler):
    """Answers what the test wants and remembers what it was asked."""

    answer: ClassVar[tuple[int, dict[str, str], bytes]] = (202, {}, b"{}")
    asked: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append((self.path, dict(self.headers), body))
        status, headers, content = self.answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[int]:
    Gateway.asked.clear()
    Gateway.answer = (202, {}, b'{"accepted": 2, "rejected": 0}')
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def push(gateway: int, tmp_path: Path) -> Iterator[HttpDoor]:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "government_services.key").write_text("s3cret\n")
    door = HttpDoor(Settings(data=tmp_path, gateway_port=gateway))
    yield door
    door.close()


def parcel(city: City, feed: str = "permits") -> ReplayParcel:
    return ReplayParcel(city.feeds[feed], f"{feed}-0-5000", RECORDS)


def test_push_when_taken_then_it_was_asked_rightly(push: HttpDoor, wuhai: City) -> None:
    assert push.bring(parcel(wuhai)) == 0

    path, headers, body = Gateway.asked[0]
    assert path == "/v1/feeds/permits/events"
    assert headers["Authorization"] == "Bearer s3cret"
    assert headers["Content-Type"] == "application/x-ndjson"
    assert headers["Idempotency-Key"] == "permits-0-5000"
    assert [json.loads(line) for line in body.splitlines()] == RECORDS.to_dicts()


def test_push_when_rows_are_rejected_then_their_number_is_told(push: HttpDoor, wuhai: City) -> None:
    Gateway.answer = (202, {}, b'{"accepted": 1, "rejected": 1}')

    assert push.bring(parcel(wuhai)) == 1


@pytest.mark.parametrize(
    ("answer", "scope", "wait_s"),
    [
        ((429, {"Retry-After": "7"}, b"slow"), "http_push", 7.0),
        ((429, {"Retry-After": "86400"}, b"slow"), "http_push", 60.0),
        ((503, {"Retry-After": "soon"}, b"away"), "http_push", 2.0),
        ((500, {}, b"oops"), "http_push", 2.0),
        ((401, {}, b"key"), "government_services", 10.0),
        ((403, {}, b"key"), "government_services", 10.0),
    ],
)
def test_push_when_not_now_then_says_who_is_away_and_for_how_long(
    push: HttpDoor,
    wuhai: City,
    answer: tuple[int, dict[str, str], bytes],
    scope: str,
    wait_s: float,
) -> None:
    Gateway.answer = answer

    with pytest.raises(DoorAway) as caught:
        push.bring(parcel(wuhai))

    assert (caught.value.scope, caught.value.wait_s) == (scope, wait_s)


def test_push_when_refused_for_good_then_unwanted(push: HttpDoor, wuhai: City) -> None:
    Gateway.answer = (413, {}, b'{"error": "too large"}')

    with pytest.raises(DoorRefused, match=r'gateway answers 413: \{"error": "too large"\}'):
        push.bring(parcel(wuhai))


def test_push_when_there_is_no_key_then_says_how_to_get_one(tmp_path: Path, wuhai: City) -> None:
    door = HttpDoor(Settings(data=tmp_path))

    with pytest.raises(DoorAway) as caught:
        door.bring(parcel(wuhai))

    assert str(caught.value) == (
        f"{tmp_path}/secrets/government_services.key cannot be read; "
        "issue the key with 'citybrain keys issue'"
    )
    assert caught.value.scope == "government_services"


def test_push_when_nobody_listens_then_away(push: HttpDoor, wuhai: City, tmp_path: Path) -> None:
    door = HttpDoor(Settings(data=tmp_path, gateway_port=1))

    with pytest.raises(DoorAway, match=r"gateway http://127\.0\.0\.1:1 does not answer"):
        door.bring(parcel(wuhai))
    door.close()


def test_drop_when_brought_then_the_file_appears_whole(wuhai: City, tmp_path: Path) -> None:
    DropDoor(Settings(data=tmp_path)).bring(parcel(wuhai, "greening_findings"))

    folder = tmp_path / "drop" / "greening_findings"
    assert [one.name for one in folder.iterdir()] == ["greening_findings-0-5000.csv"]
    text = (folder / "greening_findings-0-5000.csv").read_bytes().decode("gb18030")
    assert text == 'id,text\na,井盖\nb,""\n'


def test_drop_when_the_folder_cannot_be_made_then_away(wuhai: City, tmp_path: Path) -> None:
    (tmp_path / "drop").write_text("")

    with pytest.raises(DoorAway, match="cannot write"):
        DropDoor(Settings(data=tmp_path)).bring(parcel(wuhai, "drain_levels"))


def test_topic_when_no_broker_then_away(wuhai: City, tmp_path: Path) -> None:
    door = TopicDoor(Settings(data=tmp_path, kafka="127.0.0.1:1"))

    with pytest.raises(DoorAway) as caught:
        door.bring(parcel(wuhai, "ndw_lanes"))

    assert str(caught.value) == "Kafka 127.0.0.1:1: nobody listens there"
    assert caught.value.scope == "kafka"
    door.close()
