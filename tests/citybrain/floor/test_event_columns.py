"""A column of the event is declared once; what can follow from it follows."""

from __future__ import annotations

import pyarrow as pa

from citybrain.floor import events
from citybrain.floor.event_columns import COLUMNS, INSTANT, WORD, table_of
from tests.repository import ROOT


def test_schema_when_made_of_the_columns_then_is_the_one_that_travels() -> None:
    assert events.SCHEMA.names == [column.name for column in COLUMNS]
    nullable = [field.name for field in events.SCHEMA if field.nullable]
    assert nullable == ["lon", "lat", "value", "version", "updated_at"]
    assert events.SCHEMA.field("occurred_at").type == INSTANT
    assert events.SCHEMA.field("kind").type == WORD
    assert events.SCHEMA.field("attrs").type == pa.map_(pa.utf8(), pa.utf8())


def test_columns_when_mapped_then_the_door_knows_how_to_make_them() -> None:
    special = {"kind", "occurred_at", "area", "lon", "lat", "severity"}
    special |= {"version", "updated_at"}  # `connectors.mapping.record_versions`
    plain = [one for one in COLUMNS if one.mapped and one.name not in special]
    assert all(one.is_text or one.is_word or pa.types.is_floating(one.arrow) for one in plain)


def test_columns_when_added_later_then_they_stand_at_the_end_with_a_step() -> None:
    steps = [column.step for column in COLUMNS]
    assert steps == sorted(steps)


def test_document_when_columns_change_then_its_table_is_theirs() -> None:
    assert table_of(COLUMNS) in (ROOT / "docs" / "city.md").read_text(encoding="utf-8")
