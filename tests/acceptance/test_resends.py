"""A record that is delivered again changes nothing, also when the gateway was killed meanwhile."""

from __future__ import annotations

import time
from http import HTTPStatus
from typing import Any

import pytest

from benchmarks.city import KINDS_BY_THEME
from citybrain.floor.clock import SystemClock
from tests.acceptance.center import Center
from tests.acceptance.test_faults import PATIENCE_S, assert_exactly_once
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance


def report(number: int) -> dict[str, Any]:
    return {
        "id": f"resent-{number}",
        "at": SystemClock().now().isoformat(),
        "kind": KINDS_BY_THEME["city_management"][0],
        "area": "150302003",
        "severity": 1,
        "value": 2.5,
        "subject": "bench-7",
        "text": "again and again",
    }


def delivered(center: Center, *events: dict[str, Any]) -> tuple[int, int]:
    """Send until the door takes it; return how many were accepted, and how many known."""
    answers: list[Any] = []

    def taken() -> bool:
        answers.append(center.push(*events))
        return bool(answers[-1][0] == HTTPStatus.ACCEPTED)

    eventually(taken, PATIENCE_S)
    said = answers[-1][1]
    return said["accepted"], said["known"]


def test_export_when_it_comes_again_each_night_then_each_record_is_there_once(
    city_center: Center,
) -> None:
    first = time.time_ns()
    export = [report(first + number) for number in range(1_500)]
    assert delivered(city_center, *export) == (1_500, 0)
    more = [report(first + number) for number in range(1_500, 1_600)]
    assert delivered(city_center, *export[:200], *more) == (100, 200)
    assert delivered(city_center, export[7], export[8]) == (0, 2)  # few: gathered
    city_center.accepted += 1_600

    old = city_center.kill("gateway")
    eventually(lambda: city_center.pid("gateway") not in {0, old}, PATIENCE_S)
    eventually(city_center.is_up, PATIENCE_S)
    assert delivered(city_center, *export, *more) == (0, 1_600)
    assert_exactly_once(city_center)
