"""When the door is closed, and why."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import NotCoordinatorError

from citybrain.floor.settings import Settings
from connectors.door.backpressure import SINK_GROUP, Budget, Pressure, PressureSight, judge
from connectors.waiting_rows import RecordSize, WaitingRows

WELL = PressureSight("", (10, 10), RecordSize(0, 0), 10_000)
SPOTS = [TopicPartition("city.events", at) for at in range(2)]


@pytest.mark.parametrize(
    ("sight", "reason"),
    [
        (WELL, ""),
        (PressureSight(), "Kafka cannot take anything now: not connected yet"),
        (replace(WELL, kafka="away"), "Kafka cannot take anything now: away"),
        (
            replace(WELL, free_mb=511),
            "the disk has 511 MiB left, less than the 512 MiB that are kept free",
        ),
        (replace(WELL, free_mb=512), ""),
        (
            replace(WELL, waiting=RecordSize(1_000_001, 0)),
            "the store is 1000001 rows behind, more than the 1000000 allowed",
        ),
        (replace(WELL, waiting=RecordSize(1_000_000, 0)), ""),
        (
            replace(WELL, waiting=RecordSize(0, 513 * 1024 * 1024)),
            "the store is 513 MiB behind, more than the 512 allowed",
        ),
        (replace(WELL, waiting=RecordSize(0, 512 * 1024 * 1024)), ""),
    ],
)
def test_judge_says_why_nothing_may_be_taken_in(sight: PressureSight, reason: str) -> None:
    assert judge(sight, Settings()) == reason


class Admin:
    """Tells the offsets that it was given."""

    def __init__(self, committed: dict[int, int], earliest: int = 0) -> None:
        self.committed, self.earliest = committed, earliest
        self.error: Exception | None = None

    def list_group_offsets(self, asked: dict[str, Any]) -> dict[str, Any]:
        if self.error:
            raise self.error
        found = {SPOTS[at]: SimpleNamespace(offset=done) for at, done in self.committed.items()}
        return {SINK_GROUP: found} if found and set(asked) == {SINK_GROUP} else {}

    def list_partition_offsets(self, asked: dict[TopicPartition, Any]) -> dict[Any, Any]:
        assert set(asked.values()) == {OffsetSpec.EARLIEST}
        return {spot: SimpleNamespace(offset=self.earliest) for spot in asked}


@pytest.mark.parametrize(
    ("committed", "lag"),
    [
        pytest.param({0: 100, 1: 50}, 0, id="done"),
        pytest.param({0: 90, 1: 50}, 10, id="behind"),
        pytest.param({0: 100}, 30, id="one partition was never read"),
        pytest.param({0: 100, 1: -1}, 30, id="nothing committed"),
        pytest.param({}, 110, id="the sink never came"),
    ],
)
def test_lag_counts_what_the_sink_never_read(committed: dict[int, int], lag: int) -> None:
    ends = dict(zip(SPOTS, (100, 50), strict=True))
    admin: Any = Admin(committed, earliest=20)
    waiting = WaitingRows()
    waiting.note(2, 0, RecordSize(7, 70))  # what it knows says how large those of others are
    behind = Pressure(Settings(), waiting=waiting)._behind_by(admin, ends)
    assert behind == RecordSize(7 * lag, 70 * lag)


def test_lag_stays_what_it_was_while_the_broker_looks_for_its_coordinator() -> None:
    pressure, admin = Pressure(Settings()), Admin({})
    pressure.sight = replace(WELL, waiting=RecordSize(7, 70))
    admin.error = NotCoordinatorError()
    found = pressure._behind_by(admin, dict.fromkeys(SPOTS, 9))  # type: ignore[arg-type]
    assert found == RecordSize(7, 70)


def test_budget_gives_no_more_than_it_has() -> None:
    budget = Budget(10)
    assert [budget.take(6), budget.take(5), budget.take(4)] == [True, False, True]
    budget.give(6)
    assert budget.take(6)
