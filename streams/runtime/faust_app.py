"""What every Faust worker here shares: how its app is tuned, its agents added, its end found."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog
from faust.types import StreamT

from citybrain.floor import bus
from citybrain.floor.errors import BusError
from citybrain.floor.settings import Settings
from citybrain.floor.topics import PARTIALS, Topic
from citybrain.floor.worker_app import WorkerApp, worker_app
from streams.runtime.serving import FAILED, end

log = structlog.get_logger(__name__)

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 5.0


def new_app(group: str, settings: Settings, partitions: int) -> WorkerApp:
    """Return a Faust app of consumer group `group`."""
    return worker_app(
        group,
        settings,
        topic_partitions=partitions,
        topic_replication_factor=settings.replication,
        # A record is an envelope of up to a megabyte: a few of them are plenty to work on.
        stream_buffer_maxsize=64,
        producer_linger=0.005,
        producer_max_batch_size=512 * 1024,
    )


def add_agent(
    app: WorkerApp, topic: Topic, name: str, run: Callable[[StreamT[Any]], Awaitable[None]]
) -> None:
    """Let `run` read `topic`; raw bytes, and no end but the process's."""
    channel = app.topic(
        topic.name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )

    async def agent(stream: StreamT[Any]) -> None:
        await guarded(name, partial(run, stream))()

    # Faust keeps agents by this name; two of the same would replace each other.
    agent.__qualname__ = name
    app.agent(channel, name=name)(agent)


async def prepare(settings: Settings) -> int:
    """Make the topics; return how many partitions they have. Waits for Kafka."""
    pause, told = FIRST_PAUSE_S, False
    while True:
        try:
            await asyncio.to_thread(bus.ensure_topics, settings)
            return await asyncio.to_thread(_partitions, settings)
        except BusError as error:
            if not told:
                log.warning("waiting_for_kafka", problem=str(error))
                told = True
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)


def _partitions(settings: Settings) -> int:
    """Return how many partitions the topics really have, whatever the setting says today.

    Raises:
        BusError: no broker answers, or it does not know the topics.
    """
    found = bus.partitions(settings, PARTIALS)
    if not found:
        raise BusError(f"Kafka {settings.kafka}: no topic {PARTIALS.name}; was it deleted?")
    return found


def guarded(name: str, run: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Return `run`, ending the process when it fails: Faust would go on without it."""

    async def guard() -> None:
        try:
            await run()
        except Exception:
            log.exception("part_failed", part=name, will="exit, to be started anew")
            end(FAILED)

    return guard
