"""The sink: a Faust worker of group ``sink`` that puts topics into the store."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import structlog
from clickhouse_connect.driver.client import Client
from prometheus_client import start_http_server

from citybrain.city import City, load_city
from citybrain.city.following import CheckedCity, Following, follow_city
from citybrain.floor import bus, store
from citybrain.floor.errors import CityBrainError, ConfigError
from citybrain.floor.heartbeat import Heart
from citybrain.floor.settings import Settings
from sinks.insert import TIMEOUT_S
from sinks.migrations import Dialect, migrate
from sinks.outage import Patience, Stopped
from sinks.retention import apply_lossless, check_names
from sinks.scratch import sweep
from sinks.table import Table, find_tables
from sinks.topic_parts import SinkWorker

log = structlog.get_logger(__name__)

FAILED = 70  # EX_SOFTWARE of sysexits.h
CANNOT_GO_ON = 78  # EX_CONFIG of sysexits.h: a person has to do something
STOP_WITHIN_S = 4.0


def run(settings: Settings, checked: CheckedCity = load_city) -> None:
    """Run a sink until SIGTERM or SIGINT; `checked` reads the city's folder when it changed.

    Raises:
        ConfigError: the city's folder is wrong.
        SchemaError: a migration was changed after it had been applied, or is refused.
    """
    heart = Heart("sink", settings)
    heart.start()
    following = follow_city(settings.city_folder, checked)
    city = following.current
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if settings.metrics_port:
        start_http_server(settings.metrics_port)
    tables = find_tables()
    if faults := check_names(city, tables):
        raise ConfigError(faults)
    try:
        clients = prepare(settings, city, tables, stop)
        asyncio.run(_serve(settings, following, clients, stop, heart))
    except Stopped:
        return


def prepare(
    settings: Settings, city: City, tables: Mapping[str, Table], stop: threading.Event
) -> dict[str, Client]:
    """Wait for store and broker and bring both to what the code needs.

    Returns:
        A client for each table that a topic fills, by name.
    """
    dialect = Dialect(city.time_zone, settings.store_cluster)
    store_patience, broker_patience = Patience("store", stop), Patience("broker", stop)
    store_patience.until_done(lambda: prepare_store(settings, city, tables, dialect))
    broker_patience.until_done(lambda: bus.ensure_topics(settings))
    names = [table.name for table in tables.values() if table.source]
    return store_patience.until_done(
        lambda: {name: store.connect(settings, timeout_s=TIMEOUT_S) for name in names}
    )


def prepare_store(
    settings: Settings, city: City, tables: Mapping[str, Table], dialect: Dialect
) -> None:
    """Make the database, apply what migrations and retention it lacks, clean up.

    Retention that would delete rows is left to `citybrain retention apply`.
    """
    with store.connect(replace(settings, database="default")) as admin:
        create = f"CREATE DATABASE IF NOT EXISTS `{settings.database}` {{cluster}}"
        admin.command(dialect.render(create))
    with store.connect(settings, timeout_s=TIMEOUT_S) as client:
        migrate(client, tables, dialect)
        apply_lossless(client, tables, city, dialect)
        sweep(client)


async def _serve(
    settings: Settings,
    following: Following[City],
    clients: Mapping[str, Client],
    stop: threading.Event,
    heart: Heart,
) -> None:
    told = asyncio.Event()

    def tell() -> None:
        stop.set()
        told.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, tell)
    worker = SinkWorker(settings, following.current, clients, stop, heart)
    parts = [asyncio.create_task(part) for part in worker.parts()]
    watching = asyncio.create_task(following.run(partial(_reload, settings, worker, stop)))
    stopping = asyncio.create_task(told.wait())
    await asyncio.wait([*parts, stopping], return_when=asyncio.FIRST_COMPLETED)
    watching.cancel()
    failed = [part for part in parts if part.done()]
    if told.is_set() or stop.is_set():
        await _stop(worker, parts)
        return
    stop.set()
    problem = failed[0].exception() or worker.app.crash_reason
    if isinstance(problem, CityBrainError):
        sys.stderr.write(f"{problem}\n")
        os._exit(CANNOT_GO_ON)
    log.error("sink_crashed", problem=repr(problem), will="exit, to start anew")
    os._exit(FAILED)


async def _reload(
    settings: Settings, worker: SinkWorker, stop: threading.Event, city: City
) -> None:
    """Keep rows as long as `city` says: doors that go by it take in what the store must keep."""

    def apply() -> None:
        dialect = Dialect(city.time_zone, settings.store_cluster)
        with store.connect(settings, timeout_s=TIMEOUT_S) as client:
            apply_lossless(client, find_tables(), city, dialect)

    await asyncio.to_thread(Patience("store", stop).until_done, apply)
    worker.reload(city)


async def _stop(worker: SinkWorker, parts: list[asyncio.Task[None]]) -> None:
    """End in time: what is not done then is completed by the next sink."""
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await worker.close()
            for part in parts:
                part.cancel()  # some have no end of their own
            await asyncio.wait(parts)
    except TimeoutError:
        log.warning("sink_stopped_late", after_s=STOP_WITHIN_S, left="the next sink completes it")
        os._exit(0)
    log.info("sink_stopped")
