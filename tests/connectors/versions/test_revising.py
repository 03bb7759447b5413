"""What a version takes back, and which of two is the newer one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from citybrain.floor.events import MAX_EVENTS, SCHEMA
from connectors.resends.known_rows import KnownRows
from connectors.versions.revising import LastVersion, Revised, pieces_of, revise
from tests.connectors.resends.records import AT, Record, table_of

OPENED = Record(1, status="open", kind="pothole", value=2.0)
HOUR = timedelta(hours=1)
LATER = AT + HOUR


def told(revised: Revised) -> list[tuple[Any, ...]]:
    """Return what is sent: sign, subject, kind, status, value."""
    names = ("sign", "subject", "kind", "status", "value")
    return [tuple(row[name] for name in names) for row in revised.table.to_pylist()]


def found(rows: KnownRows) -> list[str]:
    """Return the word for what was found of each row."""
    words = ("known", "changed", "outdated")
    return [
        next((word for word in words if getattr(rows, word)[number]), "new")
        for number in range(len(rows.known))
    ]


def after(*records: Record, dated: bool = False) -> dict[bytes, LastVersion]:
    return revise(table_of(records), {}, dated=dated).last


def again(
    before: Sequence[Record], *records: Record, dated: bool = False
) -> tuple[list[str], list[tuple[Any, ...]]]:
    revised = revise(table_of(records), after(*before, dated=dated), dated=dated)
    return found(revised.rows), told(revised)


def test_record_when_it_is_new_then_it_counts() -> None:
    assert again([], OPENED) == (["new"], [(1, "s-1", "pothole", "open", 2.0)])


def test_version_then_the_one_before_is_taken_back_just_as_it_was_told() -> None:
    changed = replace(OPENED, status="closed", kind="exposed_rubbish", value=7.0, received=LATER)
    revised = revise(table_of([changed]), after(OPENED), dated=False)

    assert found(revised.rows) == ["changed"]
    assert told(revised) == [
        (-1, "s-1", "pothole", "open", 2.0),
        (1, "s-1", "exposed_rubbish", "closed", 7.0),
    ]
    assert revised.table.schema.equals(SCHEMA)
    before, now = revised.table.to_pylist()
    first = table_of([OPENED]).to_pylist()[0]
    same = set(SCHEMA.names) - {"received_at", "updated_at", "text", "sign"}
    assert {name: before[name] for name in same} == {name: first[name] for name in same}
    assert before["received_at"] == now["received_at"] == LATER
    assert before["updated_at"] == now["updated_at"] == LATER  # so since it was heard of
    assert before["event_id"] == now["event_id"]


def test_first_version_then_it_is_so_since_it_occurred() -> None:
    revised = revise(table_of([replace(OPENED, received=LATER)]), {}, dated=False)
    assert revised.table["updated_at"].to_pylist() == [AT]


def test_resend_then_nothing_is_told() -> None:
    assert again([OPENED], replace(OPENED, received=LATER)) == (["known"], [])


def test_status_when_it_goes_back_then_that_is_a_change_too() -> None:
    closed = replace(OPENED, status="closed")
    words, rows = again([OPENED, closed], OPENED)
    assert words == ["changed"]
    assert [row[0::3] for row in rows] == [(-1, "closed"), (1, "open")]


def test_versions_when_several_come_in_one_envelope_then_each_takes_back_the_one_before() -> None:
    words, rows = again([], *(replace(OPENED, value=float(value)) for value in (1, 2, 2, 3)))
    assert words == ["new", "changed", "known", "changed"]
    assert [(row[0], row[4]) for row in rows] == [
        (1, 1.0),
        (-1, 1.0),
        (1, 2.0),
        (-1, 2.0),
        (1, 3.0),
    ]


@pytest.mark.parametrize(
    ("before", "now", "word"),
    [
        ({"version": 2}, {"version": 1}, "outdated"),
        ({"version": 2}, {"version": 3}, "changed"),
        ({"version": 2}, {"version": 2}, "changed"),  # says something else: the later one counts
        ({"version": 2}, {"version": None}, "outdated"),
        ({"version": None}, {"version": 1}, "changed"),
        ({"updated": LATER}, {"updated": AT}, "outdated"),
        ({"updated": AT}, {"updated": LATER}, "changed"),
        ({"version": 1, "updated": LATER}, {"version": 2, "updated": AT}, "changed"),
        ({"version": 1, "updated": LATER}, {"version": 1, "updated": AT}, "outdated"),
    ],
)
def test_version_when_it_is_older_than_the_last_then_it_is_outdated(
    before: dict[str, Any], now: dict[str, Any], word: str
) -> None:
    first = (
        replace(OPENED, updated=AT, **before)
        if "updated" not in before
        else replace(OPENED, **before)
    )
    second = replace(first, text="b", **now)
    words, rows = again([first], second, dated=True)
    assert words == [word]
    assert len(rows) == (0 if word == "outdated" else 2)


def test_source_when_it_says_since_when_then_both_rows_have_it() -> None:
    first = replace(OPENED, updated=AT)
    closed = replace(OPENED, status="closed", updated=LATER, received=LATER + HOUR)
    revised = revise(table_of([closed]), after(first, dated=True), dated=True)
    assert revised.table["updated_at"].to_pylist() == [LATER, LATER]


def test_log_when_it_is_read_again_then_it_gives_the_same_versions() -> None:
    first = revise(table_of([OPENED, replace(OPENED, number=2)]), {}, dated=False)
    second = revise(table_of([replace(OPENED, value=9.0, received=LATER)]), first.last, dated=False)
    log = pa.concat_tables([first.table, second.table])
    read = revise(log.filter(pa.compute.greater(log["sign"], 0)), {}, dated=False).last
    assert read == {**first.last, **second.last}


def test_pieces_then_what_a_row_takes_back_stays_with_it() -> None:
    records = [Record(number, status="open") for number in range(MAX_EVENTS)]
    changed = [replace(one, status="closed") for one in records]
    lead = [Record(-1, status="open")]
    revised = revise(table_of([*lead, *changed]), after(*records), dated=False)

    pieces = list(pieces_of(revised.table))
    assert [piece.num_rows for piece in pieces] == [MAX_EVENTS - 1, MAX_EVENTS, 2]
    assert all(piece["sign"][-1].as_py() == 1 for piece in pieces)
    assert pa.concat_tables(pieces).equals(revised.table)
    assert [piece.num_rows for piece in pieces_of(SCHEMA.empty_table())] == [0]
