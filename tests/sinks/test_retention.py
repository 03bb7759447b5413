from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client
from structlog.testing import capture_logs

from citybrain.city.event_retention import Retention, event_retention
from citybrain.city.records import City, EventKind, Feed
from citybrain.floor import store
from citybrain.floor.clock import SystemClock
from citybrain.floor.settings import Settings
from citybrain.floor.text import Text
from sinks.insert import insert
from sinks.migrations import Dialect, migrate
from sinks.record_batch import RecordBatch, TopicRecord
from sinks.retention import (
    RetentionChange,
    apply_change,
    apply_lossless,
    changes,
    check_names,
    clause,
    days_of,
    horizons,
    retention_of,
)
from sinks.table import Table, find_tables
from tests.sinks.sample import ZONE, city, table
from tests.sinks.stored import drop_all
from tests.waiting import eventually

TABLES = {
    "kept": Table("kept", ()),
    "b": Table("b", (), expires="at"),
    "a": Table("a", (), expires="received_at", keep_days=7),
}
EVENTS = {"events": find_tables()["events"]}


@pytest.fixture
def client(store_settings: Settings) -> Iterator[Client]:
    """A database with nothing but an empty table of events that are kept for ever."""
    with store.connect(store_settings) as client:
        drop_all(client)
        migrate(client, EVENTS, Dialect(ZONE))
        yield client


def put(client: Client, name: str, at: datetime) -> None:
    insert(
        client, "events", RecordBatch([TopicRecord(0, 0, table("radar", [name], at))]).table(), name
    )


def subjects(client: Client) -> list[str]:
    rows = client.query("SELECT subject FROM events ORDER BY subject").result_rows
    return [str(subject) for (subject,) in rows]


def left(client: Client) -> list[str]:
    """Return what is left after a merge of everything."""
    recomputed(client)
    client.command("OPTIMIZE TABLE events FINAL")
    return subjects(client)


def recomputed(client: Client) -> None:
    """Wait until every part knows when it expires."""
    open_ = (
        "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND NOT is_done"
    )
    eventually(lambda: client.command(open_) == 0)


def change(client: Client, kept: Retention) -> RetentionChange:
    """Return the change of table events to `kept`."""
    (found,) = changes(client, EVENTS, city_of(kept))
    return found


def city_of(kept: Retention) -> City:
    """Return a city whose events are kept so."""
    title = Text("", "")
    feeds = {
        name: Feed(name, title, "", "", (), {}, retention_days=days)
        for name, days in kept.feeds.items()
    }
    kinds = {name: EventKind(name, title, "", retention_days=n) for name, n in kept.kinds.items()}
    days = {} if kept.days is None else {"events": kept.days}
    return replace(city(**days), feeds=feeds, kinds=kinds)


def apply(client: Client, kept: Retention | int | None) -> bool:
    """Make the store keep events so, as the command does; say whether it had to change."""
    wanted = change(client, kept if isinstance(kept, Retention) else Retention(kept))
    if wanted.is_needed:
        apply_change(client, wanted, Dialect(ZONE))
    return wanted.is_needed


def engine(client: Client) -> str:
    sql = "SELECT engine_full FROM system.tables WHERE name = 'events'"
    return str(client.command(sql + " AND database = currentDatabase()"))


def test_check_names_when_a_table_is_unknown_or_kept_for_ever_then_names_those_that_expire() -> (
    None
):
    folder = Path("cities/none")

    faults = check_names(city(folder, a=1, bb=2, kept=3), TABLES)

    assert [str(fault) for fault in faults] == [
        "cities/none/city.yaml: retention_days.bb: unknown table 'bb'; use one of a, b",
        "cities/none/city.yaml: retention_days.kept: unknown table 'kept'; use one of a, b",
    ]


def test_check_names_when_all_expire_then_finds_no_fault() -> None:
    assert check_names(city(a=1, b=2), TABLES) == []


@pytest.mark.parametrize(
    ("name", "days"),
    [
        pytest.param("kept", None, id="never-expires"),
        pytest.param("b", None, id="nobody-says"),
        pytest.param("a", 3, id="the-city-says"),
    ],
)
def test_days_of_when_the_city_says_or_not(name: str, days: int | None) -> None:
    assert days_of(TABLES[name], {"a": 3, "kept": 5}) == days


def test_days_of_when_the_city_is_silent_then_the_table_decides() -> None:
    assert days_of(TABLES["a"], {}) == 7


MIXED = Retention(
    400, {"old_archive": 4_000, "radar": 30, "second_archive": 4_000}, {"noise": 7, "pothole": 800}
)
FOR_EVER_BUT = Retention(None, {}, {"noise": 7})


@pytest.mark.parametrize(
    ("kept", "expected"),
    [
        (Retention(7), "toDateTime(received_at) + toIntervalDay(7)"),
        (
            MIXED,
            "toDateTime(received_at) + toIntervalDay(multiIf(has(['radar'], feed), 30, "
            "has(['old_archive', 'second_archive'], feed), 4000, has(['noise'], kind), 7, "
            "has(['pothole'], kind), 800, 400))",
        ),
    ],
    ids=["one time for all", "by feed and kind"],
)
def test_clause_reads_as_the_store_writes_it(kept: Retention, expected: str) -> None:
    assert clause(TABLES["a"], kept) == expected


def test_events_when_the_door_asks_how_long_then_it_is_what_the_table_does() -> None:
    assert EVENTS["events"].keep_days is None  # the city alone decides
    assert retention_of(EVENTS["events"], city_of(MIXED)) == MIXED
    assert event_retention(city_of(MIXED)) == MIXED


@pytest.mark.parametrize(
    ("kept", "gone", "there"),
    [
        (Retention(400), {"events": 400}, {"events": 400}),
        (MIXED, {"events": 4_000}, {"events": 7}),
        (FOR_EVER_BUT, {}, {"events": 7}),
        (Retention(), {}, {}),
    ],
)
def test_horizons_when_rows_are_kept_differently_then_are_the_longest_and_the_shortest(
    kept: Retention, gone: dict[str, int], there: dict[str, int]
) -> None:
    assert horizons(city_of(kept)) == (gone, there)


@pytest.mark.parametrize(
    "kept", [Retention(30), MIXED, FOR_EVER_BUT, Retention()], ids=["30", "mixed", "but", "ever"]
)
def test_change_when_it_is_applied_then_the_store_says_the_same_and_nothing_is_left_to_do(
    client: Client, kept: Retention
) -> None:
    apply(client, 31)

    assert apply(client, kept)

    assert change(client, kept).applied == kept
    assert not apply(client, kept)
    assert ("ttl_only_drop_parts = 0" in engine(client)) == kept.mixed
    assert apply(client, 31)
    assert "ttl_only_drop_parts = 1" in engine(client)


def test_change_when_it_is_not_of_our_making_then_it_is_said_and_replaced(client: Client) -> None:
    client.command("ALTER TABLE events MODIFY TTL toDateTime(received_at) + toIntervalMonth(2)")

    found = change(client, Retention(30))

    assert (found.applied, found.is_needed, found.keeps_all) == (None, True, False)
    assert found.said() == "events: something else now, 30 days by the city's folder"
    assert apply(client, 30)


KEPT = [None, 7, 30, 400]


@pytest.mark.parametrize("days", KEPT)
@pytest.mark.parametrize("feed", KEPT)
@pytest.mark.parametrize("kind", KEPT)
def test_keeps_all_of_when_any_feed_and_kind_is_kept_shorter_then_not(
    days: int | None, feed: int | None, kind: int | None
) -> None:
    feeds, kinds = {"f": feed} if feed else {}, {"k": kind} if kind else {}
    kept = Retention(days, feeds, kinds)

    for other in (Retention(days), Retention(30), Retention(None, {"f": 30}), Retention()):
        pairs = [(f, k) for f in ("f", "g") for k in ("k", "l")]
        shorter = any((kept.of(*one) or 10**6) < (other.of(*one) or 10**6) for one in pairs)
        assert kept.keeps_all_of(other) is not shorter
    assert kept.keeps_all_of(kept)


def test_apply_lossless_when_rows_would_go_then_waits_and_says_how_to(client: Client) -> None:
    now = SystemClock().now()
    put(client, "old", now - timedelta(days=10))
    put(client, "older", now - timedelta(days=50))
    put(client, "fresh", now)
    apply(client, 100)

    with capture_logs() as said:
        (waiting,) = apply_lossless(client, EVENTS, city(events=20), Dialect(ZONE))

    assert [(line["event"], line["said"]) for line in said] == [
        ("retention_waits", "events: 100 days now, 20 days by the city's folder")
    ]
    rows, oldest = waiting.would_delete(client, now)
    assert (rows, oldest is not None and oldest.date()) == (1, (now - timedelta(days=50)).date())
    assert left(client) == ["fresh", "old", "older"]


def test_would_delete_when_rows_expire_either_way_then_does_not_count_those(client: Client) -> None:
    now = SystemClock().now()
    client.command("SYSTEM STOP TTL MERGES events")
    for age in (10, 50, 500):
        put(client, f"{age}", now - timedelta(days=age))
    apply(client, 100)

    assert change(client, Retention(20)).would_delete(client, now)[0] == 1
    assert change(client, Retention(20, {"radar": 5})).would_delete(client, now)[0] == 2
    assert change(client, Retention(1_000)).would_delete(client, now) == (0, None)
    assert change(client, Retention()).would_delete(client, now) == (0, None)
    client.command("SYSTEM START TTL MERGES events")


@pytest.mark.parametrize("wanted", [Retention(200), Retention(100, {"radar": 300}), Retention()])
def test_apply_lossless_when_nothing_would_go_then_applies(
    client: Client, wanted: Retention
) -> None:
    put(client, "fresh", SystemClock().now())
    apply(client, 100)

    assert apply_lossless(client, EVENTS, city_of(wanted), Dialect(ZONE)) == []
    assert change(client, wanted).applied == wanted


def test_apply_lossless_when_the_table_is_empty_then_applies_anything(client: Client) -> None:
    assert apply_lossless(client, EVENTS, city(events=3), Dialect(ZONE)) == []
    assert change(client, Retention(3)).applied == Retention(3)


def test_apply_change_when_on_a_cluster_then_all_replicas_are_told() -> None:
    class Noted:
        told: list[str] = []  # noqa: RUF012

        def command(self, sql: str, **_: object) -> None:
            self.told.append(sql)

    wanted = RetentionChange(EVENTS["events"], Retention(3), Retention(), parts_only=True)
    apply_change(Noted(), wanted, Dialect(ZONE, "wuhai"))  # type: ignore[arg-type]

    assert Noted.told == [
        "ALTER TABLE events ON CLUSTER `wuhai` MODIFY SETTING materialize_ttl_recalculate_only = 1",
        "ALTER TABLE events ON CLUSTER `wuhai` MODIFY TTL"
        " toDateTime(occurred_at) + toIntervalDay(3)",
    ]


def test_rows_when_feeds_are_kept_differently_then_each_goes_at_its_time(client: Client) -> None:
    now = SystemClock().now()
    for feed, age in [("radar", 10), ("archive", 10), ("archive", 100), ("radar", 1)]:
        record = TopicRecord(0, age * 10 + len(feed), table(feed, [f"{feed} {age}"], day(now, age)))
        insert(client, "events", RecordBatch([record]).table(), f"{feed} {age}")
    client.command("OPTIMIZE TABLE events FINAL")

    apply(client, Retention(5, {"archive": 50}))

    assert left(client) == ["archive 10", "radar 1"]


def day(now: datetime, age: int) -> datetime:
    return now - timedelta(days=age)


def test_rows_when_older_than_retention_then_go(client: Client) -> None:
    now = SystemClock().now()
    put(client, "there before", now - timedelta(days=20))
    apply(client, 5)
    put(client, "old", now - timedelta(days=10))
    put(client, "fresh", now)

    assert left(client) == ["fresh"]


def test_rows_when_retention_shrinks_then_those_there_already_go(client: Client) -> None:
    now = SystemClock().now()
    apply(client, 30)
    put(client, "old", now - timedelta(days=10))
    put(client, "fresh", now)
    apply(client, 5)

    assert left(client) == ["fresh"]


def test_rows_when_retention_grows_in_time_then_those_there_already_stay(client: Client) -> None:
    apply(client, 5)
    client.command("SYSTEM STOP TTL MERGES events")
    put(client, "old", SystemClock().now() - timedelta(days=10))
    apply(client, 30)
    recomputed(client)
    client.command("SYSTEM START TTL MERGES events")

    assert left(client) == ["old"]
