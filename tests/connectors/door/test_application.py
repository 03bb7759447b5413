"""The application around the door: start and end, pages, senders that go away, faults."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from citybrain.floor.errors import BusError
from connectors.door.alertmanager_door import MOST_BYTES, AlertDoor
from connectors.door.application import GatewayService, make_application
from tests.connectors.door.test_push_door import PATH, House
from tests.fakes import Client

HEAD = {"Content-Type": "application/json", "Authorization": "Bearer works-key"}
ALERTS = "/api/v2/alerts"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    yield found
    found.door.close()
    found.ledger.close()


def application(house: House, send: Any = None, **more: Any) -> Any:
    """Return an application with the parts of `house`; alerts go to `send`."""
    alerts = AlertDoor(send or house.take, house.parts, house.city)
    return make_application(GatewayService(house.door, house.gate, house.metrics, alerts, **more))


async def test_lifespan_when_it_begins_and_ends_then_starts_and_stops(house: House) -> None:
    said: list[str] = []
    app = application(house, start=lambda: said.append("start"), stop=lambda: said.append("stop"))

    async with app.router.lifespan_context(app):
        assert said == ["start"]
    assert said == ["start", "stop"]


async def test_lifespan_when_it_fails_then_stops_all_the_same(house: House) -> None:
    said: list[str] = []
    app = application(house, stop=lambda: said.append("stop"))

    with pytest.raises(RuntimeError):
        async with app.router.lifespan_context(app):
            raise RuntimeError("a fault")
    assert said == ["stop"]


@pytest.mark.parametrize("path", [PATH, ALERTS])
async def test_post_when_the_sender_goes_away_then_nothing_is_taken(
    path: str, house: House
) -> None:
    told: list[dict[str, Any]] = []
    coming = iter([{"type": "http.request", "body": b"[", "more_body": True}])

    async def receive() -> dict[str, Any]:
        return next(coming, {"type": "http.disconnect"})

    async def send(message: dict[str, Any]) -> None:
        told.append(message)

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
        "scheme": "http", "server": ("127.0.0.1", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in HEAD.items()],
    }  # fmt: skip

    await application(house)(scope, receive, send)

    assert told[0]["status"] == 400
    assert (house.bus.rows(), house.told) == (0, [])


@pytest.mark.parametrize(
    ("why", "health", "ready"),
    [("", 200, 200), ("Kafka is away", 200, 503)],
    ids=["open", "closed"],
)
async def test_pages_when_the_gate_is_open_or_closed_then_say_so(
    why: str, health: int, ready: int, house: House
) -> None:
    house.gate.why = why
    client = Client(application(house))

    alive, takes = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status, alive.json) == (health, {"live": True, "ready": not why, "reason": why})
    assert (takes.status, takes.json) == (ready, {"ready": not why, "reason": why})


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        pytest.param("/nothing", 404, "unknown_path", id="unknown-path"),
        pytest.param(ALERTS, 405, "wrong_method", id="wrong-method"),
    ],
)
async def test_request_when_nothing_fits_it_then_says_what(
    path: str, status: int, code: str, house: House
) -> None:
    answer = await Client(application(house)).get(path)

    assert (answer.status, answer.json["error"]["code"]) == (status, code)


async def test_alerts_when_they_are_too_large_then_are_refused(house: House) -> None:
    client = Client(application(house), HEAD)

    answer = await client.post(ALERTS, [b" " * MOST_BYTES, b"[]", b"never read"])

    assert answer.status == 413
    assert answer.json["error"]["code"] == "too_large"


async def test_alerts_when_kafka_is_away_then_are_to_be_sent_again(house: House) -> None:
    def away(*_told: object) -> None:
        raise BusError("Kafka 127.0.0.1:1 takes nothing")

    client = Client(application(house, away), HEAD)
    answer = await client.post(ALERTS, b'[{"labels": {"alertname": "DiskFull"}}]')

    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert answer.json["error"]["message"] == "Kafka 127.0.0.1:1 takes nothing"


async def test_alerts_when_the_gateway_fails_then_says_so_and_keeps_the_cause_to_itself(
    house: House,
) -> None:
    def broken(*_told: object) -> None:
        raise ZeroDivisionError("secret")

    client = Client(application(house, broken), HEAD)
    with capture_logs() as lines, pytest.raises(ZeroDivisionError):  # Starlette raises it again
        await client.post(ALERTS, b'[{"labels": {"alertname": "DiskFull"}}]')

    assert [line["event"] for line in lines] == ["request_failed"]
