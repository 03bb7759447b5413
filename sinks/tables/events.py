"""Every event, one row each; order key and codecs as measured by `benchmarks/storage.py`.

The columns stand in `citybrain.floor.event_columns`. One that is declared there later is a step of
its own, so that a store in use gets it too.
"""

from __future__ import annotations

from collections.abc import Iterable

import pyarrow as pa

from citybrain.floor import events
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.event_columns import COLUMNS, EventColumn
from citybrain.floor.topics import EVENTS
from sinks.table import DEDUPLICATED, KAFKA_COLUMNS, Migration, Table, TopicSource

_REQUIRED = [field.name for field in events.SCHEMA if not field.nullable]


def migrations(columns: Iterable[EventColumn]) -> tuple[Migration, ...]:
    """Return the steps that make the table of `columns`: its creation, then one for each later."""
    columns = tuple(columns)
    first = [column for column in columns if not column.step]
    later = [column for column in columns if column.step]
    own = ",".join(f"\n    {column.name} {column.store}" for column in first)
    create = f"""CREATE TABLE IF NOT EXISTS events {{cluster}} ({own},{KAFKA_COLUMNS}
) ENGINE = {{engine}}MergeTree
PARTITION BY toMonday(occurred_at) ORDER BY (theme, kind, occurred_at)
{DEDUPLICATED}"""
    return (Migration(1, "create events", (create,)), *map(_addition, later))


def _addition(column: EventColumn) -> Migration:
    add = f"ALTER TABLE events {{cluster}} ADD COLUMN IF NOT EXISTS {column.name} {column.store}"
    return Migration(column.step, f"add {column.name} to events", (add,))


def rows(value: bytes) -> pa.Table:
    """Return the events of one envelope.

    Raises:
        EnvelopeError: it is no envelope, or a required column holds nulls.
    """
    table = events.decode(value).table
    for name in _REQUIRED:
        if table.column(name).null_count:
            raise EnvelopeError(f"not an envelope: column {name!r} holds nulls")
    return table


TABLE = Table(
    "events",
    migrations(COLUMNS),
    expires="occurred_at",
    source=TopicSource(EVENTS, rows, 0.15, time="occurred_at", few_s=0.75, unseen_s=10.0),
)
