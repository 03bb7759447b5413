"""The local store: chDB behind ClickHouse's own HTTP protocol, for this machine only.

So one code path, clickhouse-connect over HTTP, serves a laptop and a cluster. Only a program on
this machine that knows a password gets in: the socket is bound to loopback, the app refuses what a
browser sends on behalf of some page, and what each of the two users may say is a list.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psutil
import uvicorn

from citybrain.floor.errors import LaunchError
from citybrain.floor.settings import Settings

LOOPBACK = ("127.0.0.1", "::1", "localhost")
_GIB = 1024**3


def run(settings: Settings) -> None:
    """Serve the store of `settings` until SIGTERM or SIGINT.

    Raises:
        LaunchError: the address is not of this machine.
    """
    host, port = address(settings)
    _live_in_utc()
    from citybrain.roof.local.chdb_pool import ChdbPool, Limits  # noqa: PLC0415  # reads TZ when loaded
    from citybrain.roof.local.engine_config import write_config  # noqa: PLC0415
    from citybrain.roof.local.store_app import StoreApp  # noqa: PLC0415
    from citybrain.roof.local.store_users import users_of  # noqa: PLC0415

    folder = settings.data / "store"
    folder.mkdir(parents=True, exist_ok=True)
    rights = settings.data / "run" / "store-rights.xml"
    write_config(rights.resolve())
    engine = ChdbPool(folder, rights, Limits(memory=memory()))
    config = uvicorn.Config(
        StoreApp(engine, users_of(settings)),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        lifespan="on",
        timeout_keep_alive=120,
        timeout_graceful_shutdown=3,
    )
    _Server(config).run()


def address(settings: Settings) -> tuple[str, int]:
    """Return host and port to listen on.

    Raises:
        LaunchError: the address is not loopback.
    """
    url = urlsplit(settings.store_url)
    host = url.hostname or ""
    if host not in LOOPBACK or url.scheme != "http":
        problem = f"environment: CITYBRAIN_STORE_URL: {settings.store_url!r} is not of this machine"
        raise LaunchError(f"{problem}; the local store needs one like 'http://127.0.0.1:18123'")
    return host, url.port or 8123


def memory() -> int:
    """Return the bytes that the engine may take: 40 % of the machine's, from 1 to 6 GiB."""
    return min(max(int(psutil.virtual_memory().total * 0.4), _GIB), 6 * _GIB)


def _live_in_utc() -> None:
    """Make UTC the process's time zone, which the engine takes for its own; a cluster's is UTC."""
    os.environ["TZ"] = "UTC"
    time.tzset()


class _Server(uvicorn.Server):
    """Ends with 0 when it is told to stop; uvicorn's own dies of the signal a second time."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.handle_exit)
        yield
