"""Alerts of Prometheus and Grafana come in by Alertmanager's own API."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.test_door import House

PATH = "/api/v2/alerts"


def alert(**given: Any) -> dict[str, Any]:
    plain = {
        "labels": {"alertname": "DiskFull", "severity": "critical", "instance": "db1"},
        "annotations": {"summary": "disk of db1 is full"},
        "startsAt": "2026-11-23T11:50:00Z",
    }
    return {**plain, **given}


def post(folder: Path, body: Any, headers: dict[str, str] | None = None) -> tuple[Any, list[Any]]:
    """Return the answer to a POST of `body`, and what was told because of it."""
    house = House(folder)
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    try:
        return asyncio.run(house.client.post(PATH, data, headers)), house.told
    finally:
        house.door.close()
        house.ledger.close()


def test_post_when_an_alert_fires_then_it_is_an_episode_of_an_external_rule(tmp_path: Path) -> None:
    answer, (told,) = post(tmp_path, [alert()])

    assert answer.status == 200
    assert (told.rule, told.level, told.state) == ("external_diskfull", "red", "firing")
    assert (told.key, told.departments) == ({"instance": "db1"}, ("works",))
    assert told.summary.en == "disk of db1 is full"


def test_post_when_it_is_sent_again_and_then_resolved_then_it_is_the_same_alert(
    tmp_path: Path,
) -> None:
    over = alert(endsAt="2026-11-23T11:59:00Z")
    future = alert(endsAt="2026-11-23T12:04:00Z")

    _, told = post(tmp_path, [alert(), future, over])

    assert len({one.alert for one in told}) == 1
    assert [one.state for one in told] == ["firing", "firing", "ended"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "message"),
    [
        pytest.param(
            [alert()], {"Authorization": "Bearer nobody"}, 401, "no such API key", id="no-key"
        ),
        pytest.param(
            b"{}", None, 400, "not a list of alerts: Expected `array`, got `object`", id="no-list"
        ),
        pytest.param(
            [alert(), {"labels": {}}], None, 400, "alert 1 has no label 'alertname'", id="no-name"
        ),
        pytest.param([alert()] * 1001, None, 413, "1001 alerts", id="many"),
    ],
)
def test_post_when_it_is_wrong_then_nothing_is_told_and_it_says_why(
    tmp_path: Path, body: Any, headers: Any, status: int, message: str
) -> None:
    answer, told = post(tmp_path, body, headers)

    assert (answer.status, told) == (status, [])
    assert answer.json["error"]["message"] == message
