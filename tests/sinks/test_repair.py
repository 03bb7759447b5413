from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta

import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from sinks.insert import insert
from sinks.migrations import Dialect
from sinks.record_batch import OffsetRange, RecordBatch, TopicRecord
from sinks.repair import Repairer, sweep
from sinks.table import find_tables
from tests.sinks.sample import NOW, ZONE, table
from tests.sinks.stored import KEEP, ROLLUPS, all_are, counts, prepared

TABLES = find_tables()
DAY = timedelta(days=1)
ALL = ["events", *ROLLUPS]


@pytest.fixture(scope="module")
def shared(store_settings: Settings) -> Client:
    return prepared(store_settings)


@pytest.fixture
def client(shared: Client) -> Iterator[Client]:
    for name in ALL:
        shared.command(f"TRUNCATE TABLE {name} SYNC")
    return shared  # type: ignore[return-value]


def mender(client: Client, name: str = "events", **retention_days: int) -> Repairer:
    return Repairer(client, TABLES, TABLES[name], KEEP | retention_days, Dialect(ZONE))


def rows(*times: datetime, partition: int = 0) -> pa.Table:
    """Return the rows of one record for each of `times`."""
    records = [
        TopicRecord(partition, offset, table(f"feed_{partition}", [str(offset)], at))
        for offset, at in enumerate(times)
    ]
    return RecordBatch(records).table()


def scratches(client: Client) -> set[str]:
    sql = "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%mend%'"
    return {str(name) for (name,) in client.query(sql).result_rows}


def test_mend_when_all_is_missing_then_makes_table_and_rollups_and_leaves_nothing_behind(
    client: Client,
) -> None:
    given = rows(NOW, NOW + 8 * DAY, NOW + 40 * DAY)

    assert mender(client).mend(given, [OffsetRange(0, 0, 2)], NOW) == ALL
    assert mender(client).mend(given, [OffsetRange(0, 0, 2)], NOW) == []
    assert counts(client) == all_are(3)
    assert scratches(client) == set()


def test_mend_when_it_was_killed_after_the_wrong_rows_were_deleted_then_makes_them_again(
    client: Client,
) -> None:
    given = rows(NOW, NOW, NOW)
    insert(client, "events", given, "killed")
    client.command("TRUNCATE TABLE events_hour")
    client.command("DELETE FROM events WHERE 1", settings={"lightweight_deletes_sync": 2})

    assert mender(client).mend(given, [OffsetRange(0, 0, 2)], NOW) == ["events", "events_hour"]
    assert counts(client) == all_are(3)


def test_mend_when_two_instants_share_buckets_with_rows_of_others_then_these_stay(
    client: Client,
) -> None:
    insert(client, "events", rows(NOW, NOW, partition=1), "theirs")

    mender(client).mend(rows(NOW, NOW + timedelta(minutes=1)), [OffsetRange(0, 0, 1)], NOW)

    assert counts(client) == all_are(4)
    assert client.query(
        "SELECT feed, sum(events) FROM events_day GROUP BY 1 ORDER BY 1"
    ).result_rows == [
        ("feed_0", 2),
        ("feed_1", 2),
    ]


def test_mend_when_rows_have_expired_then_they_are_let_be(client: Client) -> None:
    now = SystemClock().now()
    given = rows(now - 2 * DAY, now - DAY + timedelta(minutes=59))

    assert mender(client, events=1).mend(given, [OffsetRange(0, 0, 1)], now) == []
    assert counts(client) == all_are(0)


def test_mend_when_a_feed_is_kept_shorter_then_the_rollups_of_what_has_gone_stay(
    client: Client,
) -> None:
    now = SystemClock().now()
    insert(client, "events", rows(now - 30 * DAY, partition=1), "has gone since")
    client.command("DELETE FROM events WHERE 1", settings={"lightweight_deletes_sync": 2})
    given = RecordBatch(
        [
            TopicRecord(0, 0, table("feed_0", ["archive"], now - 100 * DAY)),
            TopicRecord(1, 1, table("feed_1", ["fresh"], now)),
        ]
    ).table()
    keep, whole = KEEP | {"events": 400}, {"events": 5}
    repairer = Repairer(client, TABLES, TABLES["events"], keep, Dialect(ZONE), whole)

    repairer.mend(given, [OffsetRange(0, 0, 0), OffsetRange(1, 1, 1)], now)

    assert counts(client)["events"] == 2
    days = client.query("SELECT feed, sum(events) FROM events_day GROUP BY 1 ORDER BY 1")
    assert dict(days.result_rows)["feed_1"] == 2


def test_mend_when_some_rows_have_expired_then_the_others_are_made(client: Client) -> None:
    now = SystemClock().now()
    given = rows(now - 2 * DAY, now)

    mended = mender(client, events=1).mend(given, [OffsetRange(0, 0, 1)], now)

    assert mended[0] == "events"
    assert counts(client)["events"] == 1
    assert mender(client, events=1).mend(given, [OffsetRange(0, 0, 1)], now) == []


def test_mend_when_the_engine_merges_rows_away_then_counts_nothing(client: Client) -> None:
    assert mender(client, "windows").mend(rows(NOW), [OffsetRange(0, 0, 0)], NOW) == []


def test_mend_when_there_are_no_rows_then_does_nothing(client: Client) -> None:
    assert mender(client).mend(rows(NOW).slice(1), [], NOW) == []


def test_sweep_when_a_sink_was_killed_then_drops_its_scratch_tables_but_no_young_ones(
    client: Client, store_settings: Settings
) -> None:
    old, young, other = "events_mend_0123abcd", "events_mend_4567abcd", "mend_notes"
    for name in (old, young, other):
        client.command(f"CREATE TABLE {name} (n UInt8) ENGINE = Memory")
    two_hours_ago = SystemClock().now().timestamp() - 7_200
    for name in (old, other):
        [file] = (store_settings.data / "store").rglob(f"{name}.sql")
        os.utime(file, (two_hours_ago, two_hours_ago))

    sweep(client)

    assert scratches(client) == {young, other}
