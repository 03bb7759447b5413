"""The first reduction: envelopes of events become partial cells, one partial record an envelope.

A partial is mergeable (count, sum, squares, min, max), so that who owns a department can add up
what many workers reduced. It names the envelope that it was made of, so that the same envelope
reduced twice counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from citybrain.floor.clock import Millis
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import INSTANT, Envelope

CELL_SCHEMA = pa.schema(
    [
        pa.field("theme", pa.large_utf8(), nullable=False),
        pa.field("kind", pa.large_utf8(), nullable=False),
        pa.field("area", pa.large_utf8(), nullable=False),
        pa.field("minute", INSTANT, nullable=False),
        pa.field("events", pa.int32(), nullable=False),
        pa.field("values", pa.int32(), nullable=False),
        pa.field("sum", pa.float64(), nullable=False),
        pa.field("squares", pa.float64(), nullable=False),
        pa.field("min", pa.float64()),
        pa.field("max", pa.float64()),
    ]
)
"""One cell: what one feed told of one (theme, kind, area) within one minute of event time.

Where rows take back what was told before, `events`, `values`, `sum` and `squares` may be negative:
they are taken off. `min` and `max` are of what counts; they are not taken back."""

MINUTE_MS = 60_000
_COLUMNS = ["theme", "kind", "area", "occurred_at", "received_at", "value", "origin", "sign"]
_CELL = ["theme", "kind", "area", "minute"]
_VALUE, _SIGN = pl.col("value"), pl.col("sign")
_COUNTED = (
    pl.len().cast(pl.Int32).alias("events"),
    _VALUE.count().cast(pl.Int32).alias("values"),
    _VALUE.sum().alias("sum"),
    (_VALUE * _VALUE).sum().alias("squares"),
    _VALUE.min().alias("min"),
    _VALUE.max().alias("max"),
)
_SIGNED = (
    _SIGN.cast(pl.Int32).sum().alias("events"),
    _SIGN.cast(pl.Int32).filter(_VALUE.is_not_null()).sum().alias("values"),
    (_VALUE * _SIGN).sum().alias("sum"),
    (_VALUE * _VALUE * _SIGN).sum().alias("squares"),
    _VALUE.filter(_SIGN > 0).min().alias("min"),
    _VALUE.filter(_SIGN > 0).max().alias("max"),
)
"""The same, where some rows take others back."""
_META = b"partial"
_WRITE = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_READ = pa.ipc.IpcReadOptions(use_threads=False)


@dataclass(frozen=True)
class EnvelopeAt:
    """An envelope and where it stood on `city.events`.

    Attributes:
        partition: partition of `city.events`.
        offset: offset in it.
        at_ms: the record's own time stamp, ms since 1970 UTC.
        behind: records of the partition that stood behind it and were not read yet.
        envelope: what it held.
        value: the record's bytes.
    """

    partition: int
    offset: int
    at_ms: int
    behind: int
    envelope: Envelope
    value: bytes = b""


class PartialHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a partial says of its envelope as a whole.

    Attributes:
        partition: partition of `city.events` that the envelope stood in.
        offset: its offset there.
        behind: records behind it that were not read yet.
        feed: id of the feed.
        department: id of the feed's department.
        origin: the events' origin, "" in an envelope of none.
        accepted: events in the envelope, without rows that take others back.
        rejected: rows that went to the dead letters instead.
        newest_ms: newest `occurred_at`, each at most its `received_at`; None without events.
        oldest_ms: oldest `occurred_at`; None without events.
        received_ms: newest `received_at`, or the record's own time in an envelope of none.
    """

    partition: int
    offset: int
    behind: int
    feed: str
    department: str
    origin: str
    accepted: int
    rejected: int
    newest_ms: Millis | None
    oldest_ms: Millis | None
    received_ms: Millis


@dataclass(frozen=True)
class Partial:
    """One envelope, reduced: its header, and its cells as a table of `CELL_SCHEMA`."""

    header: PartialHeader
    cells: pa.Table


def reduce_envelopes(sources: Sequence[EnvelopeAt]) -> list[Partial]:
    """Return the partial of each of `sources`, in their order; all rows are grouped at once."""
    if not sources:
        return []
    rows = _rows(sources)
    cells = _cells(rows)
    ends = cells["record"].search_sorted(np.arange(len(sources)), side="right")
    table = cells.drop("record").to_arrow(compat_level=pl.CompatLevel.oldest()).cast(CELL_SCHEMA)
    spans = {span["record"]: span for span in _spans(rows).iter_rows(named=True)}
    partials, start = [], 0
    for index, (source, end) in enumerate(zip(sources, ends.to_list(), strict=True)):
        header = _header(source, spans.get(index))
        partials.append(Partial(header, table.slice(start, end - start)))
        start = end
    return partials


def encode_partial(partial: Partial) -> bytes:
    """Return `partial` as the value of a Kafka record."""
    schema = CELL_SCHEMA.with_metadata({_META: msgspec.json.encode(partial.header)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=_WRITE) as writer:
        writer.write_table(partial.cells)
    return bytes(sink.getvalue())


def decode_partial(value: bytes) -> Partial:
    """Return the partial in `value`.

    Raises:
        EnvelopeError: `value` is no partial.
    """
    try:
        with pa.ipc.open_stream(value, options=_READ) as reader:
            table = reader.read_all()
        header = msgspec.json.decode(table.schema.metadata[_META], type=PartialHeader)
        cells = table.replace_schema_metadata(None)
        return Partial(
            header, cells if cells.schema.equals(CELL_SCHEMA) else cells.cast(CELL_SCHEMA)
        )
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise EnvelopeError(f"not a partial: {error}") from error


def _rows(sources: Sequence[EnvelopeAt]) -> pl.DataFrame:
    tables = [source.envelope.table.select(_COLUMNS) for source in sources]
    counts = [table.num_rows for table in tables]
    # One dictionary for all: polars would otherwise map each envelope's words on their own.
    rows = pl.DataFrame(pa.concat_tables(tables).unify_dictionaries().combine_chunks())
    record = pl.Series("record", np.repeat(np.arange(len(sources), dtype=np.uint32), counts))
    return rows.with_columns(record, pl.col("value").fill_nan(None))


def _cells(rows: pl.DataFrame) -> pl.DataFrame:
    measures = _SIGNED if (rows["sign"] < 0).any() else _COUNTED
    words = [pl.col(name).cast(pl.String) for name in _CELL[:3]]
    return (
        rows.group_by("record", *_CELL[:3], pl.col("occurred_at").dt.truncate("1m").alias("minute"))
        .agg(*measures)
        .sort("record")
        .with_columns(words)
    )


def _spans(rows: pl.DataFrame) -> pl.DataFrame:
    occurred, received = pl.col("occurred_at").to_physical(), pl.col("received_at").to_physical()
    return rows.group_by("record").agg(
        pl.min_horizontal(occurred, received).max().alias("newest_ms"),
        occurred.min().alias("oldest_ms"),
        received.max().alias("received_ms"),
        pl.col("origin").first().cast(pl.String),
    )


def _header(source: EnvelopeAt, span: dict[str, object] | None) -> PartialHeader:
    envelope = source.envelope
    found = span or {"newest_ms": None, "oldest_ms": None, "received_ms": source.at_ms}
    return PartialHeader(
        partition=source.partition,
        offset=source.offset,
        behind=source.behind,
        feed=envelope.feed,
        department=envelope.department,
        origin=str(found.get("origin", "")),
        accepted=envelope.events,
        rejected=envelope.rejected,
        newest_ms=found["newest_ms"],  # type: ignore[arg-type]
        oldest_ms=found["oldest_ms"],  # type: ignore[arg-type]
        received_ms=found["received_ms"],  # type: ignore[arg-type]
    )
