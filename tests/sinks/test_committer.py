# ruff: noqa: S608
from __future__ import annotations

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor.settings import Settings
from sinks import claim_store
from sinks.record_batch import OffsetRange, RecordBatch
from tests.sinks.sample import batch_of, event_rows
from tests.sinks.stored import (
    MemoryReader,
    all_are,
    committer,
    counts,
    memory_reader,
    places_stored_twice,
    prepared,
    work_off,
)

TABLES = (
    "events",
    "events_minute",
    "events_hour",
    "events_day",
    "feed_totals",
    "kind_minutes",
    "recent_events",
    "sink_ledger",
)


@pytest.fixture(scope="module")
def shared(store_settings: Settings) -> Client:
    return prepared(store_settings)


@pytest.fixture
def client(shared: Client) -> Iterator[Client]:
    for name in TABLES:
        shared.command(f"TRUNCATE TABLE {name} SYNC")
    return shared  # type: ignore[return-value]


@pytest.fixture
def reader(store_settings: Settings) -> MemoryReader:
    return memory_reader(store_settings)


def test_write_when_batches_follow_each_other_then_all_tables_agree(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    sink = committer(store_settings, reader, "a")

    sink.write(
        reader.keep(batch_of(OffsetRange(0, 0, 9), OffsetRange(1, 0, 4), rows=3)), refresh=True
    )
    sink.write(reader.keep(batch_of(OffsetRange(0, 10, 11), rows=3)), refresh=False)

    assert counts(client) == all_are(51)
    assert client.query(
        "SELECT kafka_partition, min(kafka_offset), max(kafka_offset), max(kafka_row), count()"
        " FROM events GROUP BY 1 ORDER BY 1"
    ).result_rows == [(0, 0, 11, 2, 36), (1, 0, 4, 2, 15)]


def test_write_when_records_come_again_then_they_count_once(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    sink = committer(store_settings, reader, "a")

    sink.write(reader.keep(batch_of(OffsetRange(0, 0, 4))), refresh=True)
    sink.write(reader.keep(batch_of(OffsetRange(0, 2, 7))), refresh=False)

    assert counts(client) == all_are(8)


def test_write_when_the_owner_before_died_between_claim_and_insert_then_inserts_its_claim(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    dead = committer(store_settings, reader, "dead")
    dead._insert = lambda *_: True  # type: ignore[method-assign]
    dead.write(reader.keep(batch_of(OffsetRange(0, 0, 4), OffsetRange(1, 0, 4))), refresh=True)
    assert counts(client)["events"] == 0

    heir = committer(store_settings, reader, "heir")
    heir.write(reader.keep(batch_of(OffsetRange(0, 0, 9))), refresh=True)
    work_off(heir)

    assert counts(client) == all_are(15)
    assert client.query("SELECT kind, owner FROM sink_ledger ORDER BY seq").result_rows == [
        ("claim", "dead"),
        ("deferred", "heir"),
        ("claim", "heir"),
        ("settled", "heir"),
    ]


def test_write_when_the_owner_before_died_after_its_insert_then_nothing_is_doubled(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    batch = reader.keep(batch_of(OffsetRange(0, 0, 4), OffsetRange(1, 0, 4)))
    committer(store_settings, reader, "dead").write(batch, refresh=True)

    heir = committer(store_settings, reader, "heir")
    heir.write(batch, refresh=True)
    work_off(heir)

    assert counts(client) == all_are(10)


def test_write_when_a_paused_owner_goes_on_after_it_was_overtaken_then_all_count_once(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    first, second = (committer(store_settings, reader, name) for name in ("first", "second"))
    first.write(reader.keep(batch_of(OffsetRange(0, 0, 2))), refresh=True)

    second.write(reader.keep(batch_of(OffsetRange(0, 0, 5))), refresh=True)
    first.write(reader.keep(batch_of(OffsetRange(0, 3, 8))), refresh=False)
    second.write(reader.keep(batch_of(OffsetRange(0, 6, 9))), refresh=False)
    work_off(second)
    work_off(first)

    assert counts(client) == all_are(10)
    assert places_stored_twice(client) == 0


@pytest.mark.parametrize("lost", ["events", "events_minute", "events_hour", "feed_totals"])
def test_write_when_the_store_kept_the_token_but_not_the_rows_then_they_are_mended(
    client: Client, store_settings: Settings, reader: MemoryReader, lost: str
) -> None:
    batch = reader.keep(batch_of(OffsetRange(0, 0, 4), OffsetRange(1, 0, 4), rows=2))
    committer(store_settings, reader, "dead").write(batch, refresh=True)
    where = "feed = 'feed_0'" if lost != "events" else "kafka_partition = 0"
    client.command(f"DELETE FROM {lost} WHERE {where}", settings={"lightweight_deletes_sync": 2})
    assert counts(client)[lost] == 10

    heir = committer(store_settings, reader, "heir")
    heir.write(batch, refresh=True)
    work_off(heir)

    assert counts(client) == all_are(20)


def test_write_when_rows_were_doubled_then_they_are_mended(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    batch = reader.keep(batch_of(OffsetRange(0, 0, 4)))
    committer(store_settings, reader, "dead").write(batch, refresh=True)
    client.command("INSERT INTO events SELECT * FROM events", settings={"insert_deduplicate": 0})
    assert counts(client) == all_are(10)

    heir = committer(store_settings, reader, "heir")
    heir.write(batch, refresh=True)
    work_off(heir)

    assert counts(client) == all_are(5)


def test_write_when_other_feeds_share_the_minute_then_mending_leaves_them_alone(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    other = committer(store_settings, reader, "other")
    other.write(reader.keep(batch_of(OffsetRange(2, 0, 6))), refresh=True)
    batch = reader.keep(batch_of(OffsetRange(0, 0, 4)))
    committer(store_settings, reader, "dead").write(batch, refresh=True)
    client.command(
        "DELETE FROM events_minute WHERE feed = 'feed_0'", settings={"lightweight_deletes_sync": 2}
    )

    heir = committer(store_settings, reader, "heir")
    heir.write(batch, refresh=True)
    work_off(heir)

    assert counts(client) == all_are(12)


def test_write_when_a_record_is_unreadable_or_empty_then_it_is_passed_over(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    good = batch_of(OffsetRange(0, 0, 0), OffsetRange(0, 3, 3))
    records = [
        *batch_of(OffsetRange(0, 0, 0)).records,
        *(r.__class__(0, offset, None, "broken") for offset, r in ((1, good.records[0]),)),
        *(r.__class__(0, 2, event_rows(0, 2, 0)) for r in good.records[:1]),
        *batch_of(OffsetRange(0, 3, 3)).records,
    ]

    committer(store_settings, reader, "a").write(reader.keep(RecordBatch(records)), refresh=True)

    assert counts(client) == all_are(2)


def test_close_when_all_is_written_then_the_next_sink_repeats_nothing(
    client: Client, store_settings: Settings, reader: MemoryReader
) -> None:
    sink = committer(store_settings, reader, "a")
    sink.write(reader.keep(batch_of(OffsetRange(0, 0, 4))), refresh=True)

    sink.close()
    reader.records.clear()  # repeating would fail
    committer(store_settings, reader, "b").write(
        reader.keep(batch_of(OffsetRange(0, 5, 6))), refresh=True
    )

    assert counts(client) == all_are(7)


def test_write_when_the_ledger_is_long_then_drops_what_lies_far_behind(
    client: Client, store_settings: Settings, reader: MemoryReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.committer._TRIM_EVERY", 2)
    forgotten: list[tuple[int, int]] = []
    monkeypatch.setattr(
        claim_store.Claims, "forget", lambda _self, *numbers: forgotten.append(numbers)
    )
    sink = committer(store_settings, reader, "a")

    for offset in range(6):
        sink.write(reader.keep(batch_of(OffsetRange(0, offset, offset))), refresh=False)

    assert forgotten == [(1, 1), (3, 3), (5, 5)]
