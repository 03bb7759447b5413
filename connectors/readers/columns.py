"""Read Parquet, a row group at a time."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from citybrain.floor.errors import SourceError
from connectors.mapping.raw_rows import RawBatch
from connectors.readers.file_pieces import (
    FileLook,
    FilePiece,
    FilePosition,
    check_columns,
    shown_name,
)

ROWS = 10_000
PART_BYTES = 4 * 1024 * 1024
_INSTANT = "%Y-%m-%dT%H:%M:%S%.f"


def read(path: Path, look: FileLook, start: FilePosition) -> Generator[FilePiece]:
    """Yield the rows of a Parquet file; a place's line is the row's number, from 1.

    Raises:
        SourceError: it is no Parquet, or lacks a column.
        OSError: it cannot be read.
    """
    try:
        with pq.ParquetFile(path, memory_map=False, buffer_size=1 << 20) as file:
            check_columns(file.schema_arrow.names, look)
            yield from _pieces(shown_name(path), file, start)
    except pa.ArrowException as error:
        raise SourceError(f"not a Parquet file that can be read: {error}") from error


def _pieces(name: str, file: pq.ParquetFile, start: FilePosition) -> Generator[FilePiece]:
    here = 0
    for group in range(file.num_row_groups):
        size = file.metadata.row_group(group).num_rows
        if here + size <= start.offset:
            here += size
            continue
        for batch in file.iter_batches(ROWS, row_groups=[group], use_threads=False):
            for part in _parts(batch):
                end = here + part.num_rows
                if here >= start.offset:
                    yield FilePiece(_rows(name, part, here), (), _position(here), _position(end))
                here = end


def _parts(batch: pa.RecordBatch) -> list[pa.RecordBatch]:
    """Return a batch in as many even parts as keep each small enough for an envelope."""
    count = min(batch.nbytes // PART_BYTES + 1, max(batch.num_rows, 1))
    size = -(-batch.num_rows // count)
    return [batch.slice(at, size) for at in range(0, batch.num_rows, size)] if size else []


def _position(row: int) -> FilePosition:
    return FilePosition(row, row + 1)


def _rows(name: str, batch: pa.RecordBatch, here: int) -> RawBatch:
    frame = plain(pl.DataFrame(pl.from_arrow(batch)))
    return RawBatch(
        frame=frame,
        place=lambda row: f"{name}:{here + row + 1}",
        raw=lambda row: msgspec.json.encode(frame.row(row, named=True)),
        media_type="application/json",
        header="",
    )


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return `frame` with times as ISO text, as every other format has them."""
    return frame.with_columns(
        pl.selectors.datetime(time_zone=None).dt.strftime(_INSTANT),
        pl.selectors.datetime(time_zone="*")
        .dt.convert_time_zone("UTC")
        .dt.strftime(_INSTANT + "Z"),
        pl.selectors.date().dt.to_string(),
        pl.selectors.time().dt.to_string(),
        pl.selectors.categorical().cast(pl.String),
        pl.selectors.decimal().cast(pl.Float64),
    )
