"""Read the first sheet of a workbook (XLSX, XLS, ODS), by a process of its own.

Every cell becomes text, as it would be in CSV: 150302.0 is "150302", a date "2026-05-01".
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

import msgspec
import polars as pl

from citybrain.floor.errors import SourceError
from connectors.mapping.raw_rows import RawBatch
from connectors.readers import sheet
from connectors.readers.delimited import as_comma_csv
from connectors.readers.file_pieces import (
    FileLook,
    FilePiece,
    FilePosition,
    check_columns,
    shown_name,
)

ROWS = 10_000
LETTERS = 1024 * 1024
MOST_MIB = 512
"""Memory that reading one workbook may take."""
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
    names = [name.strip() for name in _TEXTS.decode(next(lines, b"[]"))]
    if names:
        check_columns(names, look)
        yield from _pieces(file, names, lines, first, start)


def _pieces(
    file: str, names: list[str], lines: BinaryIO, first: int, start: FilePosition
) -> Generator[FilePiece]:
    rows = islice(lines, start.offset, None)
    here = start.offset
    while texts := _take(rows):
        end = here + len(texts)
        rows_of = _rows(file, names, texts, first + here)
        yield FilePiece(
            rows_of, (), FilePosition(here, first + here), FilePosition(end, first + end)
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
