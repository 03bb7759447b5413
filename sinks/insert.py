"""Send rows to ClickHouse so that a token counts once, rollups included."""

from __future__ import annotations

import pyarrow as pa
from clickhouse_connect.driver.client import Client

from sinks.record_batch import pieces

_ONE_BLOCK = 4_194_304
TIMEOUT_S = 120
"""Seconds that a client waits for a statement of the sink."""

UNBOUNDED = {
    # A file of old rows touches more weeks than the default allows; it must not be stuck.
    "max_partitions_per_insert_block": 0,
    # The store gives up before the client does, so that what is tried again runs no more.
    "max_execution_time": TIMEOUT_S - 20,
}

SETTINGS = {
    "async_insert": 0,
    "insert_deduplicate": 1,
    # A repeated insert goes through to the views, which complete what is missing there.
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    # One block an insert: what a token stands for does not depend on how rows arrive.
    "max_insert_block_size": _ONE_BLOCK,
    "min_insert_block_size_rows": _ONE_BLOCK,
    "min_insert_block_size_bytes": 4 * 1024**3,
    "parallel_view_processing": 0,
    "input_format_skip_unknown_fields": 1,
    **UNBOUNDED,
}


def insert(client: Client, name: str, table: pa.Table, token: str) -> None:
    """Insert the rows of `table` into table `name` under `token`.

    Raises:
        ClickHouseError: the store refused, or it is not known what became of the rows.
    """
    client.raw_insert(
        name,
        insert_block=pieces(table),
        fmt="ArrowStream",
        settings=SETTINGS | {"insert_deduplication_token": token},
    )


def place(client: Client, name: str, table: pa.Table) -> None:
    """Insert the rows of `table` into the scratch table `name`, without a token."""
    client.raw_insert(name, insert_block=pieces(table), fmt="ArrowStream", settings=SETTINGS)
