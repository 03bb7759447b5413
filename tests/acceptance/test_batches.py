"""A wrong batch is taken back from rows, rollups and windows, and the right one is taken."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.city import KINDS_BY_THEME
from benchmarks.harness import ROOT
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings, to_environment
from tests.acceptance.center import Center, center
from tests.waiting import eventually

pytestmark = pytest.mark.acceptance
SUMS = {
    "events": "sum(sign) FROM events",
    "events_minute": "sum(events) FROM events_minute",
    "events_day": "sum(events) FROM events_day",
    "feed_totals": "sum(events) FROM feed_totals",
    "windows": "sum(events) FROM windows FINAL WHERE size_s = 60",
}


def batches(settings: Settings, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "citybrain.roof.cli", "batches", *arguments],
        cwd=ROOT,
        env=os.environ | to_environment(settings) | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def event(number: int) -> dict[str, Any]:
    return {
        "id": f"batch-{number}",
        "at": SystemClock().now().replace(second=0, microsecond=0).isoformat(),
        "kind": KINDS_BY_THEME["city_management"][0],
        "area": "150302003",
        "severity": 1,
        "value": 2.5,
        "subject": "x",
        "text": "of a file of the wrong month",
    }


def sums(running: Center) -> dict[str, int]:
    """Return what each place counts."""
    client = running.client()
    return {
        name: int(client.query(f"SELECT {question}").result_rows[0][0])
        for name, question in SUMS.items()
    }


def taken(running: Center, *events: dict[str, Any], key: str) -> int:
    """Push until the door takes it, as departments do; return how many rows were accepted."""
    answers: list[dict[str, Any]] = []

    def push() -> bool:
        status, answer = running.push(*events, key=key)
        answers.append(answer)
        return status == 202

    eventually(push, 120)
    return int(answers[-1]["accepted"])


def test_a_wrong_batch_is_withdrawn_and_the_right_one_is_taken(tmp_path: Path) -> None:
    with center(tmp_path) as running:
        settings, wrong = running.settings, [event(number) for number in range(3)]
        assert taken(running, *wrong, key="wrong-month") == 3
        assert taken(running, event(9), key="other") == 1
        eventually(lambda: sums(running) == dict.fromkeys(SUMS, 4), 120)

        shown = batches(settings, "withdraw", "wrong-month", "--reason", "x", "--dry-run")
        assert "rows      3 count of 3, in 1 envelopes" in shown
        done = batches(settings, "withdraw", "wrong-month", "--reason", "wrong month", "--yes")
        assert "3 rows taken back" in done
        eventually(lambda: sums(running) == dict.fromkeys(SUMS, 1), 120)

        again = batches(settings, "withdraw", "wrong-month", "--reason", "x", "--yes")
        assert "nothing of it counts; nothing was done" in again
        assert taken(running, *wrong, key="right-month") == 3
        eventually(lambda: sums(running) == dict.fromkeys(SUMS, 4), 120)
        listed = batches(settings, "list")
        sys.stdout.write(shown + done + again + listed)
        assert "withdrawn" in next(line for line in listed.splitlines() if "wrong-month" in line)
        audit = "SELECT user, target FROM audit WHERE action = 'withdraw_batch'"
        found = eventually(lambda: running.client().query(audit).result_rows, 60)
        assert [target for _, target in found] == ["wrong-month"]
