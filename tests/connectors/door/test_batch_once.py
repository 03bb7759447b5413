"""A batch is worked on once, whoever sends it again, and whenever."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from citybrain.floor.errors import BusError
from connectors.door.answers import Answer, DoorRefusal
from connectors.door.batch_once import REPLAYED, UNSURE_S, BatchOnce, PushedBatch
from connectors.door.idempotency import KEPT, BatchLedger, BatchStanding
from connectors.fetch.source import EnvelopeReceipt

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DONE = Answer(202, b"{}")


def batch(digest: bytes = b"d", *, name: str = "n", at: datetime = NOW) -> PushedBatch:
    return PushedBatch("f", name, digest, EnvelopeReceipt(0, 1), at)


class Work:
    """Counts how often it is done, and what it was told; fails if told to."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls: list[tuple[frozenset[str], bool]] = []
        self.go = asyncio.Event()
        self.go.set()

    async def __call__(self, landed: frozenset[str], again: bool) -> Answer:
        self.calls.append((landed, again))
        await self.go.wait()
        if self.error is not None:
            raise self.error
        return DONE


def landed(standing: BatchStanding) -> frozenset[str]:
    return frozenset(f"n#{index}" for index, _ in enumerate(standing.attempts))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[BatchLedger]:
    found = BatchLedger(tmp_path / "batches.sqlite")
    yield found
    found.close()


@pytest.fixture
def once(ledger: BatchLedger) -> Iterator[BatchOnce]:
    found = BatchOnce(ledger, landed)
    yield found
    found.close()


async def test_run_when_a_batch_comes_again_then_its_first_answer_is_given(once: BatchOnce) -> None:
    work = Work()

    assert await once.run(batch(), work) == DONE
    assert await once.run(batch(), work) == Answer(202, b"{}", REPLAYED)
    assert work.calls == [(frozenset(), False)]


async def test_run_when_it_comes_twice_at_a_time_then_both_get_the_answer_of_one_work(
    once: BatchOnce,
) -> None:
    work = Work()
    work.go.clear()
    first = asyncio.ensure_future(once.run(batch(), work))
    while not work.calls:
        await asyncio.sleep(0)
    second = asyncio.ensure_future(once.run(batch(), work))
    with pytest.raises(DoorRefusal) as caught:
        await once.run(batch(b"other"), work)
    work.go.set()

    assert await first == DONE
    assert (await second).headers == REPLAYED
    assert (caught.value.status, caught.value.code) == (422, "key_reused")
    assert len(work.calls) == 1


async def test_run_when_another_body_comes_under_the_key_then_it_is_refused(
    once: BatchOnce,
) -> None:
    await once.run(batch(), Work())

    with pytest.raises(DoorRefusal) as caught:
        await once.run(batch(b"other"), Work())
    assert caught.value.code == "key_reused"


async def test_run_when_the_work_failed_then_a_retry_waits_and_then_does_the_rest(
    ledger: BatchLedger, once: BatchOnce
) -> None:
    failing = Work(RuntimeError("lost"))
    with pytest.raises(RuntimeError):
        await once.run(batch(), failing)
    with pytest.raises(DoorRefusal) as caught:
        await once.run(batch(), Work())
    after_restart = BatchOnce(ledger, landed)
    work = Work()

    assert (caught.value.code, caught.value.retry_s) == ("outcome_unknown", UNSURE_S)
    assert await after_restart.run(batch(at=NOW + timedelta(seconds=20)), work) == DONE
    assert work.calls == [(frozenset({"n#0"}), True)]
    after_restart.close()


async def test_run_when_nothing_was_sent_then_a_retry_need_not_wait(once: BatchOnce) -> None:
    with pytest.raises(DoorRefusal):
        await once.run(batch(), Work(DoorRefusal(429, "held", "full", "later")))

    assert await once.run(batch(), Work()) == DONE


async def test_run_when_another_gateway_works_on_it_then_its_outcome_is_unknown_yet(
    once: BatchOnce, tmp_path: Path
) -> None:
    other = BatchLedger(tmp_path / "batches.sqlite")
    other.claim("f", "n", b"d", behind=EnvelopeReceipt(0, 1), now=NOW)
    work = Work()

    with pytest.raises(DoorRefusal) as caught:
        await once.run(batch(at=NOW + timedelta(seconds=1)), work)
    other.close()

    assert (caught.value.status, caught.value.code) == (503, "outcome_unknown")
    assert work.calls == []


async def test_run_when_kafka_cannot_say_what_landed_then_it_is_held(ledger: BatchLedger) -> None:
    def away(_standing: BatchStanding) -> frozenset[str]:
        raise BusError("Kafka is away")

    ledger.claim("f", "n", b"d", behind=EnvelopeReceipt(0, 1), now=NOW)
    once = BatchOnce(ledger, away)

    with pytest.raises(DoorRefusal, match="Kafka is away") as caught:
        await once.run(batch(), Work())
    once.close()

    assert (caught.value.status, caught.value.retry_s) == (429, 2)


async def test_run_when_the_ledger_cannot_be_written_then_says_so(tmp_path: Path) -> None:
    ledger = BatchLedger(tmp_path / "batches.sqlite")
    ledger.close()
    once = BatchOnce(ledger, landed)

    with pytest.raises(DoorRefusal) as caught:
        await once.run(batch(), Work())
    once.close()

    assert (caught.value.status, caught.value.code) == (503, "ledger_failed")
    assert isinstance(caught.value.__cause__, sqlite3.Error)


async def test_run_when_a_day_is_over_then_what_is_old_is_forgotten(
    ledger: BatchLedger, once: BatchOnce
) -> None:
    ledger.claim("f", "old", b"d", behind=EnvelopeReceipt(0, 1), now=NOW)

    await once.run(batch(at=NOW + KEPT + timedelta(seconds=1)), Work())

    assert ledger.forget(NOW + KEPT + timedelta(seconds=1)) == 0
