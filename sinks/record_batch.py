"""Records of one topic on their way into one insert."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa

from sinks.record_columns import PlainRow, RecordRows

_PIECE = 1024 * 1024


@dataclass(frozen=True, order=True)
class OffsetRange:
    """Offsets `first` … `last` (both in it) of one partition."""

    partition: int
    first: int
    last: int


@dataclass(frozen=True)
class TopicRecord:
    """One record of a topic, decoded.

    Attributes:
        partition: where it lies.
        offset: its place there.
        table: its rows, without the columns that say where they come from; None: not readable.
        problem: why it could not be read.
        weeks: numbers of the weeks that the rows' own times lie in.
    """

    partition: int
    offset: int
    table: pa.Table | PlainRow | None
    problem: str = ""
    weeks: frozenset[int] = frozenset()

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return self.table.num_rows if self.table is not None else 0

    @property
    def size(self) -> int:
        """Bytes that the rows take in memory."""
        return self.table.nbytes if self.table is not None else 0


class RecordBatch:
    """Records in order of partition and offset, each once.

    So the same ranges of the topic always give the same rows in the same order.
    """

    def __init__(self, records: Iterable[TopicRecord]) -> None:
        """Take `records` in any order; of two with the same place the first counts."""
        by_place: dict[tuple[int, int], TopicRecord] = {}
        for record in records:
            by_place.setdefault((record.partition, record.offset), record)
        self.records = [by_place[place] for place in sorted(by_place)]

    @cached_property
    def rows(self) -> int:
        """How many rows the records hold."""
        return sum(record.rows for record in self.records)

    @cached_property
    def ranges(self) -> tuple[OffsetRange, ...]:
        """The offsets covered, one range a partition."""
        found: dict[int, OffsetRange] = {}
        for record in self.records:
            before = found.get(record.partition)
            first = before.first if before else record.offset
            found[record.partition] = OffsetRange(record.partition, first, record.offset)
        return tuple(found.values())

    @cached_property
    def size(self) -> int:
        """Bytes that the rows take in memory."""
        return sum(record.size for record in self.records)

    def without(self, places: Collection[tuple[int, int]]) -> RecordBatch:
        """Return the records that do not lie at `places` (partition, offset)."""
        return RecordBatch(r for r in self.records if (r.partition, r.offset) not in places)

    def within(self, ranges: Iterable[OffsetRange]) -> RecordBatch:
        """Return the records that lie in `ranges`, which hold at most one range a partition."""
        wanted = {part.partition: part for part in ranges}
        return RecordBatch(r for r in self.records if _lies_in(r, wanted.get(r.partition)))

    def table(self) -> pa.Table:
        """Return all rows, with the columns that say where they come from.

        Chunks stay apart (no copy of the rows), but words share one dictionary.
        """
        filled = [record for record in self.records if record.rows]
        counts = [record.rows for record in filled]
        rows = pa.concat_tables(_tables(filled)).unify_dictionaries()
        partitions = np.repeat([np.uint16(r.partition) for r in filled], counts)
        offsets = np.repeat([np.uint64(r.offset) for r in filled], counts)
        numbers = np.concatenate([np.arange(count, dtype=np.uint32) for count in counts])
        return (
            rows.append_column("kafka_partition", pa.array(partitions, pa.uint16()))
            .append_column("kafka_offset", pa.array(offsets, pa.uint64()))
            .append_column("kafka_row", pa.array(numbers, pa.uint32()))
        )


def pieces(table: pa.Table) -> Generator[bytes, None, None]:
    """Yield `table` as an Arrow IPC stream, in pieces of about a MiB.

    Pieces, not one value: what cannot be sent a second time is never silently sent a second time
    by the HTTP client, and a large batch is not held twice in memory.
    """
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        for part in table.to_batches():
            writer.write_batch(part)
    body = memoryview(sink.getvalue())
    for start in range(0, len(body), _PIECE):
        yield bytes(body[start : start + _PIECE])


def _tables(records: Iterable[TopicRecord]) -> Iterator[pa.Table]:
    """Yield the tables of records in their order; plain rows that follow each other make one."""
    for maker, some in itertools.groupby(records, _maker):
        if maker is None:
            yield from (record.table for record in some)
        else:
            yield maker.table([record.table.values for record in some])  # type: ignore[union-attr]


def _maker(record: TopicRecord) -> RecordRows | None:
    return record.table.maker if isinstance(record.table, PlainRow) else None


def _lies_in(record: TopicRecord, part: OffsetRange | None) -> bool:
    return part is not None and part.first <= record.offset <= part.last
