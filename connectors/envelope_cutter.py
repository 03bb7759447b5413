"""Cut a table of events into envelopes that fit a Kafka record, and await acknowledgements."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from citybrain.floor.errors import BusError
from citybrain.floor.events import MAX_EVENTS
from connectors.publisher import Shipment

MAX_BYTES = 4 * 1024 * 1024
"""Of a table before compression: half of what Kafka takes in a record."""


def cut(table: pa.Table) -> Iterator[pa.Table]:
    """Yield slices of `table` that fit an envelope, at least one, the same ones always."""
    if table.num_rows <= MAX_EVENTS and table.nbytes <= MAX_BYTES:
        yield table
        return
    if table.num_rows > MAX_EVENTS:
        for first in range(0, table.num_rows, MAX_EVENTS):
            yield from cut(table.slice(first, MAX_EVENTS))
        return
    half = table.num_rows // 2
    if half == 0:
        yield table
        return
    yield from cut(table.slice(0, half))
    yield from cut(table.slice(half))


async def arrival(shipments: Sequence[Shipment]) -> None:
    """Wait until Kafka acknowledged all of `shipments`.

    Raises:
        BusError: it refused some of it, or did not answer in the producer's time.
    """
    promises = [promise for shipment in shipments for promise in shipment.promises]
    loop = asyncio.get_running_loop()
    everything = loop.create_future()
    _Count(promises, loop, everything).start()
    await everything


class _Count:
    """Counts Kafka's answers in its own thread, and wakes the event loop once."""

    def __init__(
        self, promises: list[Any], loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]
    ) -> None:
        self._promises, self._loop, self._done = promises, loop, done
        self._open = len(promises)
        self._lock = threading.Lock()
        self._error: BaseException | None = None

    def start(self) -> None:
        if not self._promises:
            self._tell()
        for promise in self._promises:
            promise.add_callback(self._good)
            promise.add_errback(self._bad)

    def _good(self, _receipt: Any) -> None:
        with self._lock:
            self._open -= 1
            last = self._open == 0
        if last:
            self._loop.call_soon_threadsafe(self._tell)

    def _bad(self, error: BaseException) -> None:
        self._error = error
        self._good(None)

    def _tell(self) -> None:
        if self._done.done():
            return
        if self._error is None:
            self._done.set_result(None)
        else:
            problem = BusError(f"Kafka did not acknowledge: {self._error!r}")
            self._done.set_exception(problem)
