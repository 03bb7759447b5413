"""What every reader of files is given and gives back."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from citybrain.floor.errors import SourceError
from connectors.fetch.source import RefusedRow
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch

BOM = b"\xef\xbb\xbf"
MAX_COLUMNS = 2_000


@dataclass(frozen=True, order=True)
class FilePosition:
    """A place in a file where a record starts.

    Attributes:
        offset: bytes before it in the (unpacked) text; rows before it in a workbook or Parquet.
        line: number of its line, from 1; of its row where there are no lines.
    """

    offset: int = 0
    line: int = 1


@dataclass(frozen=True)
class FileLook:
    """How a feed's files look.

    Attributes:
        encoding: ``auto`` or a name of `encodings.ENCODINGS`.
        separator: of CSV fields; "": find out.
        columns: the columns that a table must have.
        json: reads JSON as the feed's mapping needs it.
    """

    encoding: str = "auto"
    separator: str = ""
    columns: tuple[str, ...] = ()
    json: JsonRows | None = None


@dataclass(frozen=True)
class FilePiece:
    """At most 10,000 records that lie behind one another in a file.

    The same start gives the same piece, always: so a piece that was sent before a crash is known
    again by where it starts and ends.
    """

    rows: RawBatch
    refused: tuple[RefusedRow, ...]
    start: FilePosition
    end: FilePosition


def shown_name(file: Path) -> str:
    """Return a file's name for people and records; old Windows senders write names in GB18030."""
    name = os.fsencode(file.name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return name.decode("utf-8", "replace")


def open_bytes(path: Path) -> BinaryIO:
    """Open a file for reading bytes; ``.gz`` is unpacked as it is read.

    Raises:
        OSError: it cannot be opened.
    """
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


def check_columns(names: list[str], look: FileLook) -> None:
    """Make sure that a table with columns `names` can be mapped.

    Raises:
        SourceError: a needed column is missing, or one is there twice.
    """
    if len(names) > MAX_COLUMNS:
        raise SourceError(f"{len(names)} columns; at most {MAX_COLUMNS} are read")
    for name, times in Counter(names).items():
        if times > 1:
            raise SourceError(f"column {name!r} is there twice: rename one")
    missing = [path for path in look.columns if not {path, path.split(".")[0]} & set(names)]
    if missing:
        problem = (
            f"no column {', '.join(map(repr, missing))}, which the feed's mapping needs; the file "
            f"has {', '.join(map(repr, names))}: correct its header or the mapping"
        )
        raise SourceError(problem)
