"""The contract of a table: its DDL as numbered migrations, and what fills it.

One file in `sinks/tables/` is one table: a module with an attribute ``TABLE`` of class `Table`.
Dropping it there is all the registration there is; `sinks.migrations` creates the table with what
is derived from it, and where it has a `TopicSource` the sink writes its topic into it. A type of
record with a life of its own is declared (`sinks.steps_table`), not written.

DDL is a template: ``{engine}`` stands before the engine's name (``Replicated`` on a cluster),
``{cluster}`` after the object's name (``ON CLUSTER …``), ``{window}`` is the name of the setting
that makes inserts of one token count once, ``{time_zone}`` is the city's. Every statement must be
idempotent (``IF NOT EXISTS``): two sinks may run it at once, and a crash may run it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from citybrain.floor.discover import discover
from citybrain.floor.topics import Topic

DEDUPLICATED = "SETTINGS {window} = 10000, ttl_only_drop_parts = 1"
"""Inserts of a token are remembered for the last 10,000 inserts: half an hour at full speed.
Expired rows go when all of their part is expired, so that no part is ever rewritten for them."""

KAFKA_COLUMNS = """
    kafka_partition UInt16 CODEC(Delta, ZSTD(1)),
    kafka_offset UInt64 CODEC(Delta, ZSTD(1)),
    kafka_row UInt32 CODEC(Delta, ZSTD(1))"""
"""Where a row comes from: what recovery counts by."""


@dataclass(frozen=True)
class Migration:
    """A step of the schema, applied once and recorded.

    Attributes:
        number: its place in the order of all tables' steps; unique, never used again.
        name: what it does, for the record.
        statements: DDL templates, each idempotent.
    """

    number: int
    name: str
    statements: tuple[str, ...]


@dataclass(frozen=True)
class TopicSource:
    """The topic that fills a table.

    Attributes:
        topic: where the records come from.
        decode: makes rows of one record's value: the table's columns without `KAFKA_COLUMNS`, in
            the same order every time. Raises `EnvelopeError` for what it cannot read; such a
            record goes to the dead letters. Called in any thread, must not block.
        flush_s: seconds that rows may wait for others to share their insert.
        time: column of the rows' own time, an instant; recovery looks for rows near it.
        counted: recovery may count the rows (False for an engine that merges rows away, where
            inserting twice does no harm).
        few_s: seconds that few rows may wait; less than `flush_s`: no longer than that.
        unseen_s: seconds that rows may wait while nobody looks at a screen, unless many come; less
            than `flush_s`: no longer than that.
        steady_s: seconds that rows may wait while they keep coming, which is when an insert ended
            less than so long ago; less than `flush_s`: no longer than that.
    """

    topic: Topic
    decode: Callable[[bytes], pa.Table]
    flush_s: float
    time: str
    counted: bool = True
    few_s: float = 0.0
    unseen_s: float = 0.0
    steady_s: float = 0.0


@dataclass(frozen=True)
class Rollup:
    """How a table follows from another one, by a materialized view and, in repair, by a recount.

    Attributes:
        source: table that it sums up.
        select: the view's SELECT of column ``at`` and others ``FROM <source> AS s {where}``.
        time: column of the source that ``at`` is made of.
        bucket: expression that makes ``at`` of a time ``{t}``.
        bucket_s: the longest that a bucket can be, in seconds.
    """

    source: str
    select: str
    time: str
    bucket: str
    bucket_s: int


@dataclass(frozen=True)
class Table:
    """One table of the store.

    Attributes:
        name: the table's name, and its module's.
        migrations: the steps that make it what it is, in order.
        expires: column (a time) from which retention counts; None: rows are kept for ever.
        keep_days: retention where the city's folder does not say; None: for ever.
        source: the topic that fills it; None where a view or the sink itself does.
        rollup: how it follows from another table.
        derived: tables and views that follow from it alone, in the order in which they are made.
    """

    name: str
    migrations: tuple[Migration, ...]
    expires: str | None = None
    keep_days: int | None = None
    source: TopicSource | None = None
    rollup: Rollup | None = None
    derived: tuple[Table, ...] = ()


def find_tables() -> dict[str, Table]:
    """Return every table of `sinks/tables/` by name, those that are derived too.

    Raises:
        TypeError: a module there offers no table, or two have one name.
    """
    from sinks import tables  # noqa: PLC0415  the tables import this module

    found: dict[str, Table] = {}
    for module, table in discover(tables, "TABLE", Table).items():
        for one in (table, *table.derived):
            if one.name in found:
                raise TypeError(f"sinks/tables/{module}.py: table {one.name!r} is there twice")
            found[one.name] = one
    return found


def rollups_of(tables: Mapping[str, Table], name: str) -> list[Table]:
    """Return the tables that follow from table `name`, each after the one that it sums up."""
    found: list[Table] = []
    for table in tables.values():
        if table.rollup is not None and table.rollup.source == name:
            found += [table, *rollups_of(tables, table.name)]
    return found


def conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return `table` with exactly `schema`'s columns: unknown dropped, missing nullable ones null.

    Raises:
        pyarrow.ArrowInvalid: a required column is missing, of another kind or holds nulls, a column
            is there twice, or `table` is damaged.
    """
    table.validate(full=True)
    return pa.Table.from_arrays([_column(table, field) for field in schema], schema=schema)


def _column(table: pa.Table, field: pa.Field) -> pa.ChunkedArray:
    found = table.schema.get_all_field_indices(field.name)
    if len(found) > 1:
        raise pa.ArrowInvalid(f"{len(found)} columns {field.name!r}")
    if not found and not field.nullable:
        raise pa.ArrowInvalid(f"no column {field.name!r}")
    if not found:
        return pa.chunked_array([pa.nulls(table.num_rows, field.type)])
    column = table.column(found[0]).cast(field.type)
    if column.null_count and not field.nullable:
        raise pa.ArrowInvalid(f"column {field.name!r} holds nulls")
    return column
