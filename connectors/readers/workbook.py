"""Read the first sheet of a workbook (XLSX, XLS, ODS), by a process of its own.

Every cell becomes text, as it would be in CSV: 150302.0 is "150302", a date "2026-05-01". A row
whose mapped cells do not say what they seem to is refused: errors such as #N/A, formulas that were
never worked out, and numbers of more digits than a workbook keeps where an id is read.
"""

from __future__ import annotations

import contextlib
import re
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import polars as pl

from citybrain.floor.errors import SourceError
from connectors.fetch.source import RefusedRow
from connectors.mapping.raw_rows import RawBatch
from connectors.mapping.raw_shape import RawUse
from connectors.mapping.texts import quote
from connectors.readers import sheet
from connectors.readers.delimited import as_comma_csv
from connectors.readers.file_pieces import (
    FileLook,
    FilePiece,
    FilePosition,
    check_columns,
    shown_name,
)
from connectors.readers.sheet import MARK

ROWS = 10_000
LETTERS = 1024 * 1024
MOST_MIB = 512
"""Memory that reading one workbook may take."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_TEXTS = msgspec.json.Decoder(list[str])


def read(path: Path, look: FileLook, start: FilePosition) -> Generator[FilePiece]:
    """Yield the rows of the first sheet; a place's line is the sheet's row number.

    Raises:
        SourceError: it is no workbook, is locked by a password, too large, or lacks a column.
        OSError: it cannot be read.
    """
    path.open("rb").close()
    with tempfile.TemporaryFile() as said:
        command = [sys.executable, "-m", sheet.__name__, str(path), str(MOST_MIB)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=said)  # noqa: S603  ours
        try:
            lines = cast(BinaryIO, child.stdout)
            with contextlib.suppress(msgspec.DecodeError):  # it died in the middle of a line
                yield from _read(shown_name(path), lines, look, start)
            lines.read()
            _judge(child.wait(), said)
        finally:
            child.kill()
            child.communicate()


def _judge(code: int, said: BinaryIO) -> None:
    """Raise what the process that read the workbook means by its exit code."""
    if code == 0:
        return
    said.seek(0)
    last = (said.read().decode(errors="replace").strip().splitlines() or [""])[-1]
    if code == sheet.NO_WORKBOOK:
        raise SourceError(f"not a workbook that can be read: {last}")
    problem = f"reading the workbook failed or took more than {MOST_MIB} MiB of memory"
    raise SourceError(f"{problem} (code {code}: {last[:200]}): save it as CSV")


def _read(file: str, lines: BinaryIO, look: FileLook, start: FilePosition) -> Generator[FilePiece]:
    first = int(next(lines, b"0")) + 1
    names = [_text(name).strip() for name in _TEXTS.decode(next(lines, b"[]"))]
    if names:
        check_columns(names, look)
        yield from _pieces(_Sheet(file, names, look.uses, first), lines, start)


@dataclass(frozen=True)
class _Sheet:
    """What the rows of a sheet share: `first` is the number of the row below the header."""

    file: str
    names: list[str]
    uses: Mapping[str, RawUse]
    first: int

    def problem(self, row: list[str]) -> str:
        """Return why a row is refused, "" where it is not."""
        problems = [
            f"{quote(name)}: {cell.rpartition(MARK)[2]}"
            for name, cell in zip(self.names, row, strict=False)
            if cell.startswith(MARK) and self._matters(name, cell)
        ]
        return "; ".join(problems)

    def _matters(self, name: str, cell: str) -> bool:
        """Say whether the mapping reads what is not in the cell."""
        use = self.uses.get(name)
        return use is not None and (use is not RawUse.NUMBER or not _text(cell))

    def cell(self, name: str, cell: str) -> str | None:
        """Return what a cell says; a day where a time is read is its beginning."""
        text = _text(cell)
        if self.uses.get(name) is RawUse.TIME and _DAY.fullmatch(text):
            text += "T00:00:00"
        return text or None


def _text(cell: str) -> str:
    return cell.split(MARK)[1] if cell.startswith(MARK) else cell


def _pieces(sheet: _Sheet, lines: BinaryIO, start: FilePosition) -> Generator[FilePiece]:
    first = sheet.first
    rows = islice(lines, start.offset, None)
    here = start.offset
    while texts := _take(rows):
        end = here + len(texts)
        batch, refused = _rows(sheet, texts, first + here)
        yield FilePiece(
            batch, refused, FilePosition(here, first + here), FilePosition(end, first + end)
        )
        here = end


def _take(rows: Iterator[bytes]) -> list[list[str]]:
    """Return the next rows, as many as fit an envelope."""
    texts: list[list[str]] = []
    letters = 0
    for row in rows:
        texts.append(_TEXTS.decode(row))
        letters += sum(map(len, texts[-1]))
        if len(texts) == ROWS or letters > LETTERS:
            break
    return texts


def _rows(
    sheet: _Sheet, texts: list[list[str]], first: int
) -> tuple[RawBatch, tuple[RefusedRow, ...]]:
    """Return the rows that are not empty, as a batch that knows their places, and the refused."""
    names = sheet.names
    why = {at: problem for at, row in enumerate(texts) if (problem := sheet.problem(row))}
    kept = [index for index, row in enumerate(texts) if any(row) and index not in why]
    frame = pl.DataFrame(
        [
            [sheet.cell(name, texts[index][column]) for index in kept]
            for column, name in enumerate(names)
        ],
        schema=dict.fromkeys(names, pl.String),
    )

    def raw(index: int) -> bytes:
        return as_comma_csv([_text(cell) for cell in texts[index]])

    batch = RawBatch(
        frame=frame,
        place=lambda row: f"{sheet.file}:{first + kept[row]}",
        raw=lambda row: raw(kept[row]),
        media_type="text/csv",
        header=as_comma_csv(names).decode(),
    )
    refused = tuple(
        RefusedRow(f"{sheet.file}:{first + at}", problem, raw(at)) for at, problem in why.items()
    )
    return batch, refused
