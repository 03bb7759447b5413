"""What the streams find out and the sinks store: window results and feed health, as Arrow."""

from __future__ import annotations

import pyarrow as pa

from citybrain.floor.events import INSTANT, WORD

WINDOW_SCHEMA = pa.schema(
    [
        pa.field("size_s", pa.uint32(), nullable=False),
        pa.field("starts_at", INSTANT, nullable=False),
        pa.field("department", WORD, nullable=False),
        pa.field("theme", WORD, nullable=False),
        pa.field("kind", WORD, nullable=False),
        pa.field("area", WORD, nullable=False),
        pa.field("events", pa.uint64(), nullable=False),
        pa.field("values", pa.uint64(), nullable=False),
        pa.field("sum", pa.float64(), nullable=False),
        pa.field("squares", pa.float64(), nullable=False),
        pa.field("min", pa.float64()),
        pa.field("max", pa.float64()),
        pa.field("state", WORD, nullable=False),
        pa.field("revision", pa.uint32(), nullable=False),
        pa.field("watermark", INSTANT, nullable=False),
        pa.field("updated_at", INSTANT, nullable=False),
    ]
)
"""One tumbling window [starts_at, starts_at + size_s) of one (department, kind, area).

`events` counts all, `values` those with a value; `sum`, `squares`, `min`, `max` are over those.
`state`: ``open`` (more may come in time), ``closed`` (the watermark passed its end), ``revised`` (a
late event corrected it after it closed). `revision` is the number of partial cells in it,
plus one once it is closed."""

HEALTH_SCHEMA = pa.schema(
    [
        pa.field("at", INSTANT, nullable=False),
        pa.field("feed", WORD, nullable=False),
        pa.field("department", WORD, nullable=False),
        pa.field("state", WORD, nullable=False),
        pa.field("watermark", INSTANT),
        pa.field("last_seen_at", INSTANT),
        pa.field("rate", pa.float64(), nullable=False),
        pa.field("accepted", pa.uint64(), nullable=False),
        pa.field("rejected", pa.uint64(), nullable=False),
        pa.field("late", pa.uint64(), nullable=False),
        pa.field("event_lag_ms", pa.int64()),
        pa.field("backlog", pa.uint64(), nullable=False),
        pa.field("origin", WORD, nullable=False),
        pa.field("clock_shift_ms", pa.int64()),
    ]
)
"""One feed at one instant. `state`: ``live``, ``late`` (events come, but more than the allowed
lateness behind), ``silent`` (nothing for three cadences), ``irregular`` (it promises no cadence and
was seen), ``never`` (nothing seen yet). `rate` is
events/s over the last 60 s; `accepted`, `rejected`, `late` count since the state began;
`event_lag_ms` is received minus occurred of the newest event; `backlog` is records of the feed's
partition that the worker has not read yet; watermark is the newest `occurred_at` seen;
`clock_shift_ms` is by how much the feed's times are wrong, where that is the offset of its time
zone (negative: in the past), else null."""

_WRITE = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False, unify_dictionaries=True)
_READ = pa.ipc.IpcReadOptions(use_threads=False)


def encode_table(table: pa.Table) -> bytes:
    """Return `table` as an Arrow IPC stream, the value of a Kafka record."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=_WRITE) as writer:
        writer.write_table(table.combine_chunks())
    return bytes(sink.getvalue())


def decode_table(value: bytes) -> pa.Table:
    """Return the table in an Arrow IPC stream.

    Raises:
        pyarrow.ArrowInvalid: `value` is no Arrow IPC stream.
    """
    with pa.ipc.open_stream(value, options=_READ) as reader:
        return reader.read_all()
