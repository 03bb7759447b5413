"""What every reader of files is given and gives back."""

from __future__ import annotations

import gzip
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from citybrain.floor.errors import SourceError
from connectors.fetch.source import RefusedRow
from connectors.mapping.json_rows import JsonRows
from connectors.mapping.raw_rows import RawBatch
from connectors.mapping.raw_shape import RawUse
from connectors.mapping.texts import plain_name, quote

BOM = b"\xef\xbb\xbf"
MAX_COLUMNS = 2_000
_SHOWN = 40
MAX_NAME = 1_024
"""Characters of a column's name: what is longer is no header."""


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
        uses: column that the mapping reads → as what.
    """

    encoding: str = "auto"
    separator: str = ""
    columns: tuple[str, ...] = ()
    json: JsonRows | None = None
    uses: Mapping[str, RawUse] = field(default_factory=dict)


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
    for at, name in enumerate(names, 1):
        if len(name) > MAX_NAME:
            problem = f"the name of column {at} has {len(name)} characters; at most {MAX_NAME} may"
            raise SourceError(f"{problem} be: is the first line the header?")
        if "\0" in name:
            problem = f"the name of column {at}, {quote(name)}, holds a NUL character"
            raise SourceError(f"{problem}: save the file as text in UTF-8")
    for name, times in Counter(names).items():
        if times > 1:
            raise SourceError(f"column {name!r} is there twice: rename one")
    missing = [path for path in look.columns if not {path, path.split(".")[0]} & set(names)]
    if missing:
        problem = (
            f"no column {', '.join(map(repr, missing))}, which the feed's mapping needs; the file "
            f"has {_listed(names)}: correct its header or the mapping"
        )
        raise SourceError(problem + _otherwise(missing, names))


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(quote(name) for name in names[:_SHOWN]) + more


def _otherwise(missing: list[str], names: list[str]) -> str:
    """Return which of `missing` is there, only written otherwise; "" where none is."""
    plain = {plain_name(name): name for name in names}
    found = [
        f"{path!r} is there as {quote(plain[plain_name(path)])}"
        for path in missing
        if plain_name(path) in plain
    ]
    return f" ({', '.join(found)})" if found else ""
