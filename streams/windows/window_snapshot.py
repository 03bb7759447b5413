"""What an owner knows, as one compact record that says which offset it reflects.

Layout: msgpack, version first; tables inside as Arrow IPC with plain strings, compressed by zstd,
so that a snapshot does not depend on how the running version holds them.
"""

from __future__ import annotations

import io
from collections.abc import Mapping

import msgspec
import polars as pl

from streams.windows.health import FeedHealth

VERSION = 1


class FeedSnapshot(msgspec.Struct, frozen=True, array_like=True):
    """One feed: what was counted of it, and how far it came."""

    health: FeedHealth
    watermark_ms: int | None
    seen_ms: int | None


class WindowsSnapshot(msgspec.Struct, frozen=True):
    """The state of the owner of one partition of `city.partials`.

    Attributes:
        version: of this layout.
        offset: the last record of the partition that is in it; -1: none.
        taken_ms: when it was taken.
        feeds: all feeds of the owner.
        tables: the owner's tables by name, packed.
    """

    version: int
    offset: int
    taken_ms: int
    feeds: list[FeedSnapshot]
    tables: dict[str, bytes]


def encode_snapshot(snapshot: WindowsSnapshot) -> bytes:
    """Return `snapshot` as the value of a Kafka record."""
    return msgspec.msgpack.encode(snapshot)


def decode_snapshot(value: bytes) -> WindowsSnapshot:
    """Return the snapshot in `value`.

    Raises:
        ValueError: `value` is no snapshot, or of a version that this program does not know.
    """
    snapshot = msgspec.msgpack.decode(value, type=WindowsSnapshot)
    if snapshot.version != VERSION:
        raise ValueError(f"snapshot of version {snapshot.version}; this program reads {VERSION}")
    return snapshot


def pack(table: pl.DataFrame) -> bytes:
    """Return `table` as Arrow IPC with its words spelled out."""
    buffer = io.BytesIO()
    spelled = table.with_columns(pl.col(pl.Categorical).cast(pl.String))
    spelled.write_ipc(buffer, compression="zstd", compat_level=pl.CompatLevel.oldest())
    return buffer.getvalue()


def unpack(value: bytes, schema: Mapping[str, pl.DataType]) -> pl.DataFrame:
    """Return the table in `value`, its columns as `schema` says."""
    table = pl.read_ipc(io.BytesIO(value))
    return table.select(schema.keys()).cast(pl.Schema(schema))
