"""Ask the store for the desk: one client for all, made anew after an outage."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from citybrain.floor.errors import StoreError

T = TypeVar("T")


class StoreArchive:
    """Answers questions from any thread; an outage is a `StoreError`, never another exception."""

    def __init__(self, connect: Callable[[], Client]) -> None:
        """Use `connect` for a client when one is needed."""
        self._connect = connect
        self._client: Client | None = None
        self._lock = threading.Lock()

    def ask(self, question: Callable[[Client], T]) -> T:
        """Return what the store answers to `question`; blocks.

        Raises:
            StoreError: the store does not answer, or lacks a table.
        """
        try:
            with self._lock:
                client = self._client = self._client or self._connect()
            return question(client)
        except (ClickHouseError, OSError) as error:
            self._client = None
            raise StoreError(f"the store does not answer the desk: {error}") from error

    async def answer(self, question: Callable[[Client], T]) -> T:
        """Return what the store answers to `question`, asked in a thread.

        Raises:
            StoreError: the store does not answer, or lacks a table.
        """
        return await asyncio.to_thread(self.ask, question)
