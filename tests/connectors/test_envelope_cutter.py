"""Tables that are too large for an envelope, and the wait for Kafka's answers."""

from __future__ import annotations

import asyncio

import pyarrow as pa
import pytest
from kafka.errors import KafkaTimeoutError
from kafka.future import Future

from citybrain.floor.errors import BusError
from citybrain.floor.events import MAX_EVENTS
from connectors.envelope_cutter import MAX_BYTES, arrival, cut
from connectors.publisher import Shipment


def numbers(count: int) -> pa.Table:
    return pa.table({"number": pa.array(range(count), pa.int64())})


def texts(*sizes: int) -> pa.Table:
    return pa.table({"text": ["x" * size for size in sizes]})


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        pytest.param(numbers(0), [0], id="empty"),
        pytest.param(numbers(MAX_EVENTS), [MAX_EVENTS], id="just-fits"),
        pytest.param(numbers(MAX_EVENTS * 2 + 1), [MAX_EVENTS, MAX_EVENTS, 1], id="many-rows"),
        pytest.param(texts(*[MAX_BYTES // 3] * 4), [2, 2], id="many-bytes"),
        pytest.param(texts(MAX_BYTES + 1), [1], id="one-row-that-is-too-large"),
        pytest.param(texts(MAX_BYTES, 1, 1), [1, 2], id="one-large-row-among-small"),
    ],
)
def test_cut_when_a_table_is_large_then_slices_fit_and_hold_all_in_order(
    table: pa.Table, rows: list[int]
) -> None:
    slices = list(cut(table))

    assert [one.num_rows for one in slices] == rows
    assert pa.concat_tables(slices) == table


async def test_arrival_when_nothing_was_sent_then_does_not_wait() -> None:
    await asyncio.wait_for(arrival([]), 5)
    await asyncio.wait_for(arrival([Shipment(()), Shipment(())]), 5)


async def test_arrival_when_all_is_acknowledged_then_ends_with_the_last() -> None:
    first, second, third = promises = [Future() for _ in range(3)]
    waiting = asyncio.ensure_future(arrival([Shipment((first, second)), Shipment((third,))]))
    await asyncio.sleep(0)

    for promise in promises:
        assert not waiting.done()
        promise.success(None)
    await asyncio.wait_for(waiting, 5)


async def test_arrival_when_one_is_refused_then_says_so_after_all_have_answered() -> None:
    good, bad = Future(), Future()
    waiting = asyncio.ensure_future(arrival([Shipment((good, bad))]))
    await asyncio.sleep(0)
    bad.failure(KafkaTimeoutError("too slow"))
    await asyncio.sleep(0)

    assert not waiting.done()
    good.success(None)
    with pytest.raises(BusError, match=r"did not acknowledge: .*too slow"):
        await asyncio.wait_for(waiting, 5)


async def test_arrival_when_nobody_waits_any_more_then_a_late_answer_is_no_error() -> None:
    promise = Future()
    waiting = asyncio.ensure_future(arrival([Shipment((promise,))]))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    promise.success(None)
    await asyncio.sleep(0)
    assert waiting.cancelled()
