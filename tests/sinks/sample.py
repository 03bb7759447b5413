"""Small envelopes and batches for the sinks' tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pyarrow as pa

from citybrain.city import City
from citybrain.floor import events
from citybrain.floor.events import SCHEMA, Envelope
from citybrain.floor.text import Text
from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord

NOW = datetime(2026, 3, 5, 12, 0, 30, tzinfo=UTC)
ZONE = "Asia/Shanghai"


def envelope(
    feed: str, ids: Iterable[str], *, at: datetime = NOW, values: Mapping[str, float] | None = None
) -> bytes:
    """Return an envelope of one event for each of `ids`."""
    return events.encode(Envelope(feed, f"{feed}_department", table(feed, list(ids), at, values)))


def table(
    feed: str, ids: list[str], at: datetime = NOW, values: Mapping[str, float] | None = None
) -> pa.Table:
    """Return events, one for each of `ids`, that all occurred at `at`."""
    rows = len(ids)
    columns = {
        "event_id": events.event_ids(feed, pl.Series(ids)),
        "feed": [feed] * rows,
        "department": [f"{feed}_department"] * rows,
        "theme": ["traffic"] * rows,
        "kind": ["vehicle_count"] * rows,
        "occurred_at": [at] * rows,
        "received_at": [at] * rows,
        "area": ["150302001002"] * rows,
        "lon": [106.8] * rows,
        "lat": [None] * rows,
        "severity": [row % 5 for row in range(rows)],
        "value": [(values or {}).get(name) for name in ids],
        "subject": ids,
        "text": ["拥堵"] * rows,
        "attrs": [[("lane", "2")]] * rows,
        "origin": ["simulated"] * rows,
    }
    given = [field for field in SCHEMA if field.name in columns]
    arrays = [_column(columns[field.name], field.type) for field in given]
    return events.conform(pa.table(arrays, schema=pa.schema(given)))


def batch_of(*ranges: OffsetRange, rows: int = 1) -> RecordBatch:
    """Return a batch of records with `rows` events each."""
    return RecordBatch(
        TopicRecord(part.partition, offset, event_rows(part.partition, offset, rows))
        for part in ranges
        for offset in range(part.first, part.last + 1)
    )


def event_rows(partition: int, offset: int, rows: int = 1) -> pa.Table:
    """Return the rows of a record, of a feed that is the partition's own."""
    return table(f"feed_{partition}", [f"{offset}-{row}" for row in range(rows)])


def city(folder: Path = Path("cities/none"), **retention_days: int) -> City:
    """Return a city without anything but a time zone and retention."""
    return City(
        id="none",
        title=Text("无", "None"),
        time_zone=ZONE,
        folder=folder,
        themes={},
        departments={},
        kinds={},
        areas={},
        feeds={},
        geo=folder / "geo.geojson",
        retention_days=retention_days,
    )


def _column(values: object, kind: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if pa.types.is_dictionary(kind):
        return pa.array(values, kind.value_type).dictionary_encode()
    return pa.array(values, kind)
