"""Run a Faust app as one process: until SIGTERM or Ctrl-C, or until it crashes."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Callable
from typing import NoReturn

import structlog
from faust import App

log = structlog.get_logger(__name__)

STOP_WITHIN_S = 4.0
QUIET = {"aiokafka": logging.CRITICAL, "kafka": logging.ERROR, "faust": logging.ERROR}
"""Libraries tell each failed attempt to connect, many a second; `Delivery` tells an outage once."""
FAILED = 70  # EX_SOFTWARE of sysexits.h


async def serve(app: App, close: Callable[[], Awaitable[None]]) -> NoReturn:
    """Start `app`, wait for the signal to stop, `close` and stop it, and end the process.

    What has not stopped in time is left behind: offsets are committed only for what is done, so
    the next worker repeats the rest.
    """
    for library, level in QUIET.items():
        logging.getLogger(library).setLevel(level)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    living = asyncio.create_task(_live(app))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([living, stopping], return_when=asyncio.FIRST_COMPLETED)
    if not stop.is_set():
        problem = living.exception() or app.crash_reason
        log.error("worker_crashed", problem=repr(problem))
        end(FAILED)
    await _stop(app, close)
    end(0)  # at once: a thread that waits for Kafka would keep the process


async def _live(app: App) -> None:
    await app.start()
    log.info("worker_started")
    await app.wait_until_stopped()


async def _stop(app: App, close: Callable[[], Awaitable[None]]) -> None:
    try:
        async with asyncio.timeout(STOP_WITHIN_S):
            await close()
            await app.stop()
        log.info("worker_stopped")
    except TimeoutError:
        log.warning("worker_stopped_late", after_s=STOP_WITHIN_S, left="the next worker repeats it")


def end(code: int) -> NoReturn:
    """End the process at once; nothing is committed that is not done."""
    os._exit(code)
