"""One shard of the rules: the engine of one partition of `city.rule-inputs`, with its offset.

It is a function of its partition's log, so any worker can take it over: restore the newest
snapshot, read on from there, say what stands, and go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pyarrow as pa

from citybrain.alerts.records import Episode, OpenAlertsOfShard
from citybrain.city import City
from citybrain.floor.errors import EnvelopeError
from streams.ruling.intake.inputs import Excerpt, Pulse, decode
from streams.ruling.rulebook import Rulebook
from streams.ruling.worlds import Worlds

VERSION = 2
PART_BYTES = 4 * 1024 * 1024
"""A snapshot travels in records of this size, so that none is larger than Kafka takes."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One record of a snapshot.

    Attributes:
        version: of the layout.
        offset: the last record of the partition that is in the snapshot.
        part, parts: which part of how many.
        size: bytes of the whole when unpacked.
        body: a piece of the state, packed by msgpack and zstd.
    """

    version: int
    offset: int
    part: int
    parts: int
    size: int
    body: bytes


class Shard:
    """The rules of one partition.

    Attributes:
        offset: the last record that was taken; -1: none.
        undecodable: records that could not be read.
        worlds: the rules, for what happens and for exercises.
    """

    def __init__(self, number: int, rulebook: Rulebook, city: City, partitions: int) -> None:
        """Start with nothing known."""
        self.offset, self.undecodable = -1, 0
        self._number, self._partitions = number, partitions
        rules = rulebook.of_shard(number, partitions)
        self.worlds = Worlds(rules, city, partitions=partitions, shard=str(number))

    def merge(self, records: Sequence[tuple[int, bytes]]) -> list[Episode | OpenAlertsOfShard]:
        """Take (offset, value) records of the partition, in order; known ones are skipped."""
        fresh: list[Excerpt | Pulse] = []
        for offset, value in records:
            if offset <= self.offset:
                continue
            self.offset = offset
            try:
                fresh.append(decode(value))
            except EnvelopeError:
                self.undecodable += 1
        return self.worlds.take(fresh)

    def reload(self, rulebook: Rulebook) -> list[Episode | OpenAlertsOfShard]:
        """Run the rules of `rulebook` from now on; what they no longer hold open is told."""
        ended = self.worlds.rules(rulebook.of_shard(self._number, self._partitions))
        return [*ended, *self.standing()]

    def standing(self) -> list[OpenAlertsOfShard]:
        """Return which alerts are open, for who may have missed that others are not."""
        return self.worlds.standing()

    def snapshot(self) -> tuple[int, bytes]:
        """Return the offset and all that is known as of it, not compressed yet."""
        return self.offset, msgspec.msgpack.encode(self.worlds.pack())

    def restore(self, offset: int, state: bytes) -> None:
        """Take over a snapshot."""
        self.offset = offset
        self.worlds.unpack(msgspec.msgpack.decode(state))


def parts_of(offset: int, state: bytes) -> list[bytes]:
    """Return a snapshot as values of Kafka records; takes a while, may run in a thread."""
    packed = pa.compress(state, codec="zstd", asbytes=True)
    pieces = [packed[at : at + PART_BYTES] for at in range(0, len(packed), PART_BYTES)]
    return [
        msgspec.msgpack.encode(Part(VERSION, offset, part, len(pieces), len(state), piece))
        for part, piece in enumerate(pieces)
    ]


def newest_whole(values: Sequence[bytes]) -> tuple[int, bytes] | None:
    """Return offset and state of the newest snapshot of which all parts are among `values`.

    Args:
        values: records of a snapshot partition, oldest first; what is none is left out.
    """
    found: dict[tuple[int, int], dict[int, Part]] = {}
    for value in values:
        part = _part(value)
        if part is not None:
            found.setdefault((part.offset, part.parts), {})[part.part] = part
    for (offset, count), parts in sorted(found.items(), reverse=True):
        if len(parts) == count:
            packed = b"".join(parts[number].body for number in range(count))
            return offset, _unpacked(packed, parts[0].size)
    return None


def _part(value: bytes) -> Part | None:
    try:
        part = msgspec.msgpack.decode(value, type=Part)
    except msgspec.MsgspecError:
        return None
    return part if part.version == VERSION else None


def _unpacked(packed: bytes, size: int) -> Any:
    return pa.decompress(packed, decompressed_size=size, codec="zstd", asbytes=True)
