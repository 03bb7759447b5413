"""The event's columns, and the envelope that carries 0…10,000 of them as one Kafka record.

An envelope is an Arrow IPC stream (lz4 buffers) of one feed. No Python object is made per event:
what reads an envelope works on whole columns.

Evolution: a reader fills a column that an older writer did not know with nulls (or the column's
default), and drops a column that it does not know itself; so old and new read each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import polars_hash as plh
import pyarrow as pa

from citybrain.floor.errors import EnvelopeError
from citybrain.floor.event_columns import COLUMNS, schema_of
from citybrain.floor.event_columns import INSTANT as INSTANT
from citybrain.floor.event_columns import WORD as WORD

SCHEMA = schema_of(COLUMNS)
"""The event as it travels; `citybrain.floor.event_columns` says what each column is."""

_MISSING = {column.name: column.missing for column in COLUMNS}

MAX_EVENTS = 10_000
SCHEMA_VERSION = 1
_WRITE = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False, unify_dictionaries=True)
_READ = pa.ipc.IpcReadOptions(use_threads=False)


@dataclass(frozen=True)
class Envelope:
    """Events of one feed as they travel.

    Attributes:
        feed: id of the feed; every row carries it too.
        department: id of the feed's department.
        table: 0…`MAX_EVENTS` rows of `SCHEMA`.
        rejected: rows of the same batch that went to the dead letters instead (so that feed health
            sees a feed that sends nothing but bad rows).
        batch: of pushes the senders' idempotency keys with the parts' numbers (``key#0,key2#0``),
            of files and topics the name and the span of rows; "" where there is none.
    """

    feed: str
    department: str
    table: pa.Table
    rejected: int = 0
    batch: str = ""
    version: int = field(default=SCHEMA_VERSION)

    @property
    def events(self) -> int:
        """How many rows tell of an event, and do not take one back."""
        signs = self.table.column("sign").to_numpy()
        return int(np.count_nonzero(signs > 0))


def event_ids(feed: str, source_ids: pl.Series) -> pa.Array:
    """Return 16-byte ids of events, the same for the same feed and source id, always.

    Args:
        feed: id of the feed.
        source_ids: the source's own ids as strings, one a row.

    Returns:
        fixed_size_binary[16], a UUID of version 8 (RFC 9562 §5.8): two 64-bit XXH3 hashes of
        ``feed U+001F id`` with seeds 1 and 2.
    """
    text = pl.lit(feed + "\x1f") + pl.col("id")
    hashed = (
        source_ids.alias("id")
        .to_frame()
        .select(
            plh.concat_str(text).nchash.xxh3_64(seed=1).alias("high"),
            plh.concat_str(text).nchash.xxh3_64(seed=2).alias("low"),
        )
    )
    words = np.empty((len(hashed), 2), dtype=">u8")
    high, low = hashed["high"].to_numpy(), hashed["low"].to_numpy()
    words[:, 0] = (high & np.uint64(0xFFFFFFFFFFFF0FFF)) | np.uint64(0x8000)
    words[:, 1] = (low & np.uint64(0x3FFFFFFFFFFFFFFF)) | np.uint64(0x8000000000000000)
    return pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), len(words), [None, pa.py_buffer(words.tobytes())]
    )


def encode(envelope: Envelope) -> bytes:
    """Return `envelope` as the value of a Kafka record.

    Raises:
        EnvelopeError: more than `MAX_EVENTS` rows, or columns that cannot become `SCHEMA`'s.
    """
    if envelope.table.num_rows > MAX_EVENTS:
        problem = f"{envelope.feed}: {envelope.table.num_rows} events; split at {MAX_EVENTS}"
        raise EnvelopeError(problem)
    try:
        table = conform(envelope.table).combine_chunks()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise EnvelopeError(f"{envelope.feed}: not an event table: {error}") from error
    meta = {
        "feed": envelope.feed,
        "department": envelope.department,
        "rejected": str(envelope.rejected),
        "batch": envelope.batch,
        "version": str(envelope.version),
    }
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, SCHEMA.with_metadata(meta), options=_WRITE) as writer:
        writer.write_table(table)
    return bytes(sink.getvalue())


def decode(value: bytes) -> Envelope:
    """Return the envelope in `value`, its columns conformed to this version's `SCHEMA`.

    Raises:
        EnvelopeError: `value` is no Arrow IPC stream, is damaged, or lacks the envelope's metadata.
    """
    try:
        with pa.ipc.open_stream(value, options=_READ) as reader:
            table = reader.read_all()
        # Unchecked, an index into nowhere would end the process, and the next one, for ever.
        table.validate(full=True)
        meta = {key.decode(): text.decode() for key, text in (table.schema.metadata or {}).items()}
        return Envelope(
            feed=meta["feed"],
            department=meta["department"],
            table=conform(table),
            rejected=int(meta["rejected"]),
            batch=meta["batch"],
            version=int(meta["version"]),
        )
    except (pa.ArrowException, OSError) as error:
        raise EnvelopeError(f"not an Arrow IPC stream of events: {error}") from error
    except (KeyError, ValueError) as error:
        raise EnvelopeError(f"not an envelope: missing or bad metadata {error}") from error


def label(value: bytes | None) -> tuple[str, str]:
    """Return the feed and the batch of the envelope in `value`, ("", "") where it is none."""
    try:
        with pa.ipc.open_stream(value or b"") as reader:
            meta = reader.schema.metadata or {}
    except (pa.ArrowException, OSError):
        return "", ""
    return meta.get(b"feed", b"").decode(), meta.get(b"batch", b"").decode()


def conform(table: pa.Table, schema: pa.Schema = SCHEMA) -> pa.Table:
    """Return `table` with exactly `schema`'s columns: unknown ones dropped, missing ones filled.

    Args:
        table: events.
        schema: the event's columns, or some of them.
    """
    table = table.replace_schema_metadata(None)
    if table.schema.equals(schema):
        return table
    columns = [_column(table, wanted) for wanted in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def _column(table: pa.Table, wanted: pa.Field) -> pa.ChunkedArray:
    if wanted.name in table.column_names:
        return table.column(wanted.name).cast(wanted.type)
    if wanted.nullable:
        return pa.chunked_array([pa.nulls(table.num_rows, wanted.type)])
    return pa.chunked_array([_default(wanted, table.num_rows)])


def _default(column: pa.Field, rows: int) -> pa.Array:
    kind = column.type
    if pa.types.is_dictionary(kind):
        return pa.DictionaryArray.from_arrays(np.zeros(rows, np.int32), pa.array([""]))
    if pa.types.is_map(kind):
        return pa.array([[]] * rows, kind)
    if pa.types.is_integer(kind):
        return pa.repeat(pa.scalar(_MISSING[column.name], kind), rows)
    if not pa.types.is_string(kind):
        raise pa.ArrowInvalid(f"column of type {kind} is required")
    return pa.repeat(pa.scalar("", kind), rows)


def empty() -> pa.Table:
    """Return a table of no events."""
    return SCHEMA.empty_table()
