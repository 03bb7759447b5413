"""What is asked of the store about letters fits its tables, and says what is so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from citybrain.floor import store
from citybrain.floor.settings import Settings
from connectors.letters import letter_queries
from sinks.migrations import Dialect, migrate
from sinks.table import find_tables

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
IDS = [f"00000000-0000-8000-8000-00000000000{n}" for n in range(6)]
OF_A_KIND = "… is no kind of this feed; it has pothole"


@pytest.fixture(scope="module")
def client(store_settings: Settings) -> Iterator[Client]:
    """Return a store with five letters, of which one is replayed, and one again refused since."""
    with store.connect(store_settings) as found:
        migrate(found, find_tables(), Dialect("Asia/Shanghai"))
        reasons = [
            "'x' is no kind of this feed; it has pothole",
            "'y' is no kind of this feed; it has pothole; occurred_at: 'z' is no time",
            "'z z' is no kind of this feed; it has pothole",
            "not JSON: it ends too early",
            "not JSON: it ends too early",
        ]
        rows = [
            (
                ident,
                "reports" if n < 4 else "others",
                "push b:1",
                "kind" if n < 3 else "",
                reason,
                NOON + n * timedelta(hours=1),
            )
            for n, (ident, reason) in enumerate(zip(IDS, reasons, strict=False))
        ]
        names = ["letter_id", "feed", "place", "field", "reason", "received_at"]
        found.insert("dead_letters", rows, column_names=names)
        marks = [
            (IDS[0], "reports", "replayed", NOON + timedelta(minutes=5), "officer"),
            (IDS[1], "reports", "discarded", NOON, "officer"),
        ]
        names = ["letter_id", "feed", "mark", "at", "by"]
        found.insert("letter_marks", marks, column_names=names)
        yield found


def test_letters_when_some_are_marked_then_they_are_left_out_and_the_newest_come_first(
    client: Client,
) -> None:
    found = letter_queries.letters(client, "", None, marked=False, limit=3)

    assert [one.letter_id for one in found] == [IDS[4], IDS[3], IDS[2]]
    assert {one.mark for one in found} == {""}


def test_letters_when_all_are_asked_for_then_marks_are_told(client: Client) -> None:
    found = letter_queries.letters(client, "reports", None, marked=True, limit=50)

    told = {one.letter_id: (one.mark, one.marked_by) for one in found if one.mark}
    assert told == {IDS[0]: ("replayed", "officer")}
    assert len(found) == 4


def test_reasons_when_they_differ_in_values_alone_then_they_are_one(client: Client) -> None:
    found = letter_queries.reasons(client, "", None, marked=False)

    assert [(one.feed, one.field, one.reason, one.letters) for one in found] == [
        ("reports", "kind", OF_A_KIND, 2),
        ("others", "", "not JSON: it ends too early", 1),
        ("reports", "", "not JSON: it ends too early", 1),
    ]
    assert (found[0].oldest, found[0].newest) == (
        NOON + timedelta(hours=1),
        NOON + timedelta(hours=2),
    )
    assert found[0].example == "'z z' is no kind of this feed; it has pothole"


def test_reasons_when_a_time_is_given_then_older_ones_are_left_out(client: Client) -> None:
    since = NOON + timedelta(hours=3)

    assert len(letter_queries.reasons(client, "", since, marked=True)) == 2
    assert len(letter_queries.reasons(client, "others", since, marked=True)) == 1
