from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from sinks.insert import insert
from sinks.migrations import Dialect
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.repair import Repairer
from sinks.scratch import sweep
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


def rows(*times: datetime, partition: int = 0) -> RecordBatch:
    """Return one record of one row for each of `times`."""
    return RecordBatch(
        TopicRecord(partition, offset, table(f"feed_{partition}", [str(offset)], at))
        for offset, at in enumerate(times)
    )


def scratches(client: Client) -> set[str]:
    sql = "SELECT name FROM system.tables WHERE database = currentDatabase() AND name LIKE '%mend%'"
    return {str(name) for (name,) in client.query(sql).result_rows}


def test_mend_when_all_is_missing_then_makes_table_and_rollups_and_leaves_nothing_behind(
    client: Client,
) -> None:
    given = rows(NOW, NOW + 8 * DAY, NOW + 40 * DAY)

    assert mender(client).mend(given, given, NOW) == ALL
    assert mender(client).mend(given, given, NOW) == []
    assert counts(client) == all_are(3)
    assert scratches(client) == set()


def test_mend_when_it_was_killed_after_the_wrong_rows_were_deleted_then_makes_them_again(
    client: Client,
) -> None:
    given = rows(NOW, NOW, NOW)
    insert(client, "events", given.table(), "killed")
    client.command("TRUNCATE TABLE events_hour")
    client.command("DELETE FROM events WHERE 1", settings={"lightweight_deletes_sync": 2})

    assert mender(client).mend(given, given, NOW) == ["events", "events_hour"]
    assert counts(client) == all_are(3)


def test_mend_when_two_instants_share_buckets_with_rows_of_others_then_these_stay(
    client: Client,
) -> None:
    insert(client, "events", rows(NOW, NOW, partition=1).table(), "theirs")

    given = rows(NOW, NOW + timedelta(minutes=1))
    mender(client).mend(given, given, NOW)

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

    assert mender(client, events=1).mend(given, given, now) == []
    assert counts(client) == all_are(0)


def test_mend_when_a_feed_is_kept_shorter_then_the_rollups_of_what_has_gone_stay(
    client: Client,
) -> None:
    now = SystemClock().now()
    insert(client, "events", rows(now - 30 * DAY, partition=1).table(), "has gone since")
    client.command("DELETE FROM events WHERE 1", settings={"lightweight_deletes_sync": 2})
    given = RecordBatch(
        [
            TopicRecord(0, 0, table("feed_0", ["archive"], now - 100 * DAY)),
            TopicRecord(1, 1, table("feed_1", ["fresh"], now)),
        ]
    )
    keep, whole = KEEP | {"events": 400}, {"events": 5}
    repairer = Repairer(client, TABLES, TABLES["events"], keep, Dialect(ZONE), whole)

    repairer.mend(given, given, now)

    assert counts(client)["events"] == 2
    days = client.query("SELECT feed, sum(events) FROM events_day GROUP BY 1 ORDER BY 1")
    assert dict(days.result_rows)["feed_1"] == 2


def test_mend_when_some_rows_have_expired_then_the_others_are_made(client: Client) -> None:
    now = SystemClock().now()
    given = rows(now - 2 * DAY, now)

    mended = mender(client, events=1).mend(given, given, now)

    assert mended[0] == "events"
    assert counts(client)["events"] == 1
    assert mender(client, events=1).mend(given, given, now) == []


def test_mend_when_the_engine_merges_rows_away_then_counts_nothing(client: Client) -> None:
    assert mender(client, "windows").mend(rows(NOW), rows(NOW), NOW) == []


def test_mend_when_there_are_no_rows_then_does_nothing(client: Client) -> None:
    assert mender(client).mend(RecordBatch([]), RecordBatch([]), NOW) == []


def test_sweep_when_a_sink_was_killed_then_drops_its_scratch_tables_however_young(
    client: Client,
) -> None:
    for name in ("events_mend_0123abcd", "events_hour_mend_4567abcd", "mend_notes"):
        client.command(f"CREATE TABLE {name} (n UInt8) ENGINE = Memory")

    assert sweep(client) == 2
    assert scratches(client) == {"mend_notes"}
    client.command("DROP TABLE mend_notes")
