"""The second stage's agent: what Faust leaves out is read from the log."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from faust.types import TP

from citybrain.floor.clock import ManualClock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.topics import PARTIALS
from streams.runtime.metrics import StreamMetrics
from streams.windows.owners_agent import WindowOwners
from streams.windows.window_owner import WindowOwner
from tests.streams.flow import envelope, owner, records

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
LOG = records([envelope("levels", [(at, "level", 1.0)]) for at in range(6)])


def record(offset: int) -> tuple[int, bytes]:
    return offset, LOG[offset]


def merged(batches: list[list[int]]) -> tuple[WindowOwner, list[tuple[int, int, int]]]:
    """Return an owner that was given `batches` of offsets, and what was read from the log."""
    made, asked = owner(), []

    def read(partition: int, first: int, last: int) -> list[tuple[int, bytes]]:
        asked.append((partition, first, last))
        return [(offset, LOG[offset]) for offset in range(first, last + 1)]

    def load(_partition: int) -> WindowOwner:
        return made

    async def put_aside(failed: list[FailedRecord]) -> None:
        assert failed == []

    async def run() -> None:
        owners = WindowOwners(
            load,
            SimpleNamespace(put_aside=put_aside),  # type: ignore[arg-type]
            SimpleNamespace(),  # type: ignore[arg-type]
            StreamMetrics(),
            clock=ManualClock(START),
            read=read,
        )
        owners.assign([TP(PARTIALS.name, 0)])
        for batch in batches:
            await owners.merge(0, [record(offset) for offset in batch])

    asyncio.run(run())
    return made, asked


@pytest.mark.parametrize(
    ("batches", "asked"),
    [
        pytest.param([[0, 1, 2], [3, 4, 5]], [], id="whole"),
        pytest.param([[0, 1, 2], [1, 2, 3, 4, 5]], [], id="repeated"),
        pytest.param([[0, 1], [4, 5]], [(0, 2, 5)], id="gap between batches"),
        pytest.param([[0, 1, 3, 5]], [(0, 0, 5)], id="gaps in a batch"),
    ],
)
def test_merge_when_records_are_left_out_then_they_are_read_from_the_log(
    batches: list[list[int]], asked: list[tuple[int, int, int]]
):
    made, found = merged(batches)

    assert found == asked
    assert made.offset == 5
    assert made.tick(0, {}).health.to_pylist()[0]["accepted"] == 6
