"""ClickHouse's engine in this process: a pool of chDB connections, each with a thread to itself.

A connection refuses everything else while a streaming insert runs on it, so inserts and queries
have connections of their own, and neither waits for the other.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

from chdb.state.sqlitelike import Connection

from citybrain.roof.local.store_statement import InsertStatement, StoreRequest, set_statement

T = TypeVar("T")
_CODE = re.compile(r"Code: (\d+)\.")
_MIB = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """How much of the machine the engine may take."""

    memory: int = 3072 * _MIB
    reads: int = 6
    queries: int = 3
    inserts: int = 3
    merges: int = 2

    def connection_string(self, folder: Path, config: Path) -> str:
        """Return what chDB is opened with: the folder, and ClickHouse's server settings."""
        options = {
            "max_server_memory_usage": self.memory,
            # Marks of a hundred million events take 5 MiB.
            "mark_cache_size": 64 * _MIB,
            "index_mark_cache_size": 16 * _MIB,
            "primary_index_cache_size": 64 * _MIB,
            "uncompressed_cache_size": 0,
            "query_condition_cache_size": 16 * _MIB,
            "background_pool_size": self.merges,
            "background_schedule_pool_size": 8,
            "background_merges_mutations_concurrency_ratio": 1,
            "max_memory_usage": self.memory // 2,
            # chDB would take any expression for a query; a server does not.
            "implicit_select": 0,
            "config-file": config,
        }
        return f"{folder}?{urlencode(options)}"


class EngineError(Exception):
    """ClickHouse refused a statement: `code` and the text that it gives."""

    def __init__(self, text: str) -> None:
        """Take the code out of `text`, which chDB may have put words before."""
        found = _CODE.search(text)
        self.code = int(found[1]) if found else 1001
        super().__init__(text[found.start() :] if found else f"Code: 1001. {text}")


class PoolConnection:
    """One connection, with the database and the settings that it stands at."""

    def __init__(self, connection_string: str, *, reads_only: bool = False) -> None:
        """Remember how to connect; the connection is made when it is first needed."""
        self._string, self._reads_only = connection_string, reads_only
        self._connection: Connection | None = None
        self._database = "default"
        self._settings: dict[str, str] = {}

    def query(self, request: StoreRequest, sql: str) -> Any:
        """Run `sql` to its end and return chDB's result. Blocks; call it in a thread.

        Raises:
            EngineError: ClickHouse refuses it.
        """
        connection = self._prepare(request)
        return _guard(
            lambda: connection.query(sql, request.default_format, params=dict(request.params))
        )

    def start_insert(self, request: StoreRequest, insert: InsertStatement) -> Any:
        """Begin a streaming insert and return chDB's inserter (append, finish, cancel).

        Raises:
            EngineError: the table or a column is unknown.
        """
        connection = self._prepare(request)
        return _guard(lambda: connection.send_insert(insert.sql, insert.format))

    def close(self) -> None:
        """Let go of the connection; the next use makes a new one."""
        if self._connection is not None:
            self._connection.close()
        self._connection, self._database, self._settings = None, "default", {}

    def _prepare(self, request: StoreRequest) -> Connection:
        if self._connection is None:
            self._connection = Connection(self._string)
            if self._reads_only:  # settings may change, but never this one again
                self._connection.query("SET readonly = 2")
        connection = self._connection
        change = set_statement(self._settings, request.settings)
        try:
            if request.database != self._database:
                name = request.database.replace("`", "\\`")
                _guard(lambda: connection.query(f"USE `{name}`"))
                self._database = request.database
            if change:
                _guard(lambda: connection.query(change))
                self._settings = dict(request.settings)
        except EngineError:
            self.close()  # which of the settings took effect is not known
            raise
        return connection


class ChdbPool:
    """The slots, and the threads that work on them."""

    def __init__(self, folder: Path, config: Path, limits: Limits | None = None) -> None:
        """Open the store in `folder`, making it when it is missing; `config` gives its rights."""
        limits = limits or Limits()
        string = limits.connection_string(folder.resolve(), config.resolve())
        self._keeper = Connection(string)  # chDB shuts down with its last connection
        threads = limits.reads + limits.queries + limits.inserts
        self._threads = ThreadPoolExecutor(threads, "engine")
        reading = [PoolConnection(string, reads_only=True) for _ in range(limits.reads)]
        self._reads = _queue(reading)
        self._queries = _queue([PoolConnection(string) for _ in range(limits.queries)])
        self._inserts = _queue([PoolConnection(string) for _ in range(limits.inserts)])

    @asynccontextmanager
    async def for_read(self) -> AsyncIterator[PoolConnection]:
        """Wait for a slot of those that cannot write; give it back at the end."""
        async with _borrow(self._reads) as slot:
            yield slot

    @asynccontextmanager
    async def for_query(self) -> AsyncIterator[PoolConnection]:
        """Wait for a slot of those that change tables; give it back at the end."""
        async with _borrow(self._queries) as slot:
            yield slot

    @asynccontextmanager
    async def for_insert(self) -> AsyncIterator[PoolConnection]:
        """Wait for a slot of those that take rows; give it back at the end."""
        async with _borrow(self._inserts) as slot:
            yield slot

    async def run(self, work: Callable[[], T]) -> T:
        """Run `work` in one of the engine's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Wait for what runs, then let the engine go."""
        self._threads.shutdown(wait=True)
        for slots in (self._reads, self._queries, self._inserts):
            while not slots.empty():
                slots.get_nowait().close()
        self._keeper.close()


def append(inserter: Any, chunk: bytes) -> None:
    """Hand `chunk` to the insert.

    Raises:
        EngineError: ClickHouse cannot read it.
    """
    _guard(lambda: inserter.append(chunk))


def finish(inserter: Any) -> Any:
    """Commit the insert and return its statistics.

    Raises:
        EngineError: ClickHouse cannot read or keep the rows; nothing of the last block stays.
    """
    return _guard(inserter.finish)


def _guard(work: Callable[[], T]) -> T:
    try:
        return work()
    except RuntimeError as error:  # ChdbError is one too
        raise EngineError(str(error)) from None


def _queue(slots: list[PoolConnection]) -> asyncio.LifoQueue[PoolConnection]:
    queue: asyncio.LifoQueue[PoolConnection] = asyncio.LifoQueue()  # the warmest connection first
    for slot in slots:
        queue.put_nowait(slot)
    return queue


@asynccontextmanager
async def _borrow(slots: asyncio.LifoQueue[PoolConnection]) -> AsyncIterator[PoolConnection]:
    slot = await slots.get()
    try:
        yield slot
    finally:
        slots.put_nowait(slot)
