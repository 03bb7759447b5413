"""Read `city.commands` by a plain consumer, in a thread; see `streams.owned.records_agent`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

import structlog
from kafka import TopicPartition

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import COMMANDS

log = structlog.get_logger(__name__)

PAUSE_S = 1.0
POLL_MS = 1_000


async def read_commands(
    settings: Settings, first: int
) -> AsyncIterator[Sequence[tuple[int, bytes]]]:
    """Yield the records of `city.commands` from offset `first` on, as they come."""
    queue: asyncio.Queue[Sequence[tuple[int, bytes]]] = asyncio.Queue(maxsize=10)
    loop, stop = asyncio.get_running_loop(), threading.Event()

    def put(records: Sequence[tuple[int, bytes]]) -> None:
        asyncio.run_coroutine_threadsafe(queue.put(records), loop).result()

    reading = threading.Thread(target=_read, args=(settings, first, put, stop), daemon=True)
    reading.start()
    try:
        while True:
            yield await queue.get()
    finally:
        stop.set()


def _read(
    settings: Settings,
    first: int,
    put: Callable[[Sequence[tuple[int, bytes]]], None],
    stop: threading.Event,
) -> None:
    spot = TopicPartition(COMMANDS.name, 0)
    while not stop.is_set():
        try:
            reader = bus.consumer(settings, fetch_max_wait_ms=POLL_MS)
        except BusError:
            stop.wait(PAUSE_S)
            continue
        try:
            reader.assign([spot])
            reader.seek(spot, max(first, reader.beginning_offsets([spot])[spot]))
            for records in _polled(reader, stop):
                put(records)
                first = records[-1][0] + 1
        except Exception as error:
            log.warning("commands_not_read", problem=repr(error), will="try again")
            stop.wait(PAUSE_S)
        finally:
            reader.close()


def _polled(reader: object, stop: threading.Event) -> Iterable[list[tuple[int, bytes]]]:
    while not stop.is_set():
        for records in reader.poll(timeout_ms=POLL_MS).values():  # type: ignore[attr-defined]
            if records:
                yield [(record.offset, record.value) for record in records]
