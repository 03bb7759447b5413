"""A record that is delivered again changes nothing, also when the gateway was killed meanwhile."""

from __future__ import annotations

import time
from typing import Any

import pytest

from benchmarks.city import KINDS_BY_THEME
from citybrain.floor.clock import SystemClock
from tests.acceptance.center import Center
from tests.acceptance.test_faults import PATIENCE_S, assert_exactly_once
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance


def report(number: int, text: str = "open") -> dict[str, Any]:
    return {
        "id": f"resent-{number}",
        "at": SystemClock().now().isoformat(),
        "kind": KINDS_BY_THEME["city_management"][0],
        "area": "150302003",
        "severity": 1,
        "value": 2.5,
        "subject": "bench-7",
        "text": text,
    }


def counts(said: dict[str, Any]) -> tuple[int, int, int]:
    return said["accepted"], said["known"], said["changed"]


def test_export_when_it_comes_again_each_night_then_each_record_is_there_once(
    city_center: Center,
) -> None:
    first = time.time_ns()
    export = [report(first + number) for number in range(1_500)]
    assert counts(city_center.push(*export)[1]) == (1_500, 0, 0)
    more = [report(first + number) for number in range(1_500, 1_600)]
    assert counts(city_center.push(*export[:200], *more)[1]) == (100, 200, 0)
    assert counts(city_center.push(export[7], export[8])[1]) == (0, 2, 0)  # few: gathered
    closed = export[9] | {"text": "closed"}
    assert counts(city_center.push(closed)[1]) == (1, 0, 1)
    city_center.accepted += 1_601

    old = city_center.kill("gateway")
    eventually(lambda: city_center.pid("gateway") not in {0, old}, PATIENCE_S)
    eventually(city_center.is_up, PATIENCE_S)
    assert counts(city_center.push(*export, *more, closed)[1]) == (0, 1_601, 0)
    assert_exactly_once(city_center)
    metrics = city_center.client().query(
        "SELECT count(), uniqExact(event_id) FROM events WHERE text IN ('open', 'closed')"
    )
    assert metrics.result_rows == [(1_601, 1_600)]
