"""Which reader reads a file, by how its name ends."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path

from citybrain.floor.errors import SourceError
from connectors.readers import columns, delimited, json_lines, workbook
from connectors.readers.file_pieces import FileLook, FilePiece, FilePosition

Reader = Callable[[Path, FileLook, FilePosition], Generator[FilePiece]]

FORMATS: dict[str, Reader] = {
    ".csv": delimited.read,
    ".csv.gz": delimited.read,
    ".tsv": delimited.read,
    ".tsv.gz": delimited.read,
    ".txt": delimited.read,
    ".txt.gz": delimited.read,
    ".ndjson": json_lines.read,
    ".ndjson.gz": json_lines.read,
    ".jsonl": json_lines.read,
    ".jsonl.gz": json_lines.read,
    ".xlsx": workbook.read,
    ".xls": workbook.read,
    ".ods": workbook.read,
    ".parquet": columns.read,
}


def reader_of(file: Path) -> Reader:
    """Return the reader of a file.

    Raises:
        SourceError: there is none for such a name.
    """
    name = file.name.lower()
    for ending, reader in FORMATS.items():
        if name.endswith(ending):
            return reader
    raise SourceError(f"no reader for {file.suffix or 'no suffix'!r}; known: {' '.join(FORMATS)}")
