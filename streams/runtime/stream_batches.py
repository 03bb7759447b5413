"""Take a Faust stream in batches, and sleep while nothing comes.

Faust's `take` and `noack_take` look for records every so often, however long none come: at ten
milliseconds that alone keeps a core busy for some percent. Here the first record of a batch is
waited for, and only then is it waited a moment for others.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

from faust import Stream
from faust.types import EventT, StreamT

Batch = list[EventT[bytes]]
_ENDED = object()


async def batches_of(stream: StreamT[Any], most: int, within_s: float) -> AsyncIterator[Batch]:
    """Yield the events of `stream` in their order; none is acknowledged.

    Args:
        stream: what an agent was given.
        most: events of a batch at the most; as many wait at the most while one is worked on.
        within_s: seconds that are waited for others after the first event of a batch.
    """
    waiting: asyncio.Queue[Any] = asyncio.Queue(most)
    feeding = asyncio.create_task(_feed(stream, waiting))
    try:
        while (first := await waiting.get()) is not _ENDED:
            if not waiting.full():
                await asyncio.sleep(within_s)
            batch, ended = _taken(first, waiting, most)
            yield batch
            if ended:
                break
        await feeding  # raises what it ended with
    finally:
        feeding.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await feeding


async def _feed(stream: StreamT[Any], waiting: asyncio.Queue[Any]) -> None:
    """Put each event into `waiting`, then the end, also where the stream fails."""
    try:
        async for event in cast("Stream[Any]", stream).noack().events():
            await waiting.put(event)
    except Exception:
        await waiting.put(_ENDED)
        raise
    await waiting.put(_ENDED)


def _taken(first: Any, waiting: asyncio.Queue[Any], most: int) -> tuple[Batch, bool]:
    """Return `first` and what else is there now, and whether the end is."""
    batch = [first]
    while len(batch) < most and not waiting.empty():
        event = waiting.get_nowait()
        if event is _ENDED:
            return batch, True
        batch.append(event)
    return batch, False
