"""Put records into the store as the sinks do, by their own tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import pyarrow as pa
from clickhouse_connect.driver.client import Client

from citybrain.alerts.records import Alert, AlertChange
from sinks.migrations import Dialect, migrate
from sinks.table import find_tables
from sinks.tables import alert_steps

VIEWS = {
    "notices": "notifications",
    "receipts": "notifications",
    "alert_changes": "alert_steps",
    "silences": "alert_steps",
}
"""Views that are filled by another table."""


def make_tables(client: Client) -> None:
    """Make every table that the desk asks."""
    migrate(client, find_tables(), Dialect("Asia/Shanghai"))


def put(client: Client, table: str, records: Sequence[Any], offset: int) -> None:
    """Insert `records` into `table`, the first of them from `offset` of its topic."""
    if not records:
        return
    if table == "alerts":
        _put_alerts(client, records, offset)
        return
    found = find_tables()[VIEWS.get(table, table)]
    assert found.source is not None
    client.insert_arrow(found.name, _rows(found.source.decode, records, offset))


def _put_alerts(client: Client, alerts: Sequence[Alert], offset: int) -> None:
    """Insert what the view over `alert_steps` would make of a step of each of `alerts`."""
    steps = [
        AlertChange(
            id=alert.id, version=alert.version, what="fired", at=alert.updated_at, by="engine",
            cause="test", after=alert,
        )
        for alert in alerts
    ]  # fmt: skip
    rows = _rows(alert_steps.rows, steps, offset)
    names = client.query_df("DESCRIBE alerts")["name"]
    client.insert_arrow("alerts", rows.select(list(names)))


def _rows(decode: Callable[[bytes], pa.Table], records: Sequence[Any], offset: int) -> pa.Table:
    parts = [_at(decode(msgspec.json.encode(one)), offset + n) for n, one in enumerate(records)]
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


def _at(rows: pa.Table, offset: int) -> pa.Table:
    count = rows.num_rows
    for name, values, kind in (
        ("kafka_partition", [0] * count, pa.uint16()),
        ("kafka_offset", [offset] * count, pa.uint64()),
        ("kafka_row", range(count), pa.uint32()),
    ):
        rows = rows.append_column(name, pa.array(values, kind))
    return rows
