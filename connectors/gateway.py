"""The gateway process: the push door and the fetching connectors."""

from __future__ import annotations

import gc
import logging

import structlog
import uvicorn

from citybrain import log as logs
from citybrain.clock import SystemClock
from citybrain.config import load_city
from citybrain.config.records import City
from citybrain.settings import Settings
from connectors.alertmanager import AlertDoor
from connectors.application import Service, make_application
from connectors.backpressure import Budget, Pressure
from connectors.door import Door
from connectors.idempotency import Ledger, landed_parts, ledger_path
from connectors.keys import KeyRing
from connectors.metrics import Metrics
from connectors.once import Once
from connectors.outlet import Outlet
from connectors.runner import Runner
from connectors.tools import Tools

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
    city = load_city(settings.city_folder)
    server = uvicorn.Server(
        uvicorn.Config(
            make_application(make_service(settings, city)),
            host=settings.gateway_host,
            port=settings.gateway_port,
            http="httptools",
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


def make_service(settings: Settings, city: City) -> Service:
    """Put the parts of the gateway together."""
    metrics, clock, budget = Metrics(), SystemClock(), Budget()
    outlet = Outlet(settings)
    any_feed = next(iter(city.feeds), "")
    pressure = Pressure(settings, prepare=lambda: _connect(outlet, any_feed))
    ledger = Ledger(ledger_path(settings.data))
    once = Once(ledger, lambda standing: landed_parts(settings, standing.attempts))
    ring = KeyRing(settings.keys_path)
    tools = Tools(outlet, pressure, once, ring.department, clock, metrics, budget)
    door = Door(city, tools)
    runner = Runner(city, settings, held=pressure.reason)
    metrics.watch(lambda: budget.used, lambda: bool(pressure.reason()))
    metrics.watch_lag(lambda: pressure.sight.lag)
    metrics.watch_fetching(runner.states)

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
        outlet.close()
        log.info("gateway_ended")

    alerts = AlertDoor(outlet.tell, ring.department, clock, city)
    return Service(door, pressure, metrics, alerts, start, stop)


def _connect(outlet: Outlet, feed: str) -> None:
    """Connect the producer outside of the event loop, which must not wait for it."""
    outlet.partition(feed)
