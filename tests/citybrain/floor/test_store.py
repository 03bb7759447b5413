"""The way to ClickHouse."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from citybrain.floor import store
from citybrain.floor.errors import StoreError
from citybrain.floor.settings import Settings
from tests.conftest import free_ports


def test_one_client_serves_many_threads(store_settings: Settings) -> None:
    client = store.connect(store_settings)
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda n: client.command(f"SELECT {n}"), range(20)))
    assert found == list(range(20))


def test_no_store_is_told_with_its_address_and_a_remedy() -> None:
    (port,) = free_ports(1)
    with pytest.raises(StoreError) as caught:
        store.connect(replace(Settings(), store_url=f"http://127.0.0.1:{port}"))
    said = str(caught.value)
    assert said.startswith(f"store http://127.0.0.1:{port} does not answer: ")
    assert said.endswith("; is it running? Start it with './city up', or set CITYBRAIN_STORE_URL")
