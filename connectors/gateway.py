"""The gateway process: the push door and the fetching connectors."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Mapping

import structlog
import uvicorn

from citybrain.city import load_city
from citybrain.city.following import CheckedCity, Following, follow_city
from citybrain.city.records import City
from citybrain.floor import logs as logs
from citybrain.floor.clock import SystemClock
from citybrain.floor.heartbeat import Heart
from citybrain.floor.http_server import BoundedHttp
from citybrain.floor.settings import Settings
from connectors.door.alertmanager_door import AlertDoor
from connectors.door.application import GatewayService, make_application
from connectors.door.backpressure import Budget, Pressure
from connectors.door.batch_once import BatchOnce
from connectors.door.door_parts import DoorParts
from connectors.door.idempotency import BatchLedger, landed_parts, ledger_path
from connectors.door.keys import KeyRing
from connectors.door.metrics import GatewayMetrics
from connectors.door.push_door import PushDoor
from connectors.feed_faults import FeedFaultTeller
from connectors.fetch.runner import Runner
from connectors.fetch.source import sources
from connectors.mapping.feed_pace import FeedPace
from connectors.publisher import Publisher
from connectors.resends.known_records import KnownRecords
from connectors.told_faults import notes_of
from connectors.waiting_rows import WaitingRows

log = structlog.get_logger(__name__)
GRACE_S = 3
KEEP_ALIVE_S = 75
BACKLOG = 1024


def run(settings: Settings, checked: CheckedCity = load_city) -> None:
    """Serve until SIGTERM or SIGINT; `checked` reads the city's folder when it changed.

    Raises:
        ConfigError: the city's folder or the settings are wrong.
        OSError: the port is taken.
    """
    logs.configure(settings, process="gateway")
    # The client logs each retry; what comes of them is told by the door and the fetchers.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    heart = Heart("gateway", settings)
    heart.start()
    following = follow_city(settings.city_folder, checked)
    service = make_service(settings, following)

    async def beside() -> None:
        await asyncio.gather(heart.follow_loop(), following.run(service.reload))

    server = uvicorn.Server(
        uvicorn.Config(
            make_application(service, beside),
            host=settings.gateway_host,
            port=settings.gateway_port,
            http=BoundedHttp,
            loop="uvloop",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            date_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=GRACE_S,
        )
    )
    gc.freeze()
    server.run()


def make_service(settings: Settings, following: Following[City]) -> GatewayService:
    """Put the parts of the gateway together."""
    city = following.current
    metrics, clock, budget = GatewayMetrics(), SystemClock(), Budget()
    waiting, ledger = WaitingRows(), BatchLedger(ledger_path(settings.data))
    known = KnownRecords(city.feeds.values(), settings, ledger.others_live)
    kinds = sources()
    passive = {name for name, feed in city.feeds.items() if kinds[feed.source].open is None}
    fetching = set(city.feeds.keys() - passive)
    pushed = Publisher(settings, known.of(passive), waiting)
    fetched = Publisher(settings, known.of(fetching), waiting)
    any_feed = next(iter(city.feeds), "")
    pressure = Pressure(settings, lambda: _prepare(pushed, any_feed, known), waiting)
    once = BatchOnce(ledger, lambda standing: landed_parts(settings, standing.attempts))
    ring = KeyRing(settings.keys_path)
    parts = DoorParts(pushed, pressure, once, ring.department, clock, metrics, budget)
    door = PushDoor(city, parts)
    runner = Runner(city, settings, held=pressure.reason, kinds=kinds, publisher=fetched)
    metrics.watch(lambda: budget.used, lambda: bool(pressure.reason()))
    metrics.watch_lag(lambda: pressure.sight.waiting.rows)
    metrics.watch_fetching(runner.states)
    metrics.watch_paces("door", door.paces)
    metrics.watch_paces("fetched", runner.paces)
    notes = notes_of(settings.data)
    faults = FeedFaultTeller(
        lambda: _paces(door.paces(), runner.paces()),
        pushed.send_episodes,
        notes,
        clock,
        lambda: following.refused,
    )

    def start() -> None:
        pressure.start()
        runner.start()
        faults.start()
        known.start(pressure.newest)
        log.info("gateway_started", feeds=len(city.feeds), port=settings.gateway_port)

    def stop() -> None:
        known.stop()
        faults.stop()
        runner.stop()
        pressure.stop()
        door.close()
        once.close()
        ledger.close()
        pushed.close()
        log.info("gateway_ended")

    alerts = AlertDoor(pushed.send_episodes, parts, city)

    async def reload(city: City) -> None:
        known.reload(city.feeds.values())
        # Of a feed that is gone, or comes by the other way now, something may be under way.
        passive.update(one.id for one in city.feeds.values() if kinds[one.source].open is None)
        fetching.update(one.id for one in city.feeds.values() if kinds[one.source].open)
        pushed.reload(known.of(passive))
        fetched.reload(known.of(fetching))
        await door.reload(city)
        alerts.city = city
        await asyncio.to_thread(runner.reload, city)

    return GatewayService(door, pressure, metrics, alerts, start, stop, reload)


def _paces(
    pushed: Mapping[str, FeedPace], fetched: Mapping[str, FeedPace]
) -> list[tuple[str, FeedPace]]:
    """Return what is remembered of each feed, by the way that it comes."""
    return list({**pushed, **fetched}.items())


def _prepare(publisher: Publisher, feed: str, known: KnownRecords) -> None:
    """Connect and read outside of the event loop, which must not wait for it."""
    publisher.partition(feed)
    known.begin()
