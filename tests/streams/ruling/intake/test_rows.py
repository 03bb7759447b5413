"""Events as columns."""

from __future__ import annotations

import pyarrow as pa

from streams.ruling.intake.rows import EventRows
from tests.streams.ruling.rig import NOON, Seen, table

EVENTS = [
    Seen(0, value=1.0, kind="traffic_flow", area="150302003001", attrs={"lane": "1"}),
    Seen(1, kind="traffic_speed", area="150302"),
    Seen(2, value=3.0, kind="traffic_flow", area="", attrs={"lane": "2"}),
]


def words(rows: EventRows, column: str) -> list[str]:
    found = rows.words(column)
    return [found.values[code] for code in found.codes.tolist()]


def test_rows_when_asked_for_kinds_then_their_events_in_the_order_of_the_batch() -> None:
    rows = EventRows(table(EVENTS))

    assert rows.of_kinds(frozenset({"traffic_flow"})).tolist() == [0, 2]
    assert rows.of_kinds(frozenset({"noise"})).tolist() == []


def test_rows_when_an_area_is_cut_then_district_and_street_are_known_or_empty() -> None:
    rows = EventRows(table(EVENTS))

    assert words(rows, "district") == ["150302", "150302", ""]
    assert words(rows, "street") == ["150302003", "", ""]


def test_rows_when_an_attribute_is_missing_then_it_is_empty() -> None:
    assert words(EventRows(table(EVENTS)), "attrs.lane") == ["1", "", "2"]
    assert words(EventRows(table(EVENTS)), "attrs.none") == ["", "", ""]


def test_rows_when_of_several_tables_then_their_words_are_one_list() -> None:
    rows = EventRows(pa.concat_tables([table(EVENTS[:1]), table(EVENTS[1:])]))

    assert words(rows, "kind") == ["traffic_flow", "traffic_speed", "traffic_flow"]
    assert rows.at_ms.tolist() == [NOON, NOON + 1000, NOON + 2000]


def test_rows_when_a_value_is_missing_then_it_is_no_number() -> None:
    assert str(EventRows(table(EVENTS)).value.tolist()) == "[1.0, nan, 3.0]"


def test_rows_when_asked_for_ids_then_gives_their_bytes_also_of_a_part() -> None:
    wanted = [event.row["event_id"] for event in EVENTS]

    assert EventRows(table(EVENTS)).ids.tolist() == wanted
    assert EventRows(table(EVENTS).slice(1)).ids.tolist() == wanted[1:]
