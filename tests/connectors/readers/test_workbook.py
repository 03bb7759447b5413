"""Workbooks: dates are dates, and what a cell does not really say is no value."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from citybrain.city.records import Feed
from connectors.mapping.feed_mapping import Mapper
from connectors.readers.file_pieces import FilePosition
from connectors.readers.formats import reader_of
from connectors.sources.file_drop import look_of
from tests.fakes import make_city, make_feed, rule

pytestmark = pytest.mark.services  # a workbook is read by a process of its own

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = ["id", "kind", "time", "value", "text", "free"]
MAPPING = {"source_id": rule("id"), "value": rule("value"), "text": rule("text")}
WITHOUT = ("area", "lon", "lat", "severity", "subject")


def feed(**time: Any) -> Feed:
    made = make_feed(MAPPING | {"occurred_at": rule("time", **time)}, source="file_drop")
    mapping = {name: one for name, one in made.mapping.items() if name not in WITHOUT}
    return make_feed().__class__(**{**made.__dict__, "mapping": mapping})


def book(path: Path, *rows: list[Any], offset: bool = False) -> Path:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for at, row in enumerate([NAMES, *rows], 3 if offset else 1):
        for column, cell in enumerate(row, 2 if offset else 1):
            placed = sheet.cell(at, column, cell)
            if isinstance(cell, str) and cell.startswith("#"):
                placed.data_type = "e"
    made.save(path)
    return path


def read(path: Path, made: Feed) -> tuple[list[dict[str, Any]], list[tuple[str, str]]]:
    """Return events, and place and reason of what was refused."""
    events: list[dict[str, Any]] = []
    refused: list[tuple[str, str]] = []
    for piece in reader_of(path)(path, look_of(made), FilePosition()):
        mapped = Mapper(made, make_city(made)).apply(piece.rows, NOW, "b")
        events += mapped.table.to_pylist()
        refused += [(one.place, one.reason) for one in (*piece.refused, *mapped.letters)]
    return events, refused


GOOD = ["a", "pothole", datetime(2026, 11, 23, 8, 30), 1.5, "hole", None]  # noqa: DTZ001


def changed(**cells: Any) -> list[Any]:
    return [cells.get(name, cell) for name, cell in zip(NAMES, GOOD, strict=True)]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        pytest.param(datetime(2026, 11, 23, 8, 30), "2026-11-23T00:30:00", id="date and time"),  # noqa: DTZ001
        pytest.param(datetime(2026, 11, 23), "2026-11-22T16:00:00", id="midnight"),  # noqa: DTZ001
        pytest.param(date(2026, 11, 23), "2026-11-22T16:00:00", id="day"),
    ],
)
@pytest.mark.parametrize("form", ["iso", "%Y/%m/%d %H:%M", "%d.%m.%Y"])
def test_time_when_it_is_a_real_date_cell_then_it_is_read_whatever_the_format_is(
    tmp_path: Path, cell: Any, expected: str, form: str
) -> None:
    path = book(tmp_path / "a.xlsx", changed(time=cell))

    events, refused = read(path, feed(format=form))

    assert refused == []
    assert events[0]["occurred_at"].isoformat() == f"{expected}+00:00"


@pytest.mark.parametrize("offset", [False, True], ids=["from A1", "from B3"])
@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"value": "#N/A"}, "'value': cell {D} holds the error #N/A"),
        ({"id": "#REF!"}, "'id': cell {A} holds the error #REF!"),
        ({"text": "#DIV/0!"}, "'text': cell {E} holds the error #DIV/0!"),
        (
            {"value": "=A1+1"},
            "'value': cell {D} is a formula without a value: open the workbook and save it again",
        ),
        (
            {"id": 123456789012345678},
            "'id': the number 1.234567890123457e+17 has more digits than a workbook keeps: make "
            "the column text, and fill it again",
        ),
    ],
)
def test_row_when_a_mapped_cell_says_nothing_true_then_it_is_refused_and_the_cell_named(
    tmp_path: Path, cells: dict[str, Any], reason: str, offset: bool
) -> None:
    path = book(tmp_path / "a.xlsx", changed(id="1"), changed(**cells), GOOD, offset=offset)
    places = {name: f"{'BCDEF'[at] if offset else name}{5 if offset else 3}" for at, name in
              enumerate("ABCDE")}  # fmt: skip

    events, refused = read(path, feed())

    assert [event["text"] for event in events] == ["hole", "hole"]
    assert refused == [(f"a.xlsx:{5 if offset else 3}", reason.format(**places))]


@pytest.mark.parametrize(
    "cells",
    [
        pytest.param({"free": "#N/A"}, id="an error where nothing is read"),
        pytest.param({"free": "=A1"}, id="a formula where nothing is read"),
        pytest.param({"free": 2**60}, id="a large number where nothing is read"),
        pytest.param({"value": 2**60}, id="a large number that is a measure"),
        pytest.param({"id": 2**53 - 1}, id="the largest number that is an id"),
    ],
)
def test_row_when_what_is_odd_does_not_matter_then_it_is_an_event(
    tmp_path: Path, cells: dict[str, Any]
) -> None:
    events, refused = read(book(tmp_path / "a.xlsx", changed(**cells)), feed())

    assert (len(events), refused) == (1, [])


def test_formula_when_its_value_is_an_empty_text_then_it_is_empty(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", changed(text="=A1"))
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    before, after = b'<c r="E2"><f>A1</f><v /></c>', b'<c r="E2" t="str"><f>A1</f><v></v></c>'
    assert before in parts[sheet]
    parts[sheet] = parts[sheet].replace(before, after)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)

    events, refused = read(path, feed())

    assert ([event["text"] for event in events], refused) == ([""], [])
