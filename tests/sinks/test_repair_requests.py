# ruff: noqa: S608
"""The rollups of any span are held against a recount, and made good where people ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.floor.topics import partition_of
from sinks.migrations import Dialect
from sinks.record_batch import OffsetRange
from sinks.repair import Repairer
from sinks.repair_requests import FAILED, MENDED, RepairRequests, answers, ask
from sinks.store_check import StoreCheck, feeds_between
from sinks.table import find_tables
from tests.sinks.sample import NOW, ZONE, batch_of
from tests.sinks.stored import KEEP, ROLLUPS, all_are, committer, counts, memory_reader, prepared

DAY = timedelta(days=1)
ALL = frozenset(range(4))
BOTH = ["feed_0", "feed_1"]


@pytest.fixture(scope="module")
def shared(store_settings: Settings) -> Client:
    return prepared(store_settings, events_minute=3_650)


@pytest.fixture
def client(shared: Client, store_settings: Settings) -> Iterator[Client]:
    for name in ("events", *ROLLUPS, "recent_events", "sink_ledger", "repair_steps"):
        shared.command(f"TRUNCATE TABLE {name} SYNC")
    reader = memory_reader(store_settings)
    batch = reader.keep(batch_of(OffsetRange(0, 0, 4), OffsetRange(1, 0, 2)))
    committer(store_settings, reader, "a").write(batch, refresh=True)
    return shared  # type: ignore[return-value]


def mender(client: Client) -> Repairer:
    tables = find_tables()
    return Repairer(client, tables, tables["events"], KEEP, Dialect(ZONE))


def requests(settings: Settings) -> RepairRequests:
    return RepairRequests(SystemClock(), settings, 4)


def lose(client: Client, name: str, feed: str) -> None:
    client.command(
        f"DELETE FROM {name} WHERE feed = {{feed:String}}",
        parameters={"feed": feed},
        settings={"lightweight_deletes_sync": 2},
    )


def check(client: Client) -> list[tuple[str, str, int, int]]:
    """Return feed, rollup, buckets and events of what differs."""
    looked = StoreCheck(mender(client), lambda: None)
    found = looked.wrong(NOW - DAY, NOW + 3 * DAY, BOTH, NOW)
    return [(one.feed, one.table, one.found.buckets, one.found.events) for one in found]


@pytest.mark.parametrize("name", ROLLUPS)
def test_a_rollup_that_lost_rows_then_check_finds_it_and_repair_makes_it_good(
    client: Client, store_settings: Settings, name: str
) -> None:
    lose(client, name, "feed_0")
    assert check(client) == [("feed_0", name, 1, 5)]

    request = ask(client, BOTH, NOW - DAY, NOW + DAY)
    requests(store_settings).serve(mender(client), ALL)

    assert [tuple(one) for one in answers(client, request)] == [
        ("feed_0", MENDED, [name], 1, 5, ""),
        ("feed_1", MENDED, [], 0, 0, ""),
    ]
    assert (check(client), counts(client)) == ([], all_are(8))


@pytest.mark.parametrize("name", ROLLUPS)
def test_a_rollup_that_counts_twice_then_check_finds_it_and_repair_makes_it_good(
    client: Client, store_settings: Settings, name: str
) -> None:
    client.command(f"CREATE TABLE twice AS {name}")
    client.command(f"INSERT INTO twice SELECT * FROM {name}", settings={"insert_deduplicate": 0})
    parts = client.query("SELECT DISTINCT _partition_id FROM twice").result_rows
    for (part,) in parts:
        client.command(f"ALTER TABLE {name} ATTACH PARTITION ID '{part}' FROM twice")
    client.command("DROP TABLE twice SYNC")
    assert check(client) == [("feed_0", name, 1, 5), ("feed_1", name, 1, 3)]

    ask(client, BOTH, NOW - DAY, NOW + DAY)
    requests(store_settings).serve(mender(client), ALL)

    assert (check(client), counts(client)) == ([], all_are(8))
    client.command(f"OPTIMIZE TABLE {name} FINAL")
    assert counts(client) == all_are(8)


def test_repair_when_the_feed_is_of_another_sink_then_it_stays_asked(
    client: Client, store_settings: Settings
) -> None:
    lose(client, "events_hour", "feed_0")
    request = ask(client, ["feed_0"], NOW - DAY, NOW + DAY)
    mine = frozenset({partition_of("feed_0", 4)})

    requests(store_settings).serve(mender(client), ALL - mine)
    assert answers(client, request) == []

    requests(store_settings).serve(mender(client), mine)
    requests(store_settings).serve(mender(client), mine)  # done once
    assert len(answers(client, request)) == 1


def test_repair_when_the_store_refuses_then_the_answer_says_so(
    client: Client, store_settings: Settings
) -> None:
    lose(client, "events_day", "feed_0")
    client.command("RENAME TABLE events_day TO day_away")
    try:
        request = ask(client, ["feed_0"], NOW - DAY, NOW + DAY)
        requests(store_settings).serve(mender(client), ALL)
    finally:
        client.command("RENAME TABLE day_away TO events_day")

    [answer] = answers(client, request)
    assert (answer.step, answer.words) == (
        FAILED,
        "store: no table events_day; start a sink anew, it makes what is missing",
    )


def test_check_when_buckets_are_not_over_then_they_are_left_out(client: Client) -> None:
    lose(client, "events_day", "feed_0")
    lose(client, "events_minute", "feed_0")
    looked = StoreCheck(mender(client), lambda: None)

    found = list(looked.wrong(NOW - DAY, NOW + timedelta(minutes=2), BOTH, NOW))

    assert [one.table for one in found] == ["events_minute"]


def test_check_when_what_differs_is_right_at_the_second_look_then_it_is_well(
    client: Client, store_settings: Settings
) -> None:
    lose(client, "events_minute", "feed_0")
    ask(client, ["feed_0"], NOW - DAY, NOW + DAY)
    comes = StoreCheck(mender(client), lambda: requests(store_settings).serve(mender(client), ALL))

    assert list(comes.wrong(NOW - DAY, NOW + 3 * DAY, BOTH, NOW)) == []


def test_feeds_between_when_only_a_rollup_knows_one_then_it_is_among_them(client: Client) -> None:
    lose(client, "events", "feed_1")

    assert feeds_between(client, NOW - DAY, NOW + DAY) == BOTH
    assert feeds_between(client, NOW + 2 * DAY, NOW + 3 * DAY) == []
