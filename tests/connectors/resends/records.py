"""Records of a feed, as events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl
import pyarrow as pa

from citybrain.floor.events import SCHEMA, event_ids

AT = datetime(2026, 11, 29, 7, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """What a department says under one number of its own."""

    number: int
    text: str = "a"
    at: datetime = AT
    received: datetime = AT
    value: float | None = 1.5
    kind: str = "pothole"
    status: str = ""
    version: int | None = None
    updated: datetime | None = None
    attrs: tuple[tuple[str, str], ...] = field(default=(("street", "黄河路"),))


def ids_of(numbers: Sequence[int]) -> pa.Array:
    """Return the ids of events with these numbers."""
    return event_ids("reports", pl.Series("id", [f"r-{number}" for number in numbers]))


def table_of(records: Sequence[Record]) -> pa.Table:
    """Return the events of `records`."""
    rows = [
        {
            "feed": "reports",
            "department": "works",
            "theme": "city",
            "kind": one.kind,
            "occurred_at": one.at,
            "received_at": one.received,
            "area": "150302001",
            "lon": 106.8,
            "lat": None,
            "severity": 1,
            "value": one.value,
            "subject": f"s-{one.number}",
            "text": one.text,
            "attrs": list(one.attrs),
            "origin": "live",
            "status": one.status,
            "version": one.version,
            "updated_at": one.updated,
            "sign": 1,
        }
        for one in records
    ]
    fields = [one for one in SCHEMA if one.name != "event_id"]
    table = pa.Table.from_pylist(rows, schema=pa.schema(fields))
    return table.add_column(0, SCHEMA.field("event_id"), ids_of([one.number for one in records]))
