"""Reach ClickHouse: one client for the local store and a cluster alike."""

from __future__ import annotations

from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from citybrain.floor.errors import StoreError
from citybrain.floor.settings import Settings


def connect(settings: Settings, *, timeout_s: int = 30) -> Client:
    """Return a client of the store's database; it holds no session, so threads may share it.

    Raises:
        StoreError: the store does not answer; the message names its address.
    """
    url = urlsplit(settings.store_url)
    try:
        return clickhouse_connect.get_client(
            host=url.hostname or "127.0.0.1",
            port=url.port or (8443 if url.scheme == "https" else 8123),
            interface=url.scheme or "http",
            username=settings.store_user,
            password=settings.store_password(),
            database=settings.database,
            connect_timeout=5,
            send_receive_timeout=timeout_s,
            autogenerate_session_id=False,
            show_clickhouse_errors=True,
        )
    except (ClickHouseError, OSError) as error:
        problem = f"store {settings.store_url} does not answer: {error}; is it running? "
        raise StoreError(
            problem + "Start it with './city up', or set CITYBRAIN_STORE_URL"
        ) from error
