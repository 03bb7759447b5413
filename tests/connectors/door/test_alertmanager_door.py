"""Alerts of Prometheus and Grafana come in by Alertmanager's own API."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.door.test_push_door import House

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
    ("one", "other"),
    [
        pytest.param(
            {"alertname": "一号水厂停机"}, {"alertname": "三号桥超载"}, id="chinese-names"
        ),
        pytest.param({"area": "150302"}, {"area": "150302003"}, id="areas"),
        pytest.param({"severity": "critical"}, {"severity": "warning"}, id="severities"),
        pytest.param({"instance": "db1"}, {"instance": "db2"}, id="instances"),
        pytest.param({"alertname": "Disk-Full"}, {"alertname": "Disk Full"}, id="names"),
    ],
)
@pytest.mark.parametrize("start", [None, "2026-11-23T11:50:00Z"])
def test_post_when_two_alerts_differ_in_any_label_then_they_are_two(
    tmp_path: Path, one: dict[str, str], other: dict[str, str], start: str | None
) -> None:
    plain = {"alertname": "DiskFull"}
    both = [{"labels": plain | labels, "startsAt": start} for labels in (one, other)]

    answer, told = post(tmp_path, both)

    assert answer.status == 200
    assert len({episode.alert for episode in told}) == 2


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("DiskFull", "external_diskfull"),
        ("Disk full", "external_disk_full"),
        ("一号水厂停机", "external_323b4743"),
        ("泵站 B2", "external_b2_"),
    ],
)
def test_rule_is_named_after_the_alert_so_that_it_can_be_silenced(
    tmp_path: Path, name: str, rule: str
) -> None:
    _, (told,) = post(tmp_path, [alert(labels={"alertname": name})])

    assert told.rule.startswith(rule)
    assert re.fullmatch(r"[a-z0-9_]+", told.rule)
    assert told.title.zh == name


def test_labels_and_both_annotations_are_in_sight(tmp_path: Path) -> None:
    labels = {"alertname": "DiskFull", "severity": "page", "instance": "db1", "mountpoint": "/var"}
    texts = {"summary": "disk of db1 is full", "description": "2 % are left"}

    _, (told,) = post(tmp_path, [alert(labels=labels, annotations=texts)])

    assert (told.level, told.subject) == ("red", "db1")
    assert told.summary.zh == "disk of db1 is full"
    assert told.evidence.words.zh == "2 % are left\ninstance=db1, mountpoint=/var"


def test_area_and_theme_of_the_city_place_an_alert_and_others_stay_in_sight(tmp_path: Path) -> None:
    known = {"alertname": "Jam", "area": "150302003", "theme": "traffic", "severity": "P2"}
    strange = {"alertname": "Jam", "area": "999", "theme": "nonsense", "severity": "dire"}

    _, (placed, lost) = post(tmp_path, [alert(labels=known), alert(labels=strange)])

    assert (placed.area, placed.theme, placed.level, placed.key) == (
        *("150302003", "traffic", "orange"),
        {},
    )
    assert (lost.area, lost.theme, lost.level) == ("", "", "yellow")
    assert lost.evidence.words.zh == "area=999, severity=dire, theme=nonsense"


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
