"""The gateway process: the push door and the fetching connectors."""

from __future__ import annotations

import gc
import logging

import structlog
import uvicorn

from citybrain.city import load_city
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
from connectors.fetch.runner import Runner
from connectors.publisher import Publisher
from connectors.waiting_rows import WaitingRows

log = structlog.get_logger(__name__)
GRACE_S = 3
KEEP_ALIVE_S = 75
BACKLOG = 1024


def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT.

    Raises:
        ConfigError: the city's folder or the settings are wrong.
        OSError: the port is taken.
    """
    logs.configure(settings, process="gateway")
    # The client logs each retry; what comes of them is told by the door and the fetchers.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    heart = Heart("gateway", settings)
    heart.start()
    city = load_city(settings.city_folder)
    server = uvicorn.Server(
        uvicorn.Config(
            make_application(make_service(settings, city), heart.follow_loop),
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


def make_service(settings: Settings, city: City) -> GatewayService:
    """Put the parts of the gateway together."""
    metrics, clock, budget = GatewayMetrics(), SystemClock(), Budget()
    waiting = WaitingRows()
    publisher = Publisher(settings, waiting)
    any_feed = next(iter(city.feeds), "")
    pressure = Pressure(settings, lambda: _connect(publisher, any_feed), waiting)
    ledger = BatchLedger(ledger_path(settings.data))
    once = BatchOnce(ledger, lambda standing: landed_parts(settings, standing.attempts))
    ring = KeyRing(settings.keys_path)
    parts = DoorParts(publisher, pressure, once, ring.department, clock, metrics, budget)
    door = PushDoor(city, parts)
    runner = Runner(city, settings, held=pressure.reason)
    metrics.watch(lambda: budget.used, lambda: bool(pressure.reason()))
    metrics.watch_lag(lambda: pressure.sight.waiting.rows)
    metrics.watch_fetching(runner.states)
    metrics.watch_places(door.unplaced)

    def start() -> None:
        pressure.start()
        runner.start()
        log.info("gateway_started", feeds=len(city.feeds), port=settings.gateway_port)

    def stop() -> None:
        runner.stop()
        pressure.stop()
        door.close()
        once.close()
        ledger.close()
        publisher.close()
        log.info("gateway_ended")

    alerts = AlertDoor(publisher.send_episodes, parts, city)
    return GatewayService(door, pressure, metrics, alerts, start, stop)


def _connect(publisher: Publisher, feed: str) -> None:
    """Connect the producer outside of the event loop, which must not wait for it."""
    publisher.partition(feed)
