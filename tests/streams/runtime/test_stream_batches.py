"""A stream in batches: nothing left out, nothing looked for in vain."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from streams.runtime.stream_batches import batches_of
from tests.waiting import until


class Stream:
    """A Faust stream, as far as batches need one."""

    def __init__(self) -> None:
        self.coming: asyncio.Queue[Any] = asyncio.Queue()
        self.given = 0

    def noack(self) -> Stream:
        return self

    async def events(self) -> AsyncIterator[Any]:
        while (event := await self.coming.get()) is not None:
            if isinstance(event, Exception):
                raise event
            self.given += 1
            yield event


async def all_of(stream: Stream, most: int = 10, within_s: float = 0.0) -> list[list[Any]]:
    return [batch async for batch in batches_of(stream, most, within_s)]  # type: ignore[arg-type]


def coming(*events: Any) -> Stream:
    stream = Stream()
    for event in events:
        stream.coming.put_nowait(event)
    return stream


async def test_batches_when_more_come_than_fit_then_all_come_in_order() -> None:
    found = await all_of(coming(*range(1, 26), None))
    assert [event for batch in found for event in batch] == list(range(1, 26))
    assert max(map(len, found)) <= 10


async def test_batches_when_events_come_within_a_moment_then_they_share_a_batch() -> None:
    stream = coming(1)
    taking = asyncio.create_task(all_of(stream, within_s=0.2))
    await until(lambda: stream.given == 1)
    stream.coming.put_nowait(2)
    stream.coming.put_nowait(None)
    assert await taking == [[1, 2]]


async def test_batches_when_nobody_takes_them_then_no_more_wait_than_a_batch_holds() -> None:
    stream = coming(*range(1, 101))
    batches = batches_of(stream, 10, 0.0)  # type: ignore[arg-type]
    await anext(batches)
    for _ in range(50):
        await asyncio.sleep(0)
    assert stream.given <= 10 + 10 + 1
    await batches.aclose()  # type: ignore[attr-defined]


async def test_batches_when_the_stream_fails_then_what_came_is_given_and_the_failure_raised() -> (
    None
):
    failing = coming(1, RuntimeError("the broker is gone"))
    batches = batches_of(failing, 10, 0.0)  # type: ignore[arg-type]
    assert await anext(batches) == [1]
    with pytest.raises(RuntimeError, match=r"^the broker is gone$"):
        await anext(batches)


async def test_batches_when_they_are_no_longer_wanted_then_the_stream_is_let_go() -> None:
    stream = coming(1)
    taking = asyncio.create_task(all_of(stream))
    await until(lambda: stream.given == 1)
    taking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await taking
    assert [one for one in asyncio.all_tasks() if one is not asyncio.current_task()] == []
