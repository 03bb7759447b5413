# ruff: noqa: S608
"""A committer on the real store with records kept in memory, and the questions to ask of both."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from clickhouse_connect.driver.client import Client

from citybrain.floor import store
from citybrain.floor.clock import ManualClock
from citybrain.floor.dead_letters import FailedRecord
from citybrain.floor.settings import Settings
from sinks.committer import Committer
from sinks.ledger_entries import RecordPlace
from sinks.migrations import Dialect
from sinks.process import prepare_store
from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord
from sinks.repair import Repairer
from sinks.side_lane import SideLane
from sinks.table import find_tables
from sinks.topic_reader import TopicReader
from tests.sinks.sample import NOW, ZONE, city

KEEP = {"kind_minutes": 3_650, "recent_events": 3_650}
"""Samples have literal times: they must not expire."""
ROLLUPS = ("events_minute", "events_hour", "events_day", "feed_totals", "kind_minutes")


@dataclass(frozen=True)
class MemoryReader(TopicReader):
    """A topic in memory: records by place."""

    records: dict[tuple[int, int], TopicRecord] = field(default_factory=dict)

    def batch(self, ranges: Iterable[OffsetRange]) -> RecordBatch:
        return RecordBatch(
            self.records[part.partition, offset]
            for part in ranges
            for offset in range(part.first, part.last + 1)
        )

    def raw(self, places: Iterable[RecordPlace]) -> Iterator[tuple[RecordPlace, bytes, bytes]]:
        for place in places:
            yield place, b"feed", b"raw"

    def record(self, place: RecordPlace, value: bytes) -> TopicRecord:
        return self.records[place]

    def check_is_same(self, reached: Mapping[int, int], partitions: Iterable[int]) -> None:
        pass

    def keep(self, batch: RecordBatch) -> RecordBatch:
        """Put the records of `batch` into the topic."""
        self.records.update({(r.partition, r.offset): r for r in batch.records})
        return batch


def prepared(settings: Settings, **keep_days: int) -> Client:
    """Make all tables and return a client."""
    prepare_store(settings, city(**KEEP | keep_days), find_tables(), Dialect(ZONE))
    return store.connect(settings)


def memory_reader(settings: Settings) -> MemoryReader:
    source = find_tables()["events"].source
    assert source is not None
    return MemoryReader(settings, source)


def committer(
    settings: Settings, reader: TopicReader, owner: str, stop: threading.Event | None = None
) -> Committer:
    """Return the committer of table events that calls itself `owner`; its time is `NOW`."""
    tables, clock, stop = find_tables(), ManualClock(NOW), stop or threading.Event()
    client = store.connect(settings)
    mender = Repairer(client, tables, tables["events"], KEEP, Dialect(ZONE))
    lane = SideLane(mender, reader, owner, clock, stop, LETTERS.append)
    lane.assign(frozenset(range(8)))
    return Committer(client, "events", reader, lane, clock=clock, stop=stop)


LETTERS: list[FailedRecord] = []
"""What the lanes of `committer` sent."""


def work_off(sink: Committer) -> None:
    """Complete beside the flow whatever is deferred and due."""
    while sink.lane.work():
        pass


def counts(client: Client) -> dict[str, int]:
    """Return how many events each table speaks of."""
    found = {"events": int(client.command("SELECT count() FROM events"))}  # type: ignore[arg-type]
    for name in ROLLUPS:
        found[name] = int(client.command(f"SELECT sum(events) FROM {name}"))  # type: ignore[arg-type]
    return found


def all_are(rows: int) -> dict[str, int]:
    """Return the counts of a store that holds `rows` events in every table."""
    return dict.fromkeys(("events", *ROLLUPS), rows)


def places_stored_twice(client: Client) -> int:
    sql = (
        "SELECT count() FROM (SELECT 1 FROM events GROUP BY kafka_partition, kafka_offset, "
        "kafka_row HAVING count() > 1)"
    )
    return int(client.command(sql))  # type: ignore[arg-type]


def table_names(client: Client) -> set[str]:
    """Return what the database has: tables, and views by their own names."""
    sql = "SELECT name FROM system.tables WHERE database = currentDatabase()"
    return {str(name) for (name,) in client.query(sql).result_rows}


def drop_all(client: Client) -> None:
    """Leave an empty database."""
    for name in table_names(client):
        client.command(f"DROP TABLE IF EXISTS {name} SYNC")
