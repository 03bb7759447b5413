"""Owners of partitions on topics in memory: taken over whole, whatever the size of their state."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from faust.types import TP

from citybrain.floor.bus import MAX_RECORD
from citybrain.floor.clock import ManualClock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.snapshot_parts import parts_of
from citybrain.floor.topics import PARTIALS, SNAPSHOTS, Topic
from streams.owned.owned import snapshot_messages
from streams.owned.restoring import Restoring
from streams.runtime.delivery import BusMessage
from streams.runtime.metrics import StreamMetrics
from streams.windows.loading import windows_restoring
from streams.windows.owners_agent import WindowOwners
from streams.windows.tumbling import CELL_SCHEMA
from streams.windows.window_owner import WindowOwner
from streams.windows.window_snapshot import encode_snapshot
from tests.streams.flow import NOON, PARTITIONS, envelope, feed, records
from tests.streams.windows.test_owners_agent import START

MIB = 1024 * 1024
OLD = records([envelope("levels", [(at, "level", 1.0)]) for at in range(6)])


class MemoryTopics:
    """Kafka's topics in memory, one partition each."""

    def __init__(self) -> None:
        self.logs: defaultdict[str, list[bytes]] = defaultdict(list)
        self.asked: list[tuple[str, int, int]] = []

    async def send(self, messages: Sequence[BusMessage]) -> None:
        for message in messages:
            assert len(message.value) <= MAX_RECORD
            self.logs[message.topic.name].append(message.value)

    async def put_aside(self, failed: Sequence[FailedRecord]) -> None:
        assert not failed

    def read(self, topic: Topic, _partition: int, first: int, last: int) -> list[tuple[int, bytes]]:
        self.asked.append((topic.name, first, last))
        return list(enumerate(self.logs[topic.name]))[max(first, 0) : last + 1]

    def end(self, topic: Topic, _partition: int) -> int:
        return len(self.logs[topic.name])

    def restoring(self) -> Restoring[WindowOwner]:
        progress: Any = SimpleNamespace(processed=lambda *_: None, backlog=dict)
        return windows_restoring(self.read, self.end, new_owner, progress)

    def owners(self) -> WindowOwners:
        progress: Any = SimpleNamespace(processed=lambda *_: None, backlog=dict)
        delivery: Any = self
        return WindowOwners(
            self.restoring().load,
            delivery,
            progress,
            StreamMetrics(),
            clock=ManualClock(START),
            read=lambda partition, first, last: self.read(PARTIALS, partition, first, last),
        )


def new_owner(partition: int) -> WindowOwner:
    return WindowOwner((feed("levels"),), PARTITIONS, partition)


def crowd(rows: int) -> pl.DataFrame:
    """Return so many cells of different areas, with measures that do not compress."""
    noise = np.random.default_rng(7)
    measures = {name: noise.random(rows) for name in ("sum", "squares", "min", "max")}
    columns = {
        "feed": ["levels"] * rows,
        "department": ["water"] * rows,
        "theme": ["city_management"] * rows,
        "kind": ["level"] * rows,
        "area": [f"{number:015d}" for number in range(rows)],
        "minute": [NOON] * rows,
        "events": noise.integers(1, 2**50, rows),
        "values": noise.integers(1, 2**50, rows),
        **measures,
        "parts": [1] * rows,
    }
    return pl.DataFrame(columns).select(CELL_SCHEMA.keys()).cast(pl.Schema(CELL_SCHEMA))


@pytest.mark.slow
def test_restart_when_the_state_is_40_mib_then_it_comes_back_whole_and_the_log_is_not_read() -> (
    None
):
    topics = MemoryTopics()
    topics.logs[PARTIALS.name] = list(OLD)

    async def first() -> WindowOwner:
        owners = topics.owners()
        owners.assign([TP(PARTIALS.name, 0)])
        owner = await owners.state(0)
        assert owner is not None
        owner._take(crowd(520_000))
        await owners.revoke([TP(PARTIALS.name, 0)])
        return owner

    before = asyncio.run(first())
    topics.asked.clear()
    after = topics.restoring().load(0)

    kept, again = (encode_snapshot(one.snapshot(0)) for one in (before, after))
    assert len(kept) > 40 * MIB
    assert len(topics.logs[SNAPSHOTS.name]) > 8
    assert after.offset == len(OLD) - 1
    assert again == kept
    assert (PARTIALS.name, len(OLD), len(OLD) - 1) in topics.asked


def test_restart_when_an_earlier_version_wrote_the_snapshot_then_it_is_read() -> None:
    topics, before = MemoryTopics(), new_owner(0)
    topics.logs[PARTIALS.name] = list(OLD)
    before.merge(list(enumerate(OLD[:4])))
    topics.logs[SNAPSHOTS.name] = [b"noise", encode_snapshot(before.snapshot(NOON))]

    after = topics.restoring().load(0)

    assert (PARTIALS.name, 4, 5) in topics.asked
    assert after.offset == 5
    assert after.tick(0, {}).health.to_pylist()[0]["accepted"] == 6


def test_restart_when_the_newest_snapshot_cannot_be_read_then_the_log_is_read_from_the_start() -> (
    None
):
    topics = MemoryTopics()
    topics.logs[PARTIALS.name] = list(OLD)
    restoring = topics.restoring()
    broken: list[BusMessage] = []
    broken += snapshot_messages(SNAPSHOTS, 0, 1, parts_of(3, b"no snapshot at all"))
    asyncio.run(topics.send(broken))

    after = restoring.load(0)

    assert (PARTIALS.name, 0, 5) in topics.asked
    assert after.tick(0, {}).health.to_pylist()[0]["accepted"] == 6


def test_save_when_nothing_changed_then_nothing_is_written() -> None:
    topics = MemoryTopics()
    topics.logs[PARTIALS.name] = list(OLD)

    async def run() -> None:
        owners = topics.owners()
        owners.assign([TP(PARTIALS.name, 0)])
        await owners.state(0)
        await owners.close()
        written = len(topics.logs[SNAPSHOTS.name])
        assert written == 1
        await owners.close()
        assert len(topics.logs[SNAPSHOTS.name]) == written

    asyncio.run(run())


def test_state_when_it_is_taken_away_while_it_loads_then_records_are_left_to_the_next_owner() -> (
    None
):
    topics = MemoryTopics()

    async def run() -> None:
        owners = topics.owners()
        owners.assign([TP(PARTIALS.name, 0)])
        merging = asyncio.ensure_future(owners.merge(0, list(enumerate(OLD))))
        await owners.revoke([TP(PARTIALS.name, 0)])
        await merging
        assert owners.loaded() == {}

    asyncio.run(run())
    assert topics.logs[SNAPSHOTS.name] == []
