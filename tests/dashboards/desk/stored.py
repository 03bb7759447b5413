"""Put records into the store as the sinks do, by their own tables.

For a table that the sinks do not have yet it stands in, with the columns that the desk asks for.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from sinks.migrations import Dialect, migrate
from sinks.table import find_tables

VIEWS = {"notices": "notifications", "receipts": "notifications"}
"""Views that are filled by another table."""
_KAFKA = ("kafka_partition UInt16", "kafka_offset UInt64", "kafka_row UInt32")
_COLUMNS = {
    "alerts": (
        *("id String", "version UInt32", "state String", "level String", "rule String"),
        *("theme String", "area String", "opened_at DateTime64(3, 'UTC')"),
        *("updated_at DateTime64(3, 'UTC')", "origin String", "alert String"),
    ),
    "alert_changes": (
        *("alert String", "version UInt32", "what String", "at DateTime64(3, 'UTC')"),
        *("by String", "cause String", "change String"),
    ),
    "silences": ("id String", "version UInt32", "silence String"),
    "audit": (
        *("id String", "at DateTime64(3, 'UTC')", "user String", "role String"),
        *("action String", "target String", "outcome String", "reason String"),
    ),
}
_KEYS = {"alerts": "id", "alert_changes": "(alert, version)", "silences": "id", "audit": "at"}
_MERGED = ("alerts", "silences")
_EPISODE = ("level", "rule", "theme", "area", "origin")


def make_tables(client: Client) -> None:
    """Make every table that the desk asks."""
    found = find_tables()
    migrate(client, found, Dialect("Asia/Shanghai"))
    for name in _COLUMNS.keys() - found.keys():
        columns = ", ".join((*_COLUMNS[name], *_KAFKA))
        engine = "ReplacingMergeTree(version)" if name in _MERGED else "MergeTree"
        client.command(f"CREATE TABLE {name} ({columns}) ENGINE = {engine} ORDER BY {_KEYS[name]}")


def put(client: Client, table: str, records: Sequence[Any], offset: int) -> None:
    """Insert `records` into `table`, the first of them from `offset` of its topic."""
    if not records:
        return
    found = find_tables().get(VIEWS.get(table, table))
    if found is None:
        _put_rows(client, table, records, offset)
        return
    assert found.source is not None
    decode: Callable[[bytes], pa.Table] = found.source.decode
    parts = [_at(decode(msgspec.json.encode(one)), offset + n) for n, one in enumerate(records)]
    whole = pa.concat_tables(parts).unify_dictionaries().combine_chunks()
    client.insert_arrow(found.name, whole)


def _at(rows: pa.Table, offset: int) -> pa.Table:
    count = rows.num_rows
    for name, values, kind in (
        ("kafka_partition", [0] * count, pa.uint16()),
        ("kafka_offset", [offset] * count, pa.uint64()),
        ("kafka_row", range(count), pa.uint32()),
    ):
        rows = rows.append_column(name, pa.array(values, kind))
    return rows


def _put_rows(client: Client, table: str, records: Sequence[Any], offset: int) -> None:
    names = [column.split()[0] for column in _COLUMNS[table]]
    whole = names[-1]
    rows = [
        [*(_field(one, name, whole) for name in names), 0, offset + number, 0]
        for number, one in enumerate(records)
    ]
    columns = [*names, "kafka_partition", "kafka_offset", "kafka_row"]
    client.insert(table, rows, column_names=columns)


def _field(record: Any, name: str, whole: str) -> Any:
    if name == whole and name not in {"outcome", "reason"}:
        return msgspec.json.encode(record).decode()
    owner = getattr(record, "episode", record) if name in _EPISODE else record
    return getattr(owner, name)
