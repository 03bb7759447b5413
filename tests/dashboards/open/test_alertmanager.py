"""Alertmanager's API v2, read only: its documents, and the real `amtool` where it is installed."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from citybrain.alerts.records import Mute
from citybrain.floor.text import Text
from dashboards.open import alertmanager
from dashboards.open.alertmanager import AlertQuestion
from tests.dashboards.making import NOW, make_firing
from tests.dashboards.test_rights_matrix import OURS, THEIRS, House, living, silence_of
from tests.waiting import until

AMTOOL = os.environ.get("AMTOOL") or shutil.which("amtool")


def mute(kind: str) -> Mute:
    return Mute(kind=kind, by=f"{kind}-1", reason=Text("", ""))


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def rows(ask: AlertQuestion, **given: Any) -> list[Any]:
    return alertmanager.alerts([make_firing(**given)], {"a1": ["duty"]}, ask, NOW)


def test_alert_has_all_that_the_api_requires() -> None:
    [row] = rows(AlertQuestion())

    required = "annotations receivers fingerprint startsAt updatedAt endsAt status labels"
    assert set(required.split()) <= set(row)
    assert row["receivers"] == [{"name": "duty"}]
    assert set(row["status"]) == {"state", "silencedBy", "inhibitedBy", "mutedBy"}
    assert row["endsAt"] > row["startsAt"]


@pytest.mark.parametrize(
    ("kind", "state", "where"),
    [
        ("silence", "suppressed", "silencedBy"),
        ("inhibition", "suppressed", "inhibitedBy"),
        ("hours", "suppressed", "mutedBy"),
    ],
)
def test_alert_that_is_quiet_says_by_what(kind: str, state: str, where: str) -> None:
    [row] = rows(AlertQuestion(), mutes=(mute(kind),))

    assert (row["status"]["state"], row["status"][where]) == (state, [f"{kind}-1"])


@pytest.mark.parametrize(
    ("ask", "mutes", "shown"),
    [
        (AlertQuestion(active=False), (), False),
        (AlertQuestion(silenced=False), (), True),
        (AlertQuestion(silenced=False), (mute("silence"),), False),
        (AlertQuestion(inhibited=False), (mute("inhibition"),), False),
        (AlertQuestion(inhibited=False), (mute("silence"),), True),
        (AlertQuestion(receiver="nobody"), (), False),
        (AlertQuestion(receiver="duty"), (), True),
    ],
)
def test_alert_is_shown_where_it_is_asked_for(ask: AlertQuestion, mutes: Any, shown: bool) -> None:
    assert bool(rows(ask, mutes=mutes)) is shown


async def test_routes_answer_as_alertmanager_does(house: House) -> None:
    async with living(house), house.who("reader", ()) as client:
        found = {
            path: await client.get(path)
            for path in (
                "/api/v2/status",
                "/api/v2/alerts",
                "/api/v2/alerts/groups",
                "/api/v2/silences",
                f"/api/v2/silence/{OURS}",
                "/api/v2/receivers",
                "/-/healthy",
                "/-/ready",
                '/api/v2/alerts?filter=department="gas"',
                "/api/v2/alerts?active=false",
            )
        }
        bad = await client.get('/api/v2/alerts?filter=department=~"("')
        post = await client.post("/api/v2/silences", json={})

    assert {path: answer.status_code for path, answer in found.items()} == dict.fromkeys(found, 200)
    assert len(found["/api/v2/alerts"].json()) == 2
    assert len(found['/api/v2/alerts?filter=department="gas"'].json()) == 1
    assert found["/api/v2/alerts?active=false"].json() == []
    assert {one["id"] for one in found["/api/v2/silences"].json()} == {OURS, THEIRS}
    assert bad.status_code == 400
    assert "is not a regular expression" in bad.json()
    assert post.status_code in (403, 405)


async def test_routes_say_that_they_do_not_know_while_nothing_is_heard(house: House) -> None:
    async with house.who("reader", ()) as client:
        answers = [await client.get(path) for path in ("/api/v2/alerts", "/-/ready")]

    assert [one.status_code for one in answers] == [503, 503]


async def test_token_is_taken_as_a_password_too(house: House) -> None:
    async with living(house), house.who("reader", ()) as client:
        token = client.headers.pop("authorization").removeprefix("Bearer ")
        answer = await client.get("/api/v2/alerts", auth=httpx.BasicAuth("grafana", token))
        wrong = await client.get("/api/v2/alerts", auth=httpx.BasicAuth("grafana", token + "x"))

    assert (answer.status_code, wrong.status_code) == (200, 401)


@pytest.fixture
async def server(house: House) -> AsyncIterator[tuple[str, str]]:
    """Address of the server, and a token that reads."""
    with socket.socket() as spot:
        spot.bind(("127.0.0.1", 0))
        port = spot.getsockname()[1]
    config = uvicorn.Config(
        house.server, host="127.0.0.1", port=port, log_config=None, lifespan="off"
    )
    running = uvicorn.Server(config)
    async with living(house):
        task = asyncio.create_task(running.serve())
        await until(lambda: running.started)
        client = house.who("reader", ())
        yield f"http://127.0.0.1:{port}", client.headers["authorization"].removeprefix("Bearer ")
        running.should_exit = True
        await task


@pytest.mark.services
@pytest.mark.skipif(not AMTOOL, reason="needs amtool: go install .../alertmanager/cmd/amtool")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("alert", "query", "-o", "json"), 2),
        (("alert", "query", "-o", "json", 'department="gas"'), 1),
        (("alert", "query", "-o", "json", "alertname=nothing"), 0),
        (("silence", "query", "-o", "json"), 2),
        (("silence", "query", "-o", "json", 'department="gas"'), 1),
    ],
    ids=str,
)
async def test_amtool_reads_what_is_open(
    server: tuple[str, str], tmp_path: Path, arguments: tuple[str, ...], expected: int
) -> None:
    address, token = server
    config = tmp_path / "http.yml"
    config.write_text(f"authorization: {{type: Bearer, credentials: {token}}}\n")
    assert AMTOOL is not None
    process = await asyncio.create_subprocess_exec(
        AMTOOL,
        f"--alertmanager.url={address}",
        f"--http.config.file={config}",
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, problem = await process.communicate()

    assert process.returncode == 0, problem.decode()
    assert len(json.loads(said)) == expected


def test_silence_shows_its_conditions_as_the_api_names_them() -> None:
    silence = silence_of("gas", OURS)

    shown = alertmanager.silence(silence, silence.starts_at)

    assert shown["status"] == {"state": "active"}
    assert shown["matchers"][0] == {
        "name": "department",
        "value": "gas",
        "isRegex": False,
        "isEqual": True,
    }
