"""What a version wrote: its topics, its groups' offsets and its tables, as one compressed file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa

LEVEL = 19
_LARGEST = 256 * 1024 * 1024
_DERIVED = re.compile("CREATE (MATERIALIZED )?VIEW")


class Recorded(msgspec.Struct, frozen=True, array_like=True):
    """One record of a partition; its place in the list is its offset."""

    key: bytes | None
    value: bytes | None


class Committed(msgspec.Struct, frozen=True, array_like=True):
    """From which offset a group would have read on."""

    group: str
    topic: str
    partition: int
    offset: int


class Stored(msgspec.Struct, frozen=True):
    """A table or view: the statement that makes it, and its rows in ClickHouse's Native format."""

    name: str
    create: str
    rows: bytes

    @property
    def derived(self) -> bool:
        """Whether it is a view, with no rows of its own."""
        return _DERIVED.match(self.create) is not None


class Recording(msgspec.Struct, frozen=True):
    """Everything that a version wrote until `taken_at`.

    Attributes:
        taken_at: instant at which it had been stopped.
        topics: name → its partitions, each with all of its records.
        committed: where the consumer groups stood.
        tables: the store's, those of their own first.
    """

    taken_at: datetime
    topics: dict[str, list[list[Recorded]]]
    committed: list[Committed]
    tables: list[Stored]

    def values(self, topic: str) -> Iterator[bytes]:
        """Yield the values of a topic's records, partition by partition."""
        for records in self.topics[topic]:
            yield from (one.value for one in records if one.value is not None)


def read(path: Path) -> Recording:
    """Return the recording in a file."""
    packed = path.read_bytes()
    unpacked = pa.input_stream(pa.BufferReader(packed), compression="zstd").read(_LARGEST)
    return msgspec.msgpack.decode(unpacked, type=Recording)


def write(recording: Recording, path: Path) -> None:
    """Write a recording to a file, compressed."""
    codec = pa.Codec("zstd", compression_level=LEVEL)
    path.write_bytes(codec.compress(msgspec.msgpack.encode(recording), asbytes=True))
