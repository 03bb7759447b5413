from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from citybrain.floor.errors import EnvelopeError
from sinks import topic_writer as module
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.table import TopicSource, find_tables
from sinks.topic_writer import TopicWriter
from tests.sinks.sample import event_rows
from tests.waiting import eventually

LONG_S = 60.0
ONE_ROW = event_rows(0, 0).nbytes


def decode(value: bytes) -> Any:
    """A record of the tests is the number of its rows."""
    try:
        return event_rows(0, 0, int(value))
    except ValueError as error:
        raise EnvelopeError("not a number") from error


@dataclass
class Message:
    offset: int
    value: bytes
    partition: int = 0


@dataclass
class Event:
    """Notes when it was acknowledged."""

    message: Message
    acked: bool = False

    def ack(self) -> bool:
        self.acked = True
        return True


@dataclass
class Store:
    """Stands in for the committer; an insert ends when the gate is open."""

    gate: threading.Event = field(default_factory=threading.Event)
    begun: list[tuple[int, ...]] = field(default_factory=list)
    refreshes: list[bool] = field(default_factory=list)
    problem: Exception | None = None

    def write(self, batch: RecordBatch, *, refresh: bool) -> None:
        self.begun.append(tuple(record.offset for record in batch.records))
        self.refreshes.append(refresh)
        assert self.gate.wait(10)
        if self.problem:
            raise self.problem


@dataclass
class WriterAtWork:
    """A writer that runs, and all around it."""

    writer: TopicWriter
    store: Store
    running: asyncio.Task[None]
    refused: list[tuple[int, str]]
    events: list[Event] = field(default_factory=list)

    async def put(self, value: str) -> None:
        event = Event(Message(len(self.events), value.encode()))
        self.events.append(event)
        await self.writer.put(event)  # type: ignore[arg-type]

    async def begins(self, *offsets: int) -> None:
        """Wait until an insert of these records has begun."""
        await so(lambda: self.store.begun[-1:] == [offsets])

    def acked(self) -> list[bool]:
        return [event.acked for event in self.events]


async def so(condition: Any) -> None:
    await asyncio.to_thread(eventually, condition, every_s=0.005)


@contextlib.asynccontextmanager
async def running_writer(
    flush_s: float = 0.0,
    unseen_s: float = 0.0,
    seen: Callable[[], bool] = lambda: True,
    few_s: float = 0.0,
    steady_s: float = 0.0,
) -> AsyncIterator[WriterAtWork]:
    source = find_tables()["events"].source
    assert source is not None
    store, refused = Store(), []

    async def unreadable(_topic: Any, _event: Any, record: TopicRecord) -> None:
        refused.append((record.offset, record.problem))

    waits = {"flush_s": flush_s, "few_s": few_s, "unseen_s": unseen_s, "steady_s": steady_s}
    given: TopicSource = replace(source, decode=decode, **waits)
    writer = TopicWriter(given, store, unreadable, seen)  # type: ignore[arg-type]
    running = asyncio.create_task(writer.run())
    try:
        yield WriterAtWork(writer, store, running, refused)
    finally:
        store.gate.set()
        await writer.idle()
        with contextlib.suppress(RuntimeError):
            await running


async def test_run_when_an_insert_is_through_then_acknowledges_what_was_in_it_and_nothing_else():
    async with running_writer() as at:
        await at.put("1")
        await at.begins(0)
        await at.put("1")
        assert at.acked() == [False, False]

        at.store.gate.set()
        await at.begins(1)

        assert at.acked()[0]
        await so(lambda: at.acked() == [True, True])


async def test_run_when_the_insert_fails_then_acknowledges_nothing_and_ends():
    async with running_writer() as at:
        at.store.problem = RuntimeError("the topic was made anew")
        at.store.gate.set()
        await at.put("1")

        with pytest.raises(RuntimeError, match=r"^the topic was made anew$"):
            await at.running
        assert at.acked() == [False]


async def test_run_when_records_come_while_an_insert_runs_then_they_share_the_next_one():
    async with running_writer() as at:
        await at.put("1")
        await at.begins(0)
        for _ in range(3):
            await at.put("1")

        at.store.gate.set()
        await at.begins(1, 2, 3)

        assert at.store.begun == [(0,), (1, 2, 3)]


async def test_run_when_the_first_record_came_then_waits_flush_s_for_others_to_share():
    async with running_writer(flush_s=0.4) as at:
        at.store.gate.set()
        await at.put("1")
        await at.put("1")
        assert at.store.begun == []

        await at.begins(0, 1)


async def test_run_when_few_rows_wait_then_a_little_longer_and_many_do_not(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(module, "FEW_ROWS", 10)
    async with running_writer(few_s=LONG_S) as at:
        at.store.gate.set()
        await at.put("5")
        await at.put("4")
        assert at.store.begun == []

        await at.put("1")
        await at.begins(0, 1, 2)


async def test_run_when_few_s_is_over_then_few_rows_are_inserted():
    async with running_writer(few_s=0.2) as at:
        at.store.gate.set()
        await at.put("1")

        await at.begins(0)


async def test_run_when_rows_keep_coming_then_only_the_first_are_inserted_at_once(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(module, "MAX_ROWS", 10)
    async with running_writer(steady_s=LONG_S) as at:
        at.store.gate.set()
        await at.put("1")
        await at.begins(0)
        await so(lambda: at.acked() == [True])

        await at.put("1")
        await at.put("1")
        assert at.store.begun == [(0,)]

        await at.put("8")
        await at.begins(1, 2, 3)


async def test_run_when_steady_s_has_passed_since_the_last_insert_then_rows_do_not_wait(
    monkeypatch: pytest.MonkeyPatch,
):
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    async with running_writer(steady_s=LONG_S) as at:
        at.store.gate.set()
        await at.put("1")
        await so(lambda: at.acked() == [True])
        now[0] += LONG_S

        await at.put("1")

        await at.begins(1)


async def test_run_when_nobody_looks_then_rows_wait_until_somebody_comes():
    looks = threading.Event()
    async with running_writer(unseen_s=LONG_S, seen=looks.is_set) as at:
        at.store.gate.set()
        await at.put("1")
        await at.put("1")
        assert at.store.begun == []

        looks.set()
        await at.begins(0, 1)


async def test_run_when_nobody_looks_and_unseen_s_is_over_then_inserts():
    async with running_writer(unseen_s=0.2, seen=lambda: False) as at:
        at.store.gate.set()
        await at.put("1")

        await at.begins(0)


async def test_run_when_nobody_looks_and_enough_rows_for_an_insert_came_then_they_do_not_wait(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(module, "ENOUGH_ROWS", 10)
    async with running_writer(unseen_s=LONG_S, seen=lambda: False) as at:
        at.store.gate.set()
        await at.put("9")
        await at.put("1")

        await at.begins(0, 1)


async def test_run_when_enough_rows_wait_then_does_not_wait_for_flush_s(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr(module, "MAX_ROWS", 10)
    async with running_writer(flush_s=LONG_S) as at:
        at.store.gate.set()
        await at.put("9")
        await at.put("1")

        await at.begins(0, 1)


@pytest.mark.parametrize(
    ("limit", "most", "values"),
    [
        pytest.param("MAX_ROWS", 10, ["6", "4"], id="rows"),
        pytest.param("MAX_BYTES", ONE_ROW + 2, ["1", "1"], id="bytes"),
        pytest.param("MAX_BYTES", 150, ["x" * 100, "x" * 50], id="bytes-that-cannot-be-read"),
    ],
)
async def test_put_when_too_much_waits_then_returns_only_when_there_is_room(
    monkeypatch: pytest.MonkeyPatch, limit: str, most: int, values: list[str]
):
    async with running_writer() as at:
        await at.put("1")
        await at.begins(0)
        monkeypatch.setattr(module, limit, most)
        for value in values:
            await asyncio.wait_for(at.put(value), 5)

        late = asyncio.create_task(at.put("1"))
        done, _ = await asyncio.wait([late], timeout=0.05)
        assert not done

        at.store.gate.set()
        await asyncio.wait_for(late, 5)
        await so(lambda: all(at.acked()))


async def test_put_when_a_record_cannot_be_read_then_reports_it_and_acknowledges_it_in_its_turn():
    async with running_writer() as at:
        await at.put("broken")
        await at.begins(0)

        assert at.refused == [(0, "not a number")]
        assert at.acked() == [False]

        at.store.gate.set()
        await so(lambda: at.acked() == [True])


async def test_run_when_partitions_moved_then_the_next_write_looks_around_once():
    async with running_writer() as at:
        at.store.gate.set()
        for _ in range(2):
            await at.put("1")
            await so(lambda: all(at.acked()))
        at.writer.rebalanced()
        for _ in range(2):
            await at.put("1")
            await so(lambda: all(at.acked()))

        assert at.store.refreshes == [True, False, True, False]


async def test_run_when_partitions_move_while_an_insert_runs_then_the_next_one_looks_around():
    async with running_writer() as at:
        await at.put("1")
        await at.begins(0)
        at.writer.rebalanced()
        await at.put("1")
        at.store.gate.set()
        await at.begins(1)

        assert at.store.refreshes == [True, True]


async def test_idle_when_an_insert_runs_then_waits_for_it_and_begins_no_other():
    async with running_writer() as at:
        await at.put("1")
        await at.begins(0)
        await at.put("1")

        idle = asyncio.create_task(at.writer.idle())
        done, _ = await asyncio.wait([idle], timeout=0.05)
        assert not done
        at.store.gate.set()
        await asyncio.wait_for(asyncio.gather(idle, at.running), 5)

        assert at.store.begun == [(0,)]
        assert at.acked() == [True, False]


async def test_idle_when_nothing_came_then_run_ends():
    async with running_writer() as at:
        await asyncio.wait_for(asyncio.gather(at.writer.idle(), at.running), 5)

        assert at.store.begun == []


async def test_idle_when_records_wait_for_others_then_ends_at_once_without_an_insert():
    async with running_writer(flush_s=LONG_S) as at:
        at.store.gate.set()
        await at.put("1")
        await asyncio.sleep(0)  # it begins to wait for others

        await asyncio.wait_for(asyncio.gather(at.writer.idle(), at.running), 5)

        assert (at.store.begun, at.acked()) == ([], [False])
