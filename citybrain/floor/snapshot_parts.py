"""Snapshots in parts: a state of any size as records of a compacted topic, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
import pyarrow as pa

VERSION = 2
PART_BYTES = 4 * 1024 * 1024
"""A snapshot travels in records of this size, so that none is larger than Kafka takes."""
LOOK_BACK = 64
"""Records of snapshots that are read back at first."""
Whole = tuple[int, bytes]
"""The offset that a snapshot reflects, and the state as of it."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One record of a snapshot.

    Attributes:
        version: of the layout.
        offset: the last record of the partition's log that is in the snapshot.
        part, parts: which part of how many.
        size: bytes of the whole when unpacked.
        body: a piece of the state, packed by zstd.
    """

    version: int
    offset: int
    part: int
    parts: int
    size: int
    body: bytes


def parts_of(offset: int, state: bytes) -> list[bytes]:
    """Return a snapshot as values of Kafka records; takes a while, may run in a thread."""
    packed = pa.compress(state, codec="zstd", asbytes=True)
    pieces = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
    return [
        msgspec.msgpack.encode(Part(VERSION, offset, part, len(pieces), len(state), piece))
        for part, piece in enumerate(pieces)
    ]


def newest_whole(
    values: Sequence[bytes], single: Callable[[bytes], Whole | None] = lambda _value: None
) -> Whole | None:
    """Return offset and state of the newest snapshot of which all parts are among `values`.

    Args:
        values: records of a snapshot partition, oldest first; what is none is left out.
        single: reads a record that is a whole snapshot by itself, as an earlier version wrote.
    """
    found: dict[tuple[int, int], dict[int, Part]] = {}
    alone: Whole | None = None
    for value in values:
        part = _part(value)
        if part is not None:
            found.setdefault((part.offset, part.parts), {})[part.part] = part
        elif (whole := single(value)) is not None:
            alone = whole
    for (offset, count), parts in sorted(found.items(), reverse=True):
        if len(parts) == count and (alone is None or offset >= alone[0]):
            packed = b"".join(parts[number].body for number in range(count))
            return offset, _unpacked(packed, parts[0].size)
    return alone


def last_whole(
    last: Callable[[int], Sequence[bytes]],
    single: Callable[[bytes], Whole | None] = lambda _value: None,
) -> Whole | None:
    """Return offset and state of the newest whole snapshot of a partition.

    Args:
        last: count → so many of its last records, oldest first, or all; asked again for more where
            snapshots are so large that two whole ones need not be among the first.
        single: see `newest_whole`.
    """
    values = last(LOOK_BACK)
    wanted = 3 * most_parts(values)
    return newest_whole(values if wanted <= LOOK_BACK else last(wanted), single)


def most_parts(values: Iterable[bytes]) -> int:
    """Return of how many parts the largest of the snapshots among `values` consists."""
    return max((part.parts for value in values if (part := _part(value))), default=0)


def _part(value: bytes) -> Part | None:
    try:
        part = msgspec.msgpack.decode(value, type=Part)
    except msgspec.MsgspecError:
        return None
    return part if part.version == VERSION else None


def _unpacked(packed: bytes, size: int) -> bytes:
    return bytes(pa.decompress(packed, decompressed_size=size, codec="zstd", asbytes=True))
