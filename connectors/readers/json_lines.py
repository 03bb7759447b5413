"""Read NDJSON (a JSON object a line, UTF-8) in constant memory."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import numpy as np
import polars as pl

from citybrain.floor.errors import SourceError
from connectors.fetch.source import RefusedRow
from connectors.mapping.json_rows import JsonRows, JsonTable
from connectors.mapping.raw_rows import RawBatch
from connectors.readers.file_pieces import (
    BOM,
    FileLook,
    FilePiece,
    FilePosition,
    open_bytes,
    shown_name,
)
from connectors.readers.record_cutter import Positions, Stretch, stretches
from connectors.readers.wide_text import utf8_stream


def read(path: Path, look: FileLook, start: FilePosition) -> Generator[FilePiece]:
    """Yield the objects of an NDJSON file from `start` on.

    Raises:
        SourceError: the feed's mapping cannot read JSON.
        OSError: the file cannot be read.
    """
    if look.json is None:
        raise SourceError("the feed does not say how its JSON is read")
    with open_bytes(path) as file:
        stream, _ = utf8_stream(file, "auto")
        skip = len(BOM) if stream.read(len(BOM)) == BOM else 0
        here = max(start, FilePosition(skip))
        stream.seek(here.offset)
        for stretch in stretches(stream, offset=here.offset, line=here.line):
            yield _piece(shown_name(path), stretch, look.json)


def _piece(file: str, stretch: Stretch, json: JsonRows) -> FilePiece:
    if stretch.overlong:
        rows = JsonTable(pl.DataFrame(), np.empty(0, np.int64), ((0, "longer than 1 MiB"),))
        lines = np.zeros(1, np.int64)
    else:
        rows, lines = _read(stretch, json)
    kept = lines[rows.kept]
    refused = tuple(
        RefusedRow(f"{file}:{stretch.lines[lines[at]]}", reason, stretch.record(int(lines[at])))
        for at, reason in rows.bad
    )
    batch = RawBatch(
        frame=rows.frame,
        place=lambda row: f"{file}:{stretch.lines[kept[row]]}",
        raw=lambda row: stretch.record(int(kept[row])),
        media_type="application/json",
    )
    start = FilePosition(stretch.offset, stretch.line)
    return FilePiece(batch, refused, start, FilePosition(stretch.end, stretch.end_line))


def _read(stretch: Stretch, json: JsonRows) -> tuple[JsonTable, Positions]:
    """Return the rows, and which line of the stretch each of its records is."""
    rows = json.read(stretch.data)
    if len(rows.frame) + len(rows.bad) == len(stretch):
        return rows, np.arange(len(stretch))
    records = [stretch.record(index) for index in range(len(stretch))]
    filled = [index for index, record in enumerate(records) if record.strip()]
    return json.read_records([records[index] for index in filled]), np.array(filled, np.int64)
