"""Read records of a topic, the same rows every time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from citybrain.floor import bus
from citybrain.floor.errors import CityBrainError, EnvelopeError
from citybrain.floor.settings import Settings
from sinks.claim_bounds import week_of, weeks_of
from sinks.ledger_entries import RecordPlace
from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord
from sinks.record_columns import PlainRow, RecordRows
from sinks.table import TopicSource


class TopicMadeAnew(CityBrainError):
    """The topic ends before what the store holds of it: it is another topic of the same name."""


@dataclass(frozen=True)
class TopicReader:
    """Reads ranges of the topic of `source` again. Blocks.

    Every method raises `BusError` when no broker answers.
    """

    settings: Settings
    source: TopicSource

    def batch(self, ranges: Iterable[OffsetRange]) -> RecordBatch:
        """Return the records of `ranges`, decoded as when they were read first."""
        return RecordBatch(
            make_record(self.source, part.partition, offset, value)
            for part in ranges
            for offset, value in bus.read_range(
                self.settings, self.source.topic, part.partition, part.first, part.last
            )
        )

    def record(self, place: RecordPlace, value: bytes) -> TopicRecord:
        """Return the record at `place`, decoded."""
        return make_record(self.source, *place, value)

    def raw(self, places: Iterable[RecordPlace]) -> Iterator[tuple[RecordPlace, bytes, bytes]]:
        """Yield place, key and value of the records at `places`, as far as Kafka still has them."""
        for partition, offset in places:
            found = bus.read_records(self.settings, self.source.topic, partition, offset, offset)
            for record in found:
                yield (partition, offset), record.key or b"", record.value or b""

    def check_is_same(self, reached: Mapping[int, int], partitions: Iterable[int]) -> None:
        """Make sure that `partitions` go at least as far as the ledger has `reached`.

        Raises:
            TopicMadeAnew: one does not.
        """
        for partition in partitions:
            end = bus.end_offset(self.settings, self.source.topic, partition)
            if end <= reached.get(partition, -1):
                raise TopicMadeAnew(
                    f"Kafka: {self.source.topic.name}: partition {partition}: ends at {end}, "
                    f"but the store has rows up to {reached[partition]}: the topic was made anew; "
                    "give it an empty database, or see docs/storage.md: A topic made anew"
                )


def make_record(
    source: TopicSource, partition: int, offset: int, value: bytes | None
) -> TopicRecord:
    """Return the record at a place, without a table where it cannot be read."""
    try:
        read, time = source.decode, source.time
        table = read.plain(value or b"") if isinstance(read, RecordRows) else read(value or b"")
        if isinstance(table, PlainRow):
            at = table.values[time]
            weeks = frozenset({week_of(at)} if at is not None else ())
        else:
            weeks = weeks_of(table.column(time))
        return TopicRecord(partition, offset, table, weeks=weeks)
    except EnvelopeError as error:
        return TopicRecord(partition, offset, None, str(error))
