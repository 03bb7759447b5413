"""Reach ClickHouse: one client for the local store and a cluster alike."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from citybrain.floor.errors import StoreError
from citybrain.floor.settings import Login, Settings


def connect(settings: Settings, *, timeout_s: int = 30) -> Client:
    """Return a client that may write; it holds no session, so threads may share it.

    Raises:
        StoreError: the store does not answer, or lets us not in; the message names its address.
    """
    return _client(settings, settings.writer_login, timeout_s)


def connect_reader(settings: Settings, *, timeout_s: int = 30) -> Client:
    """Return a client that may only read, as `connect` does; what only asks takes this one.

    Raises:
        StoreError: as `connect`.
    """
    return _client(settings, settings.reader_login, timeout_s)


def _client(settings: Settings, login: Callable[[], Login], timeout_s: int) -> Client:
    url = urlsplit(settings.store_url)
    try:
        user, password = login()
        return clickhouse_connect.get_client(
            host=url.hostname or "127.0.0.1",
            port=url.port or (8443 if url.scheme == "https" else 8123),
            interface=url.scheme or "http",
            username=user,
            password=password,
            database=settings.database,
            connect_timeout=5,
            send_receive_timeout=timeout_s,
            autogenerate_session_id=False,
            # Bound values travel in the body: addresses are short (64 KiB here, 1 MiB there).
            form_encode_query_params=True,
            show_clickhouse_errors=True,
        )
    except (ClickHouseError, OSError) as error:
        problem = f"store {settings.store_url} does not answer: {error}; is it running? "
        raise StoreError(
            problem + "Start it with './city up', or set CITYBRAIN_STORE_URL"
        ) from error
