"""Read the first sheet of a workbook (XLSX, XLS, ODS).

A sheet is held whole by the library that reads it; it ends at 1,048,576 rows, so that is bounded.
Every cell becomes text, as it would be in CSV: 150302.0 is "150302", a date "2026-05-01".
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path

import polars as pl
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from citybrain.errors import SourceError
from connectors.raw import RawBatch
from connectors.readers.delimited import as_comma_csv
from connectors.readers.piece import Look, Piece, Position, check_columns, shown_name

ROWS = 10_000
LETTERS = 1024 * 1024
Cell = int | float | str | bool | time | date | datetime | timedelta


def read(path: Path, look: Look, start: Position) -> Generator[Piece]:
    """Yield the rows of the first sheet; a place's line is the sheet's row number.

    Raises:
        SourceError: it is no workbook, is locked by a password, or lacks a column.
        OSError: it cannot be read.
    """
    try:
        with path.open("rb") as file, CalamineWorkbook.from_filelike(file) as book:
            sheet = book.get_sheet_by_index(0)
    except CalamineError as error:
        raise SourceError(f"not a workbook that can be read: {error}") from error
    rows = sheet.iter_rows()
    names = [cell_text(cell).strip() for cell in next(rows, [])]
    if not names:
        return
    check_columns(names, look)
    yield from _pieces(shown_name(path), sheet, names, start)


def _pieces(file: str, sheet: CalamineSheet, names: list[str], start: Position) -> Generator[Piece]:
    first = (sheet.start or (0, 0))[0] + 2
    rows = islice(sheet.iter_rows(), start.offset + 1, None)
    here = start.offset
    while texts := _take(rows):
        end = here + len(texts)
        rows_of = _rows(file, names, texts, first + here)
        yield Piece(rows_of, (), Position(here, first + here), Position(end, first + end))
        here = end


def _take(rows: Iterator[list[Cell]]) -> list[list[str]]:
    """Return the next rows as text, as many as fit an envelope."""
    texts: list[list[str]] = []
    letters = 0
    for row in rows:
        texts.append([cell_text(cell) for cell in row])
        letters += sum(map(len, texts[-1]))
        if len(texts) == ROWS or letters > LETTERS:
            break
    return texts


def _rows(file: str, names: list[str], texts: list[list[str]], first: int) -> RawBatch:
    """Return the rows that are not empty, as a batch that knows their places."""
    kept = [index for index, row in enumerate(texts) if any(row)]
    frame = pl.DataFrame(
        [[texts[index][column] or None for index in kept] for column in range(len(names))],
        schema=dict.fromkeys(names, pl.String),
    )
    return RawBatch(
        frame=frame,
        place=lambda row: f"{file}:{first + kept[row]}",
        raw=lambda row: as_comma_csv(texts[kept[row]]),
        media_type="text/csv",
        header=as_comma_csv(names).decode(),
    )


def cell_text(cell: Cell) -> str:
    """Return a cell as the text that a CSV export would have."""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime | date | time):
        return cell.isoformat()
    return str(cell)
