"""One event, followed from the department's request to the wall."""

from __future__ import annotations

import http.client
import json
import time

import pytest

from benchmarks.city import KINDS_BY_THEME, feed_of
from citybrain.clock import SystemClock
from tests.acceptance.center import Center
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance


def test_event_from_the_door_to_the_list_on_the_wall(city_center: Center) -> None:
    text = f"a bench at the corner is broken {time.time_ns()}"
    event = {
        "id": f"one-{time.time_ns()}",
        "at": SystemClock().now().isoformat(),
        "kind": KINDS_BY_THEME["city_management"][0],
        "area": "150302003",
        "severity": 2,
        "value": 1,
        "subject": "bench-7",
        "text": text,
    }
    with city_center.watch() as overall, city_center.watch("city_management") as own:
        door = http.client.HTTPConnection("127.0.0.1", city_center.settings.gateway_port)
        door.request(
            "POST",
            f"/v1/feeds/{feed_of('city_management')}/events",
            json.dumps([event]),
            {
                "Authorization": f"Bearer {city_center.keys['city_management']}",
                "Content-Type": "application/json",
            },
        )
        answer = door.getresponse()
        said = json.loads(answer.read())
        assert (answer.status, said["accepted"], said["rejected"]) == (202, 1, 0)
        city_center.accepted += 1
        eventually(lambda: overall.lists(text) and own.lists(text), 60)
    rows = city_center.client().query(
        "SELECT feed, department, theme, kind, area, severity, subject FROM events "
        "WHERE text = {text:String}",
        parameters={"text": text},
    )
    assert rows.result_rows == [
        (
            "bench_city_management",
            "city_management",
            "city_management",
            event["kind"],
            "150302003",
            2,
            "bench-7",
        )
    ]
