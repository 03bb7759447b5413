"""One event, followed from the department's request to the wall."""

from __future__ import annotations

import time

import pytest

from tests.acceptance.center import Center
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance


def test_event_from_the_door_to_the_list_on_the_wall(city_center: Center) -> None:
    text = f"a bench at the corner is broken {time.time_ns()}"
    with city_center.watch() as overall, city_center.watch("city_management") as own:
        event = city_center.push_one(text)
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
