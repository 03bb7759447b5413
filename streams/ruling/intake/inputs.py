"""What rule shards read from `city.rule-inputs`: excerpts of envelopes, and the flow's pulse.

An *excerpt* is the part of one envelope that some rule of the shard looks at, as an Arrow IPC
stream whose metadata is its header; it names the envelope, so that one sent twice counts once. A
*pulse* comes every second, with or without events, and says up to which instant each partition of
`city.events` has been read. So time is in the log: a shard is a function of its log alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import pyarrow as pa

from citybrain.floor.clock import Millis
from citybrain.floor.errors import EnvelopeError
from citybrain.floor.events import SCHEMA, conform

_META = b"excerpt"
_WRITE = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False, unify_dictionaries=True)
_READ = pa.ipc.IpcReadOptions(use_threads=False)
_DROPPED = ("received_at", "theme", "version")
COLUMNS = pa.schema([field for field in SCHEMA if field.name not in _DROPPED])
"""Columns of an excerpt: the event's, without what no rule looks at."""


class ExcerptHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What an excerpt says of its envelope.

    Attributes:
        partition, offset: where the envelope stood on `city.events`.
        feed, department: whose it is.
        accepted: events in the envelope, without rows that take others back.
        rejected: rows that were refused instead.
        newest_ms: newest `occurred_at`, each at most its `received_at`; None without events.
        received_ms: newest `received_at`, or the record's own time in an envelope of none.
    """

    partition: int
    offset: int
    feed: str
    department: str
    accepted: int
    rejected: int
    newest_ms: Millis | None
    received_ms: Millis


@dataclass(frozen=True)
class Excerpt:
    """The header and 0 or more events as a table of `COLUMNS`."""

    header: ExcerptHeader
    table: pa.Table


class Pulse(msgspec.Struct, frozen=True):
    """How far the flow has been read.

    Attributes:
        at_ms: the instant, ms since 1970 UTC.
        reached: partition of `city.events` (as text) → instant up to which it has been read.
    """

    at_ms: Millis
    reached: dict[str, Millis]


def encode(record: Excerpt | Pulse) -> bytes:
    """Return `record` as the value of a Kafka record."""
    if isinstance(record, Pulse):
        return msgspec.json.encode(record)
    schema = COLUMNS.with_metadata({_META: msgspec.json.encode(record.header)})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema, options=_WRITE) as writer:
        writer.write_table(record.table)
    return bytes(sink.getvalue())


def decode(value: bytes) -> Excerpt | Pulse:
    """Return the record in `value`.

    Raises:
        EnvelopeError: it is neither an excerpt nor a pulse.
    """
    try:
        if value.startswith(b"{"):
            return msgspec.json.decode(value, type=Pulse)
        with pa.ipc.open_stream(value, options=_READ) as reader:
            table = reader.read_all()
        table.validate(full=True)
        header = msgspec.json.decode(_meta(table)[_META], type=ExcerptHeader)
        return Excerpt(header, conform(table, COLUMNS))
    except (pa.ArrowException, OSError, KeyError, TypeError, ValueError) as error:
        raise EnvelopeError(f"not an excerpt: {error}") from error


def _meta(table: pa.Table) -> Mapping[bytes, bytes]:
    return table.schema.metadata or {}
